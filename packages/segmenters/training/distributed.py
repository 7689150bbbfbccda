"""Several processes that train one network together, as `accelerate launch` starts them.

The first process leads: it alone reads and writes runs, decides what is trained, and predicts.
The others follow: they wait until the leader names a training, take their part of every batch,
and wait again, until the leader dismisses them.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list

from segmenters._device import make_accelerator
from segmenters._errors import TeamBroken
from segmenters.config.segmenter_config import SegmenterConfig


@dataclass(frozen=True)
class Order:
    """What the leader tells the others to train.

    Attributes:
        train: ids of the training images.
        folder: where the leader writes, on storage that all can read.
        seed: of the training.
        made_from: stamp of the model.
    """

    train: list[str]
    folder: str
    seed: int
    made_from: str


def team_size() -> int:
    """Return how many processes were started together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def give(config: SegmenterConfig, order: Order | None) -> None:
    """Hand an order from the leader to all, None at the end."""
    make_accelerator(config)
    told(order)


def take(config: SegmenterConfig) -> Order | None:
    """Wait for the leader's next order and return it; None is the end."""
    make_accelerator(config)
    order: Order | None = told(None)
    return order


def told(value: Any) -> Any:
    """Return the leader's `value`, plain Python, in every process; alone it is `value` itself."""
    if team_size() == 1:
        return value
    with lost_members():
        return broadcast_object_list([value])[0]


def mean_of_all(values: torch.Tensor) -> torch.Tensor:
    """Return the mean of `values` over the processes, on all of them."""
    if team_size() == 1:
        return values
    with lost_members():
        torch.distributed.all_reduce(values)
    return values / team_size()


def dismiss(config: SegmenterConfig) -> None:
    """Tell the processes that follow that there is nothing more to train."""
    if team_size() > 1:
        give(config, None)
        leave()


def leave() -> None:
    """Take this process out of the team at the end of its work."""
    PartialState().destroy_process_group()


@contextmanager
def lost_members() -> Iterator[None]:
    """Turn the library's error about a lost process into one line.

    Raises:
        TeamBroken: see there.
    """
    try:
        yield
    except RuntimeError as error:
        words = str(error)
        if team_size() == 1 or not any(w in words for w in ("gloo", "NCCL", "Connection", "peer")):
            raise
        raise TeamBroken(
            f"another process of the training has ended ({' '.join(words.split())[:160]}): see its "
            "message, then start the same command again, it resumes"
        ) from error
