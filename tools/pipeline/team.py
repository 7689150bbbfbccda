"""Several processes on one cross-validation, as `accelerate launch` starts them.

The first leads and does what a single process does; the others help it to train and write and
print nothing.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import contest
    import crossval


def follows() -> bool:
    """Return whether another process leads this one."""
    return _size() > 1 and int(os.environ.get("RANK", "0")) > 0


def take_part(learner: "crossval.Learner") -> None:
    """Help the leading process to train networks until it is done."""
    import segmenters

    assert isinstance(learner, segmenters.Segmenter), "only networks are trained by several"
    learner.follow()


@contextmanager
def leading(experiment: "contest.Experiment") -> Iterator[None]:
    """Let the helpers go at the end; after an error they notice that the leader is gone."""
    yield
    if _size() > 1 and experiment.kind == "segmenter":
        import segmenters

        segmenters.dismiss(experiment.config)


def _size() -> int:
    return int(os.environ.get("WORLD_SIZE", "1"))
