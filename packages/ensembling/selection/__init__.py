"""Search for the weights of a blend and for its post-processing."""
