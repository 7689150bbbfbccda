"""The table of facts: known values of each image, such as its depth."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from contest._errors import Fault, TableError, shown
from contest.spec.spec import Spec
from contest.tables.cells import missing_ids, one_per_row, values, without_extensions
from contest.tables.csv_files import read_table


def read_facts(path: str | Path, spec: Spec, ids: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """Return the facts of the images `ids`, and a note on what does not match.

    Args:
        path: a CSV file with the column of image ids and those of `spec.facts`.
        spec: of the competition, with the types of the columns.
        ids: of the images, the index of the table that is returned.

    Returns:
        A column for each of `spec.facts`, float64 or text, with missing values for cells without a
        value (see `contest.tables.cells`) and for images that are not in the file. Rows of other
        images are left out with a note.

    Raises:
        TableError: with all faults: text where a number is needed, an image twice, blank ids.
    """
    names = spec.columns.image_id
    table = read_table(Path(path), [names, *spec.facts], TableError)
    faults = missing_ids(table[names], names)
    table[names] = without_extensions(table[names])
    again = table[table[names].duplicated()]
    faults += [
        Fault(f"line {line}: image {shown(one)} is listed again", one, line, kind="again")
        for line, one in zip(again.index.tolist(), again[names], strict=True)
    ]
    columns = {}
    for name, kind in spec.facts.items():
        cells = values(table[name])
        columns[name], wrong = _numbers(name, cells) if kind == "number" else (cells, [])
        faults += wrong
    if faults:
        raise TableError(path, one_per_row(faults), "correct these rows")
    facts = pd.DataFrame(columns).set_axis(pd.Index(table[names], name="image_id"))
    return facts.reindex(list(ids)), _notes(Path(path), facts.index, ids)


def _numbers(name: str, cells: pd.Series) -> tuple[pd.Series, list[Fault]]:
    found = pd.to_numeric(cells, errors="coerce").astype("float64")
    finite = found.where(found.abs() < float("inf"))
    wrong = cells[finite.isna() & cells.notna()]
    faults = [
        Fault(f"line {line}: {name} is {shown(text)!r}, not a number", row=line, kind=name)
        for line, text in zip(wrong.index.tolist(), wrong, strict=True)
    ]
    return finite, faults


def _notes(path: Path, known: pd.Index, ids: Sequence[str]) -> list[str]:
    wanted = pd.Index(ids)
    missing, others = wanted[~wanted.isin(known)], known[~known.isin(wanted)]
    notes = []
    if len(missing):
        notes.append(
            f"{path.name} lacks {len(missing)} of {len(ids)} images, first "
            f"{shown(missing[0])}: their facts are missing values"
        )
    if len(others):
        notes.append(
            f"{path.name} has {len(others)} images that are not used, first {shown(others[0])}"
        )
    return notes
