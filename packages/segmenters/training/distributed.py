"""Several processes that train one network together, as `accelerate launch` starts them.

The main process alone reads and writes runs, decides what is trained, and predicts. The worker
processes wait until it names a training, take their part of every batch, and wait again until they
are dismissed.
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
from segmenters._errors import ProcessLost
from segmenters.config.groups import Runtime


@dataclass(frozen=True)
class Order:
    """What the main process tells the workers to train.

    Attributes:
        train: ids of the training images.
        folder: where the main process writes, on storage that all can read.
        seed: of the training.
        made_from: stamp of the model.
    """

    train: list[str]
    folder: str
    seed: int
    made_from: str


def process_count() -> int:
    """Return how many processes were started together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def exchange_order(config: Runtime, order: Order | None = None) -> Order | None:
    """Return, in every process, the main process's next `order`; None is the end."""
    make_accelerator(config)
    sent: Order | None = broadcast(order)
    return sent


def broadcast(value: Any) -> Any:
    """Return the main process's `value`, plain Python, in every process."""
    if process_count() == 1:
        return value
    with lost_processes():
        return broadcast_object_list([value])[0]


def mean_over_processes(values: torch.Tensor) -> torch.Tensor:
    """Return the mean of `values` over the processes, on all of them."""
    if process_count() == 1:
        return values
    with lost_processes():
        torch.distributed.all_reduce(values)
    return values / process_count()


def dismiss(config: Runtime) -> None:
    """Tell the worker processes that there is nothing more to train."""
    if process_count() > 1:
        exchange_order(config)
        leave_group()


def leave_group() -> None:
    """Take this process out of the process group at the end of its work."""
    PartialState().destroy_process_group()


@contextmanager
def lost_processes() -> Iterator[None]:
    """Turn the library's error about a lost process into one line.

    Raises:
        ProcessLost: see there.
    """
    try:
        yield
    except RuntimeError as error:
        words = str(error)
        lost = any(word in words for word in ("gloo", "NCCL", "Connection", "peer"))
        if process_count() == 1 or not lost:
            raise
        raise ProcessLost(
            f"another process of the training has ended ({' '.join(words.split())[:160]}): see its "
            "message, then start the same command again, it resumes"
        ) from error
