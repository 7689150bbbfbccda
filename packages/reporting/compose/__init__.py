"""The content of pages: of a run, a blend or a submission, of all images, of an audit."""
