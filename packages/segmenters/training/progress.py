"""Where a training stands, how fast it is, and when it reads its losses and saves."""

import time
from dataclasses import dataclass, field
from typing import Any

import torch

READ_SECONDS = 0.5
"""Time between two readings of the losses on a GPU, which waits for each."""


@dataclass
class Progress:
    """Where a training stands, in plain JSON types.

    Attributes:
        done: steps taken.
        updates: changes of the weights.
        sums: loss times images, and images, of the epoch so far.
        history: a row per finished epoch.
        scaler: state of the fp16 loss scaling.
        seconds: in steps; waited: of these for batches; images: learned from.
    """

    done: int = 0
    updates: int = 0
    sums: list[float] = field(default_factory=lambda: [0.0, 0.0])
    history: list[dict[str, float]] = field(default_factory=list)
    scaler: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    waited: float = 0.0
    images: int = 0

    def speed(self) -> dict[str, float]:
        """Return images/s, share of the time spent waiting for batches, and the time."""
        seconds = max(self.seconds, 1e-9)
        return {
            "images_per_s": self.images / seconds,
            "batch_share": self.waited / seconds,
            "seconds": self.seconds,
        }

    def figures(self) -> dict[str, float]:
        """Return what a progress bar shows: loss and images/s."""
        figures = {}
        if self.sums[1]:
            figures["loss"] = self.sums[0] / self.sums[1]
        elif self.history:
            figures["loss"] = self.history[-1]["loss"]
        return {**figures, "images_per_s": self.speed()["images_per_s"]}


class Clock:
    """Says when it is time to read the losses and to save."""

    def __init__(self, save_every: float, device: torch.device) -> None:
        self._save_every = save_every
        self._read_every = READ_SECONDS if device.type != "cpu" else 0.0
        self._saved = self._read = self._lapped = time.monotonic()

    def reads_losses(self) -> bool:
        """Whether the losses are due."""
        due = time.monotonic() - self._read >= self._read_every
        self._read = time.monotonic() if due else self._read
        return due

    def saves(self) -> bool:
        """Whether a resume point is due."""
        due = time.monotonic() - self._saved >= self._save_every
        self._saved = time.monotonic() if due else self._saved
        return due

    def lap(self) -> float:
        """Return the seconds since the last lap."""
        before, self._lapped = self._lapped, time.monotonic()
        return self._lapped - before
