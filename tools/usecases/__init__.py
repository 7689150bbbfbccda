"""The use cases behind the commands; each takes a `Workplace` and returns a plain dict."""
