"""The command line: parse, call one use case, print, set the exit code."""
