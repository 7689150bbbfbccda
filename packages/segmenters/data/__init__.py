"""Images and masks to batches."""
