"""Several processes on one cross-validation, as `accelerate launch` starts them.

The first leads and does what a single process does; the others help it to train and write and
print nothing.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import contest


def follows() -> bool:
    """Return whether another process leads this one."""
    return _size() > 1 and int(os.environ.get("RANK", "0")) > 0


@contextmanager
def leading(experiment: contest.Experiment) -> Iterator[None]:
    """Let the helpers go at the end; after an error they notice that the leader is gone."""
    yield
    if _size() > 1:
        experiment.dismiss()


def _size() -> int:
    return int(os.environ.get("WORLD_SIZE", "1"))
