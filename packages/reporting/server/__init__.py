"""The local server of a page, with notes on images."""
