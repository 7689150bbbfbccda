"""Pages to look at: of a run, a blend, a submission, or of all images with notes."""
