"""Content, pictures and HTML of a self-contained page."""
