"""Threads in which models grow side by side: LightGBM leaves Python's lock while it works."""

from concurrent.futures import ThreadPoolExecutor

import lightgbm as lgb
import numpy as np

import jobs


def pool() -> ThreadPoolExecutor:
    """Return a pool with a thread per core, each of which keeps LightGBM's notes to itself."""
    return ThreadPoolExecutor(jobs.available_cores(), initializer=_quiet)


def _quiet() -> None:
    # Its log level belongs to the thread; reading any parameters sets it.
    lgb.Dataset(np.zeros((2, 1)), [0, 1], params={"verbose": -1}).construct()
