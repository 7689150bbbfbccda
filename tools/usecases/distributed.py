"""Cross-validation in several processes started by `accelerate launch`.

The main process does what a single process does; the others only compute their part of the
training, and neither write nor print.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import contest


def follows() -> bool:
    """Return whether this is not the main process."""
    return _size() > 1 and int(os.environ.get("RANK", "0")) > 0


@contextmanager
def leading(experiment: contest.Experiment) -> Iterator[None]:
    """Stop the other processes at the end; after an error they detect that the main one ended."""
    yield
    if _size() > 1:
        experiment.dismiss()


def _size() -> int:
    return int(os.environ.get("WORLD_SIZE", "1"))
