"""Threads in which models grow side by side: LightGBM leaves Python's lock while it works."""

from concurrent.futures import ThreadPoolExecutor

import lightgbm as lgb
import numpy as np

import jobs


def pool(num_threads: int) -> ThreadPoolExecutor:
    """Return a pool with a thread per core, each of which keeps LightGBM's notes to itself.

    Args:
        num_threads: that each of LightGBM's calls may start, `LightGBMConfig.num_threads`.
    """
    return ThreadPoolExecutor(jobs.available_cores(), initializer=_begin, initargs=(num_threads,))


def _begin(num_threads: int) -> None:
    # Its log level belongs to the thread, the number of its threads to the process: reading any
    # parameters sets both, and parameters without a number mean all cores, for every model.
    parameters = {"verbose": -1, "num_threads": num_threads}
    lgb.Dataset(np.zeros((2, 1)), [0, 1], params=parameters).construct()
