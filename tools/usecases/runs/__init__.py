"""Figures and test predictions of runs."""
