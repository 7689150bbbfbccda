"""Batches that a GPU makes beside the training, so that neither waits for the other."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

Tensors = tuple[Tensor, Tensor]


class Made(NamedTuple):
    """A batch that may still be on its way.

    Attributes:
        tensors: network input and masks.
        done: when they are there; None where that is now.
    """

    tensors: Tensors
    done: torch.cuda.Event | None


class Workbench:
    """Makes batches on a CUDA stream of its own; on a CPU it just makes them.

    A copy from ordinary memory waits for all that its stream has still to do. On the stream of
    the training that is the step in hand, once for each of a dozen small copies of a batch.
    """

    def __init__(self, device: torch.device) -> None:
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None

    def make(self, batch: Callable[[], Tensors]) -> Made:
        """Return what `batch` returns; for any thread."""
        if self._stream is None:
            return Made(batch(), None)
        with torch.cuda.stream(self._stream):
            return Made(batch(), self._stream.record_event())

    @staticmethod
    def hand_over(made: Made) -> Tensors:
        """Return the tensors of a batch for use on the caller's stream."""
        if made.done is not None:
            here = torch.cuda.current_stream(made.tensors[0].device)
            here.wait_event(made.done)
            for tensor in made.tensors:
                tensor.record_stream(here)  # their memory is not given away before it is through
        return made.tensors
