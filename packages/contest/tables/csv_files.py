"""Tolerant reading of CSV files: spaces, byte order marks and blank lines are ignored."""

from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from contest._errors import Fault, TableError, shown


def read_table(path: Path, columns: Sequence[str], error: type[TableError]) -> pd.DataFrame:
    """Return the named columns of a CSV file as stripped texts, indexed by line number.

    Other columns are left out; a missing cell is "".

    Args:
        columns: required columns; the header may have spaces around them.
        error: class of the error to raise.

    Raises:
        TableError: as `error`, with the faults of the file as a whole.
    """
    cells = _cells(path, error)
    header = list(cells.iloc[0])
    missing = [name for name in columns if name not in header]
    if missing:
        found = shown(", ".join(name for name in header if name) or "none", 200)
        faults = [Fault(f"no column {name} (found: {found})", row=1) for name in missing]
        raise error(path, faults, "give a file with these columns")
    body = cells.iloc[1:]
    body = body[(body != "").any(axis=1)]
    stray = [number for number, name in enumerate(header) if not name]
    overfull = body.index[(body[stray] != "").any(axis=1)]
    if len(overfull):
        message = "has more fields than the header"
        faults = [Fault(f"line {line} {message}", row=line) for line in overfull.tolist()]
        raise error(path, faults, "write each row as the header says")
    table = body[[header.index(name) for name in columns]]
    table.columns = pd.Index(columns)
    return table


def has_columns(path: Path, columns: Sequence[str]) -> bool:
    """Return whether the first line of a CSV file has these columns; False if it is unreadable."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            header = file.readline()
    except (OSError, UnicodeDecodeError):
        return False
    return set(columns) <= {name.strip().strip('"') for name in header.split(",")}


def _cells(path: Path, error: type[TableError]) -> pd.DataFrame:
    """Return all cells, stripped, indexed by line number from 1, padded to the widest line."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as fault:
        reason = fault.strerror or str(fault)
        raise error(path, [Fault(f"it cannot be read ({reason})")], "give a CSV file") from None
    except UnicodeDecodeError as fault:
        raise error(path, [Fault(f"it is not UTF-8 text ({fault})")], "give a CSV file") from None
    width = max((line.count(",") for line in text.splitlines()), default=0) + 1
    try:
        cells = pd.read_csv(
            StringIO(text),
            header=None,
            names=range(width),
            dtype=str,
            keep_default_na=False,
            na_filter=False,
            skip_blank_lines=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as fault:
        raise error(path, [Fault(f"it is not a CSV file ({fault})")], "give a CSV file") from None
    if cells.empty:
        raise error(path, [Fault("it is empty")], "give a CSV file with a header")
    cells = cells.fillna("")
    lines = _lines(cells)
    return cells.apply(lambda column: column.str.strip()).set_axis(lines)


def _lines(cells: pd.DataFrame) -> pd.Index:
    """Return the line at which each row begins; a quoted cell may hold line breaks."""
    breaks = cells.apply(lambda column: column.str.count("\n")).sum(axis=1)
    return pd.Index(1 + np.arange(len(cells)) + (breaks.cumsum() - breaks).to_numpy(np.int64))
