"""The terminal of a command: progress, messages and errors on stderr."""

import sys
from collections.abc import Mapping

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


class Screen:
    """The terminal of one command; its `report` is the `jobs.Report` of all calls."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[figures]}"),
            console=self._console,
            refresh_per_second=4,
            disable=not self._console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "Screen":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def report(self, label: str, done: int, total: int, figures: Mapping[str, float]) -> None:
        """Draw one step of progress."""
        if label not in self._tasks:
            self._tasks[label] = self._progress.add_task(label, figures="")
        text = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
        self._progress.update(self._tasks[label], completed=done, total=total, figures=text)

    def say(self, text: str) -> None:
        """Show a message if stderr is a terminal."""
        if self._console.is_terminal:
            self._console.print(text, markup=False, highlight=False)

    def ask(self, text: str) -> bool:
        """Show a text on stderr and return whether the answer is yes; see `can_ask`."""
        self._progress.stop()
        self._console.print(printable(text), markup=False, highlight=False, soft_wrap=True)
        self._console.print("Continue? [y/N] ", markup=False, highlight=False, end="")
        try:
            answer = input()
        except EOFError:
            return False
        self._progress.start()
        return answer.strip().lower() in ("y", "yes")


def can_ask() -> bool:
    """Return whether a person can answer on standard input."""
    return sys.stdin is not None and sys.stdin.isatty()


def print_error(text: str) -> None:
    """Print an error in one line."""
    print(f"tools: {printable(' '.join(text.split()))}", file=sys.stderr)


def printable(text: str) -> str:
    """Return `text` with control characters escaped, as of a file name or a header."""
    return "".join(
        one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode()
        for one in text
    )
