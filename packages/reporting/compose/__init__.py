"""Building of pages: of a run, a blend, a submission, all images, or an audit."""
