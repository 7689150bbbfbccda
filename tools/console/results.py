"""Results of commands on stdout: one JSON object, or lines and tables."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from tools.console.screen import printable

WIDTH = 120
"""Width of the tables in characters if standard output is no terminal."""


@dataclass(frozen=True)
class Shown:
    """A result with its own text.

    Attributes:
        values: what --json prints.
        text: lines without control characters.
    """

    values: Mapping[str, Any]
    text: str


Result = Mapping[str, Any] | Shown
"""What a command returns."""


def values_of(result: Result) -> Mapping[str, Any]:
    """Return what --json prints of a result."""
    return result.values if isinstance(result, Shown) else result


def print_result(result: Result, as_json: bool) -> None:
    """Print a command's result: one JSON object, or lines and tables."""
    if as_json:
        print(json.dumps(values_of(result), allow_nan=False, default=str))
        return
    width = None if sys.stdout.isatty() else WIDTH
    console = Console(soft_wrap=True, highlight=False, emoji=False, width=width)
    if isinstance(result, Shown):
        console.print(result.text, markup=False)
        return
    for key, value in _with_intervals(result).items():
        if _is_table(value):
            console.print(_table(key, value))
        elif isinstance(value, str) and "\n" in value:
            console.print(printable(value), markup=False)
        else:
            console.print(f"{key.replace('_', ' ')}: {_cell(value)}", markup=False)


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
