"""Training images and masks, crops, and loading of batches."""
