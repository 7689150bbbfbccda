"""From a probability map to a mask: thresholds, their exact search, post-processing."""
