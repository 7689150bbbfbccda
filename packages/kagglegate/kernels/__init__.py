"""Notebooks and private data sets on Kaggle."""
