"""Other programs as learners, cross-validated and scored as the experiments are."""
