"""Reading the annotations and groups of the training images."""

from pathlib import Path

import pandas as pd

import rlemask
from contest._errors import AnnotationError, Fault, shown
from contest.spec.spec import Spec
from contest.tables.csv_files import read_table


def read_annotations(path: str | Path, spec: Spec, *, parse: bool = True) -> pd.DataFrame:
    """Return the annotations, one row per row of the file, columns image_id and rle (texts).

    An image may have several rows, whose masks are united. Spaces around names and values are
    dropped, and an empty cell becomes the competition's text for an empty mask.

    Args:
        parse: check the texts; False if this file was found valid before.

    Raises:
        AnnotationError: with all faults of the file.
    """
    table, faults = scan_annotations(path, spec, parse=parse)
    if faults:
        raise AnnotationError(path, faults, "correct these rows")
    return table.reset_index(drop=True)


def scan_annotations(
    path: str | Path, spec: Spec, *, parse: bool = True
) -> tuple[pd.DataFrame, list[Fault]]:
    """Return all rows of the annotations, faulty or not, and the faults in the order of the lines.

    Columns and arguments as in `read_annotations`; the index is the line of the file.

    Raises:
        AnnotationError: the file is not such a table.
    """
    names = spec.columns
    table = read_table(Path(path), [names.image_id, names.rle], AnnotationError)
    table.columns = pd.Index(["image_id", "rle"])
    faults = [] if len(table) else [Fault("it lists no image")]
    faults += blank_cells(table["image_id"], names.image_id)
    faults += rle_faults(table, spec) if parse else []
    table["rle"] = table["rle"].replace("", spec.empty)
    return table, sorted(faults, key=lambda fault: fault.row or 0)


def read_groups(path: str | Path, spec: Spec) -> pd.Series:
    """Return the group of every image, text Series "group" indexed by image id.

    Raises:
        AnnotationError: with all faults of the file.
    """
    names = spec.columns
    table = read_table(Path(path), [names.image_id, names.group], AnnotationError)
    table.columns = pd.Index(["image_id", "group"])
    faults = blank_cells(table["image_id"], names.image_id)
    faults += blank_cells(table["group"], names.group)
    table = table.drop_duplicates()
    again = table[table["image_id"].duplicated() & (table["image_id"] != "")]
    faults += [
        Fault(f"line {line}: image {shown(image_id)} has a second group", image_id, line)
        for line, image_id in zip(again.index.tolist(), again["image_id"], strict=True)
    ]
    if faults:
        raise AnnotationError(path, faults, "correct these rows")
    return table.set_index("image_id")["group"]


def rle_faults(table: pd.DataFrame, spec: Spec) -> list[Fault]:
    """Return the faults of the run-length texts of a table indexed by line number."""
    try:
        rlemask.parse_column(table["rle"], spec.shape, spec.dialect)
    except rlemask.RLEError as error:
        lines, ids = table.index, table["image_id"]
        return [
            Fault(
                f"line {lines[one.row]}, image {shown(ids.iloc[one.row])}, token {one.token}, "
                f"character {one.position + 1}: {one.message}",
                ids.iloc[one.row],
                int(lines[one.row]),
                kind="rle",
            )
            for one in error.faults
            if one.row is not None
        ]
    return []


def blank_cells(column: pd.Series, name: str) -> list[Fault]:
    """Return a fault for each empty cell of a column indexed by line number."""
    lines = column.index[column == ""]
    return [Fault(f"line {line}: {name} is empty", row=int(line)) for line in lines]


def read_names(path: str | Path, file_column: str, id_column: str) -> dict[str, str]:
    """Return the image id of every file name in a table of renamed files.

    Raises:
        AnnotationError: with all faults of the file.
    """
    table = read_table(Path(path), [file_column, id_column], AnnotationError)
    faults = blank_cells(table[file_column], file_column)
    faults += blank_cells(table[id_column], id_column)
    for column in (file_column, id_column):
        again = table[table[column].duplicated() & (table[column] != "")]
        faults += [
            Fault(f"line {line}: {column} {shown(one)} is listed again", row=line)
            for line, one in zip(again.index.tolist(), again[column], strict=True)
        ]
    if faults:
        raise AnnotationError(path, faults, "correct these rows")
    return dict(zip(table[file_column], table[id_column], strict=True))
