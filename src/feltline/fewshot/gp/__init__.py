"""Gaussian-process regression: features, kernel, solve, posterior, fit."""
