"""Probability maps: reading, averaging, statistics, counts per level."""
