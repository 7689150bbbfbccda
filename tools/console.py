"""What a person sees: progress on stderr (only on a terminal), results on stdout."""

import json
import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol, runtime_checkable

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
from rich.table import Table

WIDTH = 120
"""Of the tables where standard output is no terminal."""


@runtime_checkable
class Readable(Protocol):
    """A result that says itself what a person sees of it."""

    def text(self) -> str:
        """Return lines that hold no control characters but line breaks."""


class Screen:
    """The terminal of one command; also the `jobs.Report` of everything it calls."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "Screen":
        if self._console.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[figures]}"),
            )
            self._progress = Progress(*columns, console=self._console, refresh_per_second=4)
            self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def report(self, label: str, done: int, total: int, figures: Mapping[str, float]) -> None:
        """Draw one step of progress."""
        if self._progress is None:
            return
        if label not in self._tasks:
            self._tasks[label] = self._progress.add_task(label, figures="")
        text = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
        self._progress.update(self._tasks[label], completed=done, total=total, figures=text)

    def say(self, text: str) -> None:
        """Show a message on the terminal; nothing when stderr is not one."""
        if self._console.is_terminal:
            self._console.print(text, markup=False, highlight=False)

    def ask(self, text: str) -> bool:
        """Show a text on stderr and return whether the answer is yes; see `can_ask`."""
        if self._progress is not None:
            self._progress.stop()
        self._console.print(printable(text), markup=False, highlight=False, soft_wrap=True)
        self._console.print("Go on? [y/N] ", markup=False, highlight=False, end="")
        try:
            answer = input()
        except EOFError:
            return False
        if self._progress is not None:
            self._progress.start()
        return answer.strip().lower() in ("y", "yes")


def can_ask() -> bool:
    """Return whether a person can answer on standard input."""
    return sys.stdin is not None and sys.stdin.isatty()


def print_result(result: Mapping[str, Any], as_json: bool) -> None:
    """Print a command's result: one JSON object, or lines and tables for a person."""
    if as_json:
        print(json.dumps(result, allow_nan=False, default=str))
        return
    width = None if sys.stdout.isatty() else WIDTH
    console = Console(soft_wrap=True, highlight=False, emoji=False, width=width)
    if isinstance(result, Readable):
        console.print(result.text(), markup=False)
        return
    for key, value in _with_intervals(result).items():
        if _is_table(value):
            console.print(_table(key, value))
        elif isinstance(value, str) and "\n" in value:
            console.print(printable(value), markup=False)
        else:
            console.print(f"{key.replace('_', ' ')}: {_cell(value)}", markup=False)


def print_error(text: str) -> None:
    """Print the one line of a failure."""
    print(f"tools: {printable(' '.join(text.split()))}", file=sys.stderr)


def printable(text: str) -> str:
    """Return `text` with the control characters escaped that a file name or a header may hold."""
    return "".join(
        one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode()
        for one in text
    )


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _table(title: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(title=title.replace("_", " "), title_justify="left")
    rows = [_with_intervals(row) for row in rows]
    for name in rows[0]:
        table.add_column(name.replace("_", " "))
    for row in rows:
        table.add_row(*[_cell(row.get(name)) for name in rows[0]])
    return table


def _with_intervals(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Show "x_interval" in brackets behind "x"."""
    shown = dict(figures)
    for name, value in figures.items():
        interval = shown.pop(f"{name}_interval", None)
        if interval is not None:
            shown[name] = f"{_cell(value)} ({interval[0]:.3f}–{interval[1]:.3f})"
    return shown


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) > 1 else f"{value:.4f}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_cell(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_cell(inner) for inner in value)
    return printable(str(value))
