"""The submission file: read, check, write."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

import jobs
from contest._errors import Fault, SubmissionError, shown
from contest.spec.spec import Spec
from contest.tables.annotations import rle_faults
from contest.tables.csv_files import read_table

COLUMNS = ["image_id", "rle"]
EMPTY = frozenset({"", "-1"})
"""Texts of an empty mask in any dialect, see `rlemask.Text`."""


def read_submission(path: str | Path, spec: Spec) -> pd.DataFrame:
    """Return an unchecked submission, columns image_id and rle (texts), indexed by line.

    The content is checked by `check`.

    Raises:
        SubmissionError: the file is not a CSV file or lacks a column.
    """
    names = spec.columns
    table = read_table(Path(path), [names.image_id, names.rle], SubmissionError)
    return table.set_axis(COLUMNS, axis=1)


def read_sample(path: str | Path, spec: Spec) -> list[str]:
    """Return the image ids that a submission must list, in order.

    Raises:
        SubmissionError: not a CSV file, no ids, empty or duplicate ids.
    """
    ids, faults = scan_sample(path, spec)
    if faults:
        raise SubmissionError(path, faults, "give the competition's sample submission")
    return list(ids)


def scan_sample(path: str | Path, spec: Spec) -> tuple[pd.Series, list[Fault]]:
    """Return the ids of a sample submission, indexed by line, and its faults.

    Raises:
        SubmissionError: the file is not such a table.
    """
    table = read_table(Path(path), [spec.columns.image_id], SubmissionError)
    ids = table[spec.columns.image_id].rename("image_id")
    faults = [] if len(ids) else [Fault("it lists no image")]
    faults += [
        replace(fault, row=int(ids.index[ids == fault.image_id][1])) for fault in _doubled(ids)
    ]
    if (ids == "").any():
        faults.append(Fault(f"{(ids == '').sum()} rows have no {spec.columns.image_id}"))
    return ids, faults


def check(
    submission: pd.DataFrame,
    sample_ids: Sequence[str],
    spec: Spec,
    *,
    expected_positive_share: float | None = None,
) -> list[Fault]:
    """Return all faults of a submission, errors and warnings.

    Each sample image must have exactly one row. Warnings: an order that differs from the
    sample's (Kaggle matches rows by id), and an unexpected share of predicted masks.

    Args:
        submission: columns image_id and rle, see `read_submission`.
        sample_ids: required ids, in order.
        expected_positive_share: of images with a predicted mask; None skips this check.
    """
    absent = [name for name in COLUMNS if name not in submission.columns]
    if absent:
        found = ", ".join(str(name) for name in submission.columns)
        return [Fault(f"no column {name} (found: {found})") for name in absent]
    ids = list(submission["image_id"])
    faults = _id_faults(ids, list(sample_ids)) + _cell_faults(submission, spec)
    if not faults:
        faults += _order_faults(ids, list(sample_ids))
        faults += _share_faults(submission["rle"], spec, expected_positive_share)
    return faults


def write_submission(
    rles: pd.Series,
    sample_ids: Sequence[str],
    spec: Spec,
    path: str | Path,
    *,
    expected_positive_share: float | None = None,
) -> list[Fault]:
    """Check a submission and write it atomically; return the warnings.

    Args:
        rles: run-length text of every sample image, indexed by image id in any order.
        sample_ids: ids in the order to write.
        expected_positive_share: see `check`.

    Raises:
        SubmissionError: with all faults of error level; nothing is written.
    """
    table = pd.DataFrame({"image_id": rles.index, "rle": rles.to_numpy()})
    if set(sample_ids) == set(table["image_id"]) and rles.index.is_unique:
        table = table.set_index("image_id").loc[list(sample_ids)].reset_index()
    table.index = pd.RangeIndex(2, len(table) + 2)  # the lines they will have in the file
    faults = check(table, sample_ids, spec, expected_positive_share=expected_positive_share)
    errors = [fault for fault in faults if fault.level == "error"]
    if errors:
        raise SubmissionError(path, errors, "nothing was written; correct the predictions")
    names = {"image_id": spec.columns.image_id, "rle": spec.columns.rle}
    with jobs.writing(path) as temporary:
        table.rename(columns=names).to_csv(temporary, index=False, lineterminator="\n")
        assert read_submission(temporary, spec).equals(table.astype(str)), (
            "the written file differs"
        )
    return faults


def _id_faults(ids: list[str], sample_ids: list[str]) -> list[Fault]:
    faults = []
    if len(ids) != len(sample_ids):
        faults.append(Fault(f"{len(ids)} rows, but the sample has {len(sample_ids)}", kind="count"))
    given, wanted = set(ids), set(sample_ids)
    faults += _doubled(ids)
    faults += _listed("missing", [one for one in sample_ids if one not in given])
    faults += _listed("not in the sample", [one for one in dict.fromkeys(ids) if one not in wanted])
    return faults


def _doubled(ids: Iterable[str]) -> list[Fault]:
    again = [one for one, count in Counter(ids).items() if count > 1 and one != ""]
    return _listed("listed more than once", again)


def _listed(what: str, ids: list[str]) -> list[Fault]:
    return [Fault(f"image {shown(one)} is {what}", str(one), kind=what) for one in ids]


def _cell_faults(submission: pd.DataFrame, spec: Spec) -> list[Fault]:
    """Return the faults of cells without text and of texts that are not masks."""
    rles = submission["rle"]
    texts = rles.map(lambda cell: isinstance(cell, str))
    faults = [
        Fault(
            f"line {line}, image {shown(row.image_id)}: {row.rle!r} is not a text",
            str(row.image_id),
            kind="no text",
        )
        for line, row in submission[~texts].iterrows()
    ]
    sound = submission[texts]
    return faults + _empty_faults(sound, spec) + rle_faults(sound, spec)


def _empty_faults(sound: pd.DataFrame, spec: Spec) -> list[Fault]:
    """Return the faults of texts that are an empty mask to readers, but not to the competition."""
    cells = sound["rle"].str.strip()
    other = sound[cells.isin(EMPTY - {spec.empty})]
    remedy = f"write {spec.empty}" if spec.empty else "leave it blank"
    return [
        Fault(
            f"line {line}, image {shown(row.image_id)}: the text is "
            f"{row.rle.strip() or 'blank'}, {remedy}",
            str(row.image_id),
            kind="blank",
        )
        for line, row in other.iterrows()
    ]


def _order_faults(ids: list[str], sample_ids: list[str]) -> list[Fault]:
    if ids == sample_ids:
        return []
    return [Fault("the rows are not in the order of the sample", level="warning")]


def _share_faults(rles: pd.Series, spec: Spec, expected: float | None) -> list[Fault]:
    share = float((rles.str.strip() != spec.empty).mean())
    if expected is None or abs(share - expected) <= spec.positive_share_tolerance:
        return []
    message = f"{share:.1%} of the images get a mask, but {expected:.1%} were expected"
    return [Fault(message, level="warning")]
