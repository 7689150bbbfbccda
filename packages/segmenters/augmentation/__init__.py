"""Random changes of images and masks while training."""
