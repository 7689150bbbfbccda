"""Progress, messages and errors of a command on stderr, which may be no terminal."""

import os
import sys
from collections.abc import Mapping
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

import jobs

LONGEST, HALF = 400, 190
"""Largest length of a word in an error, as a path or a name, and of its parts that are shown."""


class Screen:
    """The terminal or log of one command; its `report` is the `jobs.Report` of all calls.

    A terminal shows progress bars and messages. A log has a plain line of progress at least every
    minute, without escape codes even if FORCE_COLOR is set, and what is announced.
    """

    def __init__(self) -> None:
        self._terminal = _is_terminal(sys.stderr)
        self._drawn = self._terminal and os.environ.get("TERM") not in ("dumb", "unknown")
        self._console = Console(stderr=True, force_terminal=self._terminal)
        self._plain = jobs.PlainProgress(_print_line)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[figures]}"),
            console=self._console,
            refresh_per_second=4,
            disable=not self._drawn,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "Screen":
        self._progress.start()
        if not self._drawn and os.environ.get("RANK", "0") == "0":  # of a distributed training
            self._plain.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
        self._plain.stop()

    def report(self, label: str, done: int, total: int, figures: Mapping[str, float]) -> None:
        """Show one step of progress."""
        self._plain.report(label, done, total, figures)
        if label not in self._tasks:
            self._tasks[label] = self._progress.add_task(label, figures="")
        text = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
        self._progress.update(self._tasks[label], completed=done, total=total, figures=text)

    def say(self, text: str) -> None:
        """Show a message if stderr is a terminal."""
        if self._terminal:
            self._console.print(text, markup=False, highlight=False)

    def announce(self, text: str) -> None:
        """Show a message at once, also without a terminal; from now on the command only waits."""
        self._progress.stop()
        self._plain.stop()
        _print_line(text)

    def ask(self, text: str) -> bool:
        """Show a text on stderr and return whether the answer is yes; see `can_ask`."""
        try:
            return self.answer(f"{text}\nContinue? [y/N]").lower() in ("y", "yes")
        except EOFError:
            return False

    def answer(self, question: str) -> str:
        """Show a question on stderr and return the line of the answer; see `can_ask`.

        Raises:
            EOFError: the input has ended.
        """
        self._progress.stop()
        self._plain.stop()
        self._console.print(
            f"{printable(question)} ", markup=False, highlight=False, soft_wrap=True, end=""
        )
        line = input().strip()
        self._progress.start()
        return line


def can_ask() -> bool:
    """Return whether a person can answer on standard input."""
    return _is_terminal(sys.stdin)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def print_error(text: str) -> None:
    """Print an error in one line; a name of thousands of characters is shortened."""
    words = (one if len(one) <= LONGEST else f"{one[:HALF]}…{one[-HALF:]}" for one in text.split())
    _print_line(f"tools: {' '.join(words)}")


def _print_line(text: str) -> None:
    print(printable(text), file=sys.stderr, flush=True)


def printable(text: str) -> str:
    """Return `text` with control characters escaped, as of a file name or a header."""
    return "".join(
        one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode()
        for one in text
    )
