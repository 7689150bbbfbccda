"""Use cases of submissions: Kaggle, its stand-in, bundles for notebook competitions."""
