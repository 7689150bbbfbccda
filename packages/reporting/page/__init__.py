"""A self-contained page: content, pictures, HTML."""
