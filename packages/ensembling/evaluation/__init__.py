"""What a rule is worth on unseen images: nested cross-validation, intervals, curves."""
