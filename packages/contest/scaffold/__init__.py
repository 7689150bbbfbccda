"""The folder of a new competition."""
