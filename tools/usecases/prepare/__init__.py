"""Use cases of raw data: download, audit, folds, features."""
