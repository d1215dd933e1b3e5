"""Benchmarks: methods, corpora and budgets, against honest baselines."""
