"""Measuring: baselines and metrics."""
