"""The toy competition alone: the tests put this package in front of the real one."""
