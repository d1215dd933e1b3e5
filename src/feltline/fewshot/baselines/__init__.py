"""Baselines: interpolation in time, MT-CLAR's anchor rules."""
