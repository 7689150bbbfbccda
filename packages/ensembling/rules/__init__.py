"""Rules that turn a probability map into a mask: thresholds, exact search, post-processing."""
