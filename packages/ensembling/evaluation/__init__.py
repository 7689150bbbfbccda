"""Scores of rules on unseen images: nested cross-validation, intervals, curves."""
