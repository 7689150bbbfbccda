"""Calls to Kaggle by its official client, and what its replies mean."""
