"""The configuration of a segmenter."""
