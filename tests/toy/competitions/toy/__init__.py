"""Bright blobs in 50 x 50 pictures: what the road asks of a competition, and no more."""
