"""Progress and speed of a training, and the timing of loss readings and checkpoints."""

import time
from dataclasses import dataclass, field
from typing import Any

import torch

READ_SECONDS = 0.5
"""Seconds between two readings of the losses on a GPU; each reading synchronises the GPU."""


@dataclass
class Progress:
    """Progress of a training, in plain JSON types.

    Attributes:
        done: number of steps taken.
        updates: number of weight updates.
        sums: sum of loss times images, and number of images, in the current epoch.
        history: one row per finished epoch.
        scaler: state of the fp16 loss scaler.
        seconds: time of all steps.
        waited: part of `seconds` spent waiting for batches.
        images: number of images in all steps.
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
        """Return images/s, the share of the time spent waiting for batches, and the seconds."""
        seconds = max(self.seconds, 1e-9)
        return {
            "images_per_s": self.images / seconds,
            "batch_share": self.waited / seconds,
            "seconds": self.seconds,
        }

    def figures(self) -> dict[str, float]:
        """Return loss and images/s for the progress bar."""
        figures = {}
        if self.sums[1]:
            figures["loss"] = self.sums[0] / self.sums[1]
        elif self.history:
            figures["loss"] = self.history[-1]["loss"]
        return {**figures, "images_per_s": self.speed()["images_per_s"]}


class Clock:
    """Timer of loss readings and checkpoints."""

    def __init__(self, save_every: float, device: torch.device) -> None:
        self._save_every = save_every
        self._read_every = READ_SECONDS if device.type != "cpu" else 0.0
        self._saved = self._read = self._lapped = time.monotonic()

    def reads_losses(self) -> bool:
        """Return whether a reading of the losses is due, and restart its timer if so."""
        due = time.monotonic() - self._read >= self._read_every
        self._read = time.monotonic() if due else self._read
        return due

    def saves(self) -> bool:
        """Return whether a checkpoint is due, and restart its timer if so."""
        due = time.monotonic() - self._saved >= self._save_every
        self._saved = time.monotonic() if due else self._saved
        return due

    def lap(self) -> float:
        """Return the seconds since the last call."""
        before, self._lapped = self._lapped, time.monotonic()
        return self._lapped - before
