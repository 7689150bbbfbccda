"""What can be chosen about a segmenter."""
