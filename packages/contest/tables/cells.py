"""Cells without a value and ids with a file's extension: one rule for each kind of column.

Without a value are blank cells and those of `MISSING`, which pandas, R and spreadsheets write;
of image ids only blank ones, as a file may be called NA.

============  ================================================================================
column        a cell without a value
============  ================================================================================
image id      a fault: the row says nothing
group         a fault: one group of all unknown images would be kept in one fold
mask          the competition's text of an empty mask is empty; in annotations a blank cell and -1
              are, too. Anything else is a fault, which names that text
fact          a missing value
============  ================================================================================

An image id is the file's name without its extension, see `imagestack.image_id`; in tables of the
data, an extension is dropped. Of each row only the first fault is told.
"""

from collections.abc import Iterable

import pandas as pd

import imagestack
from contest._errors import Fault, shown
from contest.spec.spec import Spec

MISSING = frozenset({"", "na", "n/a", "#n/a", "<na>", "nan", "nat", "none", "null"})
"""Cells without a value, in any case of letters."""
PADDING = "\0 \t\n\r"
LONGEST_EXTENSION = len(".dicom")
BLANK = frozenset({"", "-1"})
"""Texts of an empty mask in any dialect, see `rlemask.Text`."""


def is_missing_text(text: str) -> bool:
    """Return whether a cell has no value; NULs, of which damaged files consist, are none."""
    return text.strip(PADDING).lower() in MISSING


def is_missing(column: pd.Series) -> pd.Series:
    """Return whether each text has no value, bool."""
    return pd.Series(map(is_missing_text, column), column.index, dtype=bool)


def missing_ids(column: pd.Series, name: str) -> list[Fault]:
    """Return a fault for each blank cell of a column of image ids, or file names, by line."""
    blank = column[column.str.strip(PADDING) == ""]
    return _missing(blank, name, "")


def missing_groups(column: pd.Series, name: str, id_name: str) -> list[Fault]:
    """Return a fault for each cell without a group in a column indexed by line number."""
    return _missing(column, name, f", give it a group of its own, such as its {id_name}")


def missing_masks(table: pd.DataFrame, spec: Spec, *, blank: bool) -> list[Fault]:
    """Return a fault for each mask without a value that the competition does not know as empty.

    Args:
        table: columns image_id and rle (texts), indexed by line number.
        blank: whether all of `BLANK` are empty masks, as in annotations.
    """
    cells = table["rle"].str.strip()
    allowed = BLANK if blank else {spec.empty}
    other = table[(is_missing(cells) | cells.isin(BLANK)) & ~cells.isin(allowed)]
    remedy = f"write {spec.empty}" if spec.empty else "leave it blank"
    return [
        Fault(
            f"line {line}, image {shown(image_id)}: the text is "
            f"{shown(rle.strip()) or 'blank'}, {remedy} for an empty mask",
            str(image_id),
            _line(line),
            kind="blank",
        )
        for line, image_id, rle in zip(other.index, other["image_id"], other["rle"], strict=True)
    ]


def values(column: pd.Series) -> pd.Series:
    """Return the facts of a column, missing values where a cell has none."""
    return column.mask(is_missing(column))


def without_extensions(ids: pd.Series) -> pd.Series:
    """Return image ids without the extensions of image files."""
    return ids.map(lambda text: text.removesuffix(extension(text))).astype(ids.dtype)


def extension(image_id: str) -> str:
    """Return the extension of an image file at the end of an id, "" if it has none."""
    name = imagestack.image_id(image_id) if "." in image_id[-LONGEST_EXTENSION:] else ""
    end = image_id[len(name) :] if name and image_id.startswith(name) else ""
    return end if end.startswith(".") else ""


def one_per_row(faults: Iterable[Fault]) -> list[Fault]:
    """Return the faults by line, of each line the first; those of no line come first."""
    lines: set[int] = set()
    kept = []
    for fault in faults:
        if fault.row is None or fault.row not in lines:
            kept.append(fault)
        if fault.row is not None:
            lines.add(fault.row)
    return sorted(kept, key=lambda fault: fault.row or 0)


def _missing(column: pd.Series, name: str, remedy: str) -> list[Fault]:
    cells = column[is_missing(column)]
    return [
        Fault(f"line {line}: {name} is {_said(text)}{remedy}", row=_line(line), kind="missing")
        for line, text in cells.items()
    ]


def _said(text: str) -> str:
    return f"{shown(text)}, which is no value" if text.strip(PADDING) else "empty"


def _line(label: object) -> int | None:
    return label if isinstance(label, int) else None
