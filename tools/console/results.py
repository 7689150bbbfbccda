"""Results of commands on stdout: one JSON object, or lines and tables."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Protocol

from rich.console import Console
from rich.table import Table
from rich.text import Text

import jobs
from tools.console.screen import printable

WIDTH = 120
"""Width of the tables in characters if standard output is no terminal."""


class Result(Protocol):
    """What a use case returns: a dataclass, with ``as_dict()`` if its keys are not its fields."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


@dataclass(frozen=True)
class Shown:
    """A result with its own text, lines without control characters."""

    result: Result
    text: str


def values_of(result: Result) -> dict[str, Any]:
    """Return what --json prints of a result."""
    return result.as_dict() if hasattr(result, "as_dict") else asdict(result)


def print_result(result: Result | Shown, as_json: bool) -> None:
    """Print a command's result: one JSON object, or lines and tables without what is None.

    Raises:
        jobs.UserError: standard output cannot be written, as its disk is full.
    """
    with jobs.naming_system_errors("standard output"):
        _print(result, as_json)
        sys.stdout.flush()


def _print(result: Result | Shown, as_json: bool) -> None:
    if as_json:
        values = values_of(result.result if isinstance(result, Shown) else result)
        print(json.dumps(values, allow_nan=False, default=str))
        return
    terminal = sys.stdout.isatty()
    console = Console(
        soft_wrap=True, highlight=False, emoji=False, width=None if terminal else WIDTH,
        force_terminal=terminal,
    )  # fmt: skip
    if isinstance(result, Shown):
        console.print(result.text, markup=False)
        return
    for key, value in _with_intervals(values_of(result)).items():
        if value is None:
            continue
        if _is_table(value):
            console.print(_table(key, value))
        elif isinstance(value, str) and "\n" in value:
            console.print(printable(value), markup=False)
        else:
            console.print(f"{key.replace('_', ' ')}: {_cell(value)}", markup=False)


def figure(value: float | None, digits: int) -> str:
    """Return a number with so many digits after the point; "-" for None."""
    return "-" if value is None else f"{value:.{digits}f}"


def duration(minutes: float | None) -> str:
    """Return a time in seconds, minutes or hours; "-" for None."""
    if minutes is None:
        return "-"
    if minutes < 1:
        return f"{60 * minutes:.0f} s"
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the rows of a table as lines with aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    return ["  ".join(row).rstrip() for row in padded]


def _is_table(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and isinstance(value[0], Mapping)


def _table(title: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(title=title.replace("_", " "), title_justify="left")
    rows = [_with_intervals(row) for row in rows]
    for name in rows[0]:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*[Text(_cell(row.get(name))) for name in rows[0]])
    return table


def _with_intervals(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Show "x_interval" in brackets after "x"."""
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
