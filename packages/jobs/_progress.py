"""Progress as lines of text, for where no terminal draws it: nohup, Slurm, CI, notebooks."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

EVERY = 50.0
"""Seconds between two lines."""


class PlainProgress:
    """A `Report` that writes the latest state as a line of text, at least every minute.

    A thread writes the lines, so that a log shows life also where nothing is reported. What ends
    before the first line is due is not mentioned. Use it as a context manager.
    """

    def __init__(self, write: Callable[[str], None], every: float = EVERY) -> None:
        """Prepare the progress.

        Args:
            write: called with each line; it should flush.
            every: seconds between two lines.
        """
        self._write, self._every = write, every
        self._state = "working"
        self._began = time.monotonic()
        self._stopped = threading.Event()

    def __enter__(self) -> "PlainProgress":
        threading.Thread(target=self._run, name="progress", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def report(self, label: str, done: int, total: int, figures: Mapping[str, float]) -> None:
        """Keep one step of progress for the next line."""
        shown = "".join(f", {name} {value:.4g}" for name, value in figures.items())
        self._state = f"{label} {done}/{total}{shown}"

    def stop(self) -> None:
        """Write no more lines."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(self._every):
            passed = timedelta(seconds=int(time.monotonic() - self._began))
            try:
                self._write(f"[{passed}] {self._state}")
            except (OSError, ValueError):  # nobody reads any more; the work goes on
                return
