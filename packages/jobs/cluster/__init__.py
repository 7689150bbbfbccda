"""Parallel work on a running Dask cluster."""
