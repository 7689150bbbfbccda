"""The submission file: read, check, write."""

from collections import Counter
from collections.abc import Sequence, Set
from pathlib import Path

import pandas as pd

import jobs
from contest._errors import Fault, SubmissionError, shown
from contest.spec.spec import Spec
from contest.tables.annotations import other_form, rle_faults
from contest.tables.cells import extension, is_missing_text, missing_ids, missing_masks, one_per_row
from contest.tables.csv_files import read_table

COLUMNS = ["image_id", "rle"]


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
    faults += missing_ids(ids, spec.columns.image_id)
    again = ids[ids.duplicated()]
    faults += [
        Fault(f"image {shown(one)} is listed more than once", one, line, kind="again")
        for line, one in zip(again.index.tolist(), again, strict=True)
    ]
    return ids, one_per_row(faults)


def other_extensions(ids: Set[str], others: Set[str], where: str) -> str:
    """Return in words that `ids` differ from all those of `where` by extensions, "" if not."""
    mine, theirs = (
        ", ".join(sorted({extension(str(one)) for one in some} - {""})) for some in (ids, others)
    )
    if mine == theirs or ids & others:
        return ""
    return (
        f"the ids end with {mine or 'no extension'}, those of {where} with {theirs or 'none'}: "
        "write them like these"
    )


def check(
    submission: pd.DataFrame,
    sample_ids: Sequence[str],
    spec: Spec,
    *,
    expected_positive_share: float | None = None,
) -> list[Fault]:
    """Return all faults of a submission, errors and warnings.

    Each sample image must have exactly one row, with its id as the sample has it. Warnings: an
    order that differs from the sample's (Kaggle matches rows by id), and an unexpected share of
    predicted masks.

    Args:
        submission: columns image_id and rle, see `read_submission`.
        sample_ids: required ids, in order.
        expected_positive_share: of images with a predicted mask; None skips this check.
    """
    absent = [name for name in COLUMNS if name not in submission.columns]
    if absent:
        found = ", ".join(str(name) for name in submission.columns)
        return [Fault(f"no column {name} (found: {found})") for name in absent]
    if not len(submission):
        return [Fault(f"it has no rows, but the sample has {len(sample_ids)}", kind="count")]
    ids = list(submission["image_id"])
    faults = _id_faults(ids, list(sample_ids)) + _cell_faults(submission, spec)
    if not faults:
        faults += _order_faults(ids, list(sample_ids))
        faults += _share_faults(submission["rle"], spec, expected_positive_share)
    if form := other_form(submission, spec):
        faults.append(Fault(form, level="warning", kind="form"))
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
    """Return the faults of the ids as a whole; those without an id are faults of their cells."""
    faults = []
    if len(ids) != len(sample_ids):
        faults.append(Fault(f"{len(ids)} rows, but the sample has {len(sample_ids)}", kind="count"))
    given, wanted = set(ids), set(sample_ids)
    if said := other_extensions(given, wanted, "the sample"):
        return [*faults, Fault(said, kind="ids")]
    again = [one for one, count in Counter(ids).items() if count > 1]
    faults += _listed("listed more than once", again)
    faults += _listed("missing", [one for one in sample_ids if one not in given])
    faults += _listed("not in the sample", [one for one in dict.fromkeys(ids) if one not in wanted])
    return faults


def _listed(what: str, ids: list[str]) -> list[Fault]:
    said = [one for one in ids if not is_missing_text(str(one))]
    return [Fault(f"image {shown(one)} is {what}", str(one), kind=what) for one in said]


def _cell_faults(submission: pd.DataFrame, spec: Spec) -> list[Fault]:
    """Return the first fault of each row: no id, no text, or a text that is not a mask."""
    texts = pd.Series([isinstance(cell, str) for cell in submission["rle"]], submission.index)
    faults = [
        Fault(
            f"line {line}, image {shown(row.image_id)}: {row.rle!r} is not a text",
            str(row.image_id),
            kind="no text",
        )
        for line, row in submission[~texts].iterrows()
    ]
    sound = submission[texts]
    ids = sound["image_id"].astype(str)
    faults += missing_ids(ids, spec.columns.image_id) + missing_masks(sound, spec, blank=False)
    return one_per_row(faults + rle_faults(sound, spec))


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
