"""A minimal competition for tests: bright blobs in images of 50 x 50 pixels."""
