"""Firmus."""
