"""Use cases of blends, and scores of submission files."""
