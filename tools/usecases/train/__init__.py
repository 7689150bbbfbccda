"""Use cases that train: cross-validation, tuning, votes; experiments and exports."""
