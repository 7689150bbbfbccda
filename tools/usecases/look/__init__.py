"""Use cases that show: reports, viewer, the table of runs."""
