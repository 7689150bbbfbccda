"""The same page served for a whole data set, with notes."""
