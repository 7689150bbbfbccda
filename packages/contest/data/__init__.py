"""From a folder of raw files to a checked data set."""
