"""When a training looks at its losses and saves, and how long its parts take."""

import time

import torch

PEEK_SECONDS = 0.5
"""Time between two looks at the losses on a GPU, which waits for each look."""


class Clock:
    """Says when it is time to look at the losses and to save."""

    def __init__(self, save_every: float, device: torch.device) -> None:
        self._save_every = save_every
        self._peek_every = PEEK_SECONDS if device.type != "cpu" else 0.0
        self._saved = self._peeked = self._lapped = time.monotonic()
        self._seen: dict[str, float] = {}

    def peeks(self) -> bool:
        """Whether the losses are due."""
        due = time.monotonic() - self._peeked >= self._peek_every
        self._peeked = time.monotonic() if due else self._peeked
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

    def more(self, name: str, total: float) -> float:
        """Return by how much a running total has grown."""
        before = self._seen.get(name, 0.0)
        self._seen[name] = total
        return total - before
