"""Reading the annotations and groups of the training images."""

from pathlib import Path

import pandas as pd

import rlemask
from contest._errors import AnnotationError, Fault, shown
from contest.spec.spec import Spec
from contest.tables.cells import (
    missing_groups,
    missing_ids,
    missing_masks,
    one_per_row,
    without_extensions,
)
from contest.tables.csv_files import read_table

REMEDY = "correct these rows"
LOOKED_AT = 300
"""Number of masks of a table whose form is looked at."""


def read_annotations(
    path: str | Path, spec: Spec, *, parse: bool = True, as_written: bool = False
) -> pd.DataFrame:
    """Return the annotations, one row per row of the file, columns image_id and rle (texts).

    An image may have several rows, whose masks are united. Spaces around names and values and the
    extensions of ids are dropped, and a blank cell becomes the competition's text for an empty
    mask; for other cells without a value see `contest.tables.cells`.

    Args:
        parse: check the texts; False if this file was found valid before.
        as_written: keep the extensions of ids, for a comparison with a submission.

    Raises:
        AnnotationError: with all faults of the file.
    """
    table, faults = scan_annotations(path, spec, parse=parse, as_written=as_written)
    if faults:
        form = other_form(table, spec)
        raise AnnotationError(path, faults, f"{form}: write them so" if form else REMEDY)
    return table.reset_index(drop=True)


def scan_annotations(
    path: str | Path, spec: Spec, *, parse: bool = True, as_written: bool = False
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
    faults += missing_ids(table["image_id"], names.image_id)
    if not as_written:
        table["image_id"] = without_extensions(table["image_id"])
    if parse:
        faults += missing_masks(table, spec, blank=True) + rle_faults(table, spec)
    table["rle"] = table["rle"].replace("", spec.empty)
    return table, one_per_row(faults)


def read_groups(path: str | Path, spec: Spec) -> pd.Series:
    """Return the group of every image, text Series "group" indexed by image id.

    Raises:
        AnnotationError: with all faults of the file.
    """
    names = spec.columns
    table = read_table(Path(path), [names.image_id, names.group], AnnotationError)
    table.columns = pd.Index(["image_id", "group"])
    faults = missing_ids(table["image_id"], names.image_id)
    faults += missing_groups(table["group"], names.group, names.image_id)
    table["image_id"] = without_extensions(table["image_id"])
    table = table.drop_duplicates()
    again = table[table["image_id"].duplicated()]
    faults += [
        Fault(f"line {line}: image {shown(image_id)} has a second group", image_id, line)
        for line, image_id in zip(again.index.tolist(), again["image_id"], strict=True)
    ]
    if faults:
        raise AnnotationError(path, one_per_row(faults), REMEDY)
    return table.set_index("image_id")["group"]


def rle_faults(table: pd.DataFrame, spec: Spec) -> list[Fault]:
    """Return the faults of the run-length texts of a table by line number, of each the first."""
    try:
        rlemask.parse_column(table["rle"], spec.shape, spec.dialect)
    except rlemask.RLEError as error:
        lines, ids = table.index, table["image_id"]
        return one_per_row(
            Fault(
                f"line {lines[one.row]}, image {shown(ids.iloc[one.row])}, token {one.token}, "
                f"character {one.position + 1}: {one.message}",
                ids.iloc[one.row],
                int(lines[one.row]),
                kind="rle",
            )
            for one in error.faults
            if one.row is not None
        )
    return []


def other_form(table: pd.DataFrame, spec: Spec) -> str:
    """Return in words in which form the masks of a table are plausible, "" if in the right one.

    The first `LOOKED_AT` masks are looked at, see `rlemask.guess_form`.

    Args:
        table: columns image_id and rle, valid or not.
    """
    texts = [one for one in table["rle"] if isinstance(one, str) and len(one) > len(spec.empty)]
    guess = rlemask.guess_form(texts[:LOOKED_AT], spec.shape, spec.dialect)
    if guess is None:
        return ""
    first = table["image_id"][table["rle"] == texts[guess.row]].iloc[0]
    return (
        f"{guess.texts} of {guess.decided} masks, first of image {shown(first)}, are plausible "
        f"only with {guess.words}; this competition has {_form(spec)}"
    )


def _form(spec: Spec) -> str:
    """Return the form of the competition's masks in words, for the dialects of pairs."""
    rule = rlemask.dialect_of(spec.dialect)
    relative = isinstance(rule, rlemask.Pairs) and rule.relative
    starts = "starts relative to the end of the run before" if relative else "absolute starts"
    lines = "down the columns" if rule.columns else "along the rows"
    return f"{starts}, {lines} of {spec.shape[0]} x {spec.shape[1]} pixels"


def read_names(path: str | Path, file_column: str, id_column: str) -> dict[str, str]:
    """Return the image id of every file name in a table of renamed files.

    Raises:
        AnnotationError: with all faults of the file.
    """
    table = read_table(Path(path), [file_column, id_column], AnnotationError)
    faults = missing_ids(table[file_column], file_column)
    faults += missing_ids(table[id_column], id_column)
    table[id_column] = without_extensions(table[id_column])
    for column in (file_column, id_column):
        again = table[table[column].duplicated()]
        faults += [
            Fault(f"line {line}: {column} {shown(one)} is listed again", row=line)
            for line, one in zip(again.index.tolist(), again[column], strict=True)
        ]
    if faults:
        raise AnnotationError(path, one_per_row(faults), REMEDY)
    return dict(zip(table[file_column], table[id_column], strict=True))
