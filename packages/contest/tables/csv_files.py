"""Tolerant reading of CSV files, in time linear in their bytes.

Ignored are spaces around cells, byte order marks, blank lines, and the nameless first column that
pandas writes for an index. Columns may be separated by commas, semicolons, tabs or bars.
"""

import csv
import io
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from contest._errors import Fault, TableError, shown
from contest.tables.text_files import HEAD, read_head, read_text

DELIMITERS = (",", ";", "\t", "|")
AFTER_QUOTATION = re.compile(r'" +(?=[,;\t|\n]|\Z)')
"""A quotation mark with blanks at the end of a field."""
NUMBERS = re.compile(r"[-+\d.\s]*")
"""A cell of numbers, or a blank one: not the name of a column."""

Record = tuple[int, list[str]]
"""The line at which a row begins, and its cells."""


class _Unclosed(Exception):
    """A quotation mark without its partner; `args` are the line."""


def read_table(path: Path, columns: Sequence[str], error: type[TableError]) -> pd.DataFrame:
    """Return the named columns of a CSV file as stripped texts, indexed by line number.

    Other columns are left out. For the forms of files see `read_text`.

    Args:
        columns: required columns; the header may have spaces around them.
        error: class of the error to raise.

    Raises:
        TableError: as `error`, with the faults of the file as a whole: no text, no header, columns
            that are missing or given twice, and rows with more or fewer fields than the header.
    """
    text = read_text(path, error)
    if not text:
        raise error(path, [Fault("it is empty")], "give a CSV file with a header")
    delimiter, header = _header(text, columns)
    _check_header(path, header, columns, delimiter, error)
    try:
        lines, rows, faults = _rows(text, delimiter, header, columns)
    except _Unclosed as fault:
        what = f"it is not a CSV file (line {fault}: a quotation mark has no partner)"
        raise error(path, [Fault(what)], "close the quotation, or remove the mark") from None
    if faults:
        raise error(path, faults, "write each row as the header says")
    index = pd.Index(lines, dtype="int64")
    return pd.DataFrame(rows, index=index, columns=pd.Index(columns), dtype="str")


def has_columns(path: Path, columns: Sequence[str]) -> bool:
    """Return whether a CSV file has these columns; False if it is unreadable."""
    try:
        _, header = _header(read_head(path, TableError), columns)
    except TableError:
        return False
    return set(columns) <= set(header)


def _header(text: str, columns: Sequence[str]) -> tuple[str, list[str]]:
    """Return the delimiter with which the header has most of `columns`, and the header's cells."""
    start = re.search(r"\S", text)
    line = text[start.start() : start.start() + HEAD].partition("\n")[0] if start else ""
    found = {}
    for delimiter in DELIMITERS:
        try:
            _, cells = next(_records(line, delimiter), (1, [""]))
        except _Unclosed:
            cells = line.split(delimiter)
        found[delimiter] = [cell.strip() for cell in cells]
    best = max(found, key=lambda one: (len(set(found[one]) & set(columns)), len(found[one]) > 1))
    return best, found[best]


def _check_header(
    path: Path,
    header: Sequence[str],
    columns: Sequence[str],
    delimiter: str,
    error: type[TableError],
) -> None:
    """Refuse a header in which a column is missing, or given twice."""
    if any("\0" in name for name in header):
        raise error(path, [Fault("it contains NUL bytes", row=1)], "it is damaged, get it again")
    missing = [name for name in columns if name not in header]
    if missing:
        found = shown(", ".join(name for name in header if name) or "none", 200)
        faults = [Fault(f"no column {name} (found: {found})", row=1) for name in missing]
        none = len(missing) == len(columns) <= len(header)
        if none and any(map(NUMBERS.fullmatch, header)):
            line = delimiter.join(columns)
            raise error(path, faults, f"it has no header: add {line!r} as the first line")
        if header[0].lstrip().lower().startswith(("<!doctype", "<html")):
            raise error(path, faults, "it is a web page: get the file again, signed in")
        raise error(path, faults, "give a file with these columns")
    twice = [name for name, count in Counter(filter(None, header)).items() if count > 1]
    if twice:
        faults = [Fault(f"column {shown(name)} is given twice", row=1) for name in twice]
        raise error(path, faults, "keep one column of each name")


def _rows(
    text: str, delimiter: str, header: Sequence[str], columns: Sequence[str]
) -> tuple[list[int], list[list[str]], list[Fault]]:
    """Return the lines of the rows below the header, their cells of `columns`, and the faults."""
    width, places = len(header), [header.index(name) for name in columns]
    # A nameless first column is an index; others have no cells.
    nameless = [number for number, name in enumerate(header) if number and not name]
    lines, rows, faults = [], [], []
    records = (one for one in _records(text, delimiter) if any(map(str.strip, one[1])))
    next(records, None)
    for line, cells in records:
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        more = len(cells) > width or any(cells[n].strip() for n in nameless if n < len(cells))
        if more or len(cells) <= max(places):
            size = "more" if more else "fewer"
            faults.append(Fault(f"line {line} has {size} fields than the header", row=line))
        else:
            lines.append(line)
            rows.append([cells[place].strip() for place in places])
    return lines, rows, faults


def _records(text: str, delimiter: str) -> Iterator[Record]:
    """Yield all rows of a text.

    Raises:
        _Unclosed: a quotation does not end, or ends before the end of its field.
    """
    csv.field_size_limit(sys.maxsize)
    text = AFTER_QUOTATION.sub('"', text)
    reader = csv.reader(
        io.StringIO(text, newline="\n"), delimiter=delimiter, skipinitialspace=True, strict=True
    )
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error:
        raise _Unclosed(line) from None
