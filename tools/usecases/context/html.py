"""Results as HTML tables, which notebooks show."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd


class Html:
    """Base of results that notebooks show as tables; `as_dict` gives their values."""

    __dataclass_fields__: ClassVar[dict[str, Any]]
    not_shown: ClassVar[tuple[str, ...]] = ()
    """Values that are left out of the tables."""

    def _repr_html_(self) -> str:
        values = self.as_dict() if hasattr(self, "as_dict") else asdict(self)
        values = {name: one for name, one in values.items() if name not in self.not_shown}
        plain = {name: value for name, value in values.items() if not _is_table(value)}
        shown = {name: value for name, value in plain.items() if value is not None}
        rows = [
            f"<tr><th style='text-align:left'>{escape(name.replace('_', ' '))}</th>"
            f"<td style='text-align:left'>{_cell(value)}</td></tr>"
            for name, value in shown.items()
        ]
        tables = [_table(name, value) for name, value in values.items() if _is_table(value)]
        return f"<table>{''.join(rows)}</table>{''.join(tables)}"


def _is_table(value: Any) -> bool:
    rows = isinstance(value, Sequence) and not isinstance(value, str)
    return rows and bool(value) and all(isinstance(row, Mapping) for row in value)


def _table(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    frame = pd.DataFrame([dict(row) for row in rows])
    body = frame.to_html(index=False, float_format="{:.4f}".format, na_rep="", escape=True)
    return f"<p><b>{escape(title.replace('_', ' '))}</b></p>{body}"


def _cell(value: Any) -> str:
    """Return a value as HTML: a picture for the path of one, else its text."""
    if isinstance(value, Path) and value.suffix == ".png" and value.exists():
        data = base64.b64encode(value.read_bytes()).decode()
        return f"<img alt='{escape(value.name)}' src='data:image/png;base64,{data}'>"
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, Mapping):
        return ", ".join(f"{escape(str(name))} {_cell(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value))
    return escape(str(value))
