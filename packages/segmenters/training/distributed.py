"""Distributed training of one network by several processes, started by `accelerate launch`.

Only the main process reads and writes runs, orders trainings and predicts. Worker processes wait
for an order, compute their part of every batch, and wait for the next order until dismissed.
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
    """A training ordered by the main process.

    Attributes:
        train: ids of the training images.
        folder: folder of the model, on storage that all processes can read.
        seed: seed of the training.
        made_from: digest of the training's inputs.
        pretrained: folder of the pretrained network to start from; "" for none.
        pretrains: whether this is the pretraining.
    """

    train: list[str]
    folder: str
    seed: int
    made_from: str
    pretrained: str = ""
    pretrains: bool = False


def process_count() -> int:
    """Return the number of processes in the distributed training."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def exchange_order(config: Runtime, order: Order | None = None) -> Order | None:
    """Return the main process's `order` in every process; None dismisses the workers."""
    make_accelerator(config)
    sent: Order | None = broadcast(order)
    return sent


def broadcast(value: Any) -> Any:
    """Return the main process's `value`, a plain Python object, in every process."""
    if process_count() == 1:
        return value
    with lost_processes():
        return broadcast_object_list([value])[0]


def mean_over_processes(values: torch.Tensor) -> torch.Tensor:
    """Return the mean of `values` over the processes, in every process."""
    if process_count() == 1:
        return values
    with lost_processes():
        torch.distributed.all_reduce(values)
    return values / process_count()


def dismiss(config: Runtime) -> None:
    """Dismiss the worker processes; there are no more trainings."""
    if process_count() > 1:
        exchange_order(config)
        leave_group()


def leave_group() -> None:
    """Remove this process from the process group."""
    PartialState().destroy_process_group()


@contextmanager
def lost_processes() -> Iterator[None]:
    """Convert torch's errors about lost processes.

    Raises:
        ProcessLost: another process of the training has ended.
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
