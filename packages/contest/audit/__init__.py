"""The audit of raw data: images, tables, masks, facts and folds."""
