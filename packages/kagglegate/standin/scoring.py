"""Public and private scores of submissions to a stand-in."""

import csv
import random
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

Metric = Callable[[Path, Path], float]
Score = Callable[[Path], tuple[float, float]]


def split_ids(ids: Iterable[str], public_share: float, seed: int) -> tuple[set[str], set[str]]:
    """Return the ids of the public and private part, independent of the order of `ids`."""
    if not 0 < public_share < 1:
        raise ValueError(f"public_share must be between 0 and 1, not {public_share}")
    order = sorted(set(ids))
    random.Random(seed).shuffle(order)
    count = min(max(1, round(public_share * len(order))), max(1, len(order) - 1))
    return set(order[:count]), set(order[count:])


def scorer(truth: str | Path, metric: Metric, *, public_share: float = 0.3, seed: int = 0) -> Score:
    """Return a function that computes the public and private score of a submission file.

    Args:
        truth: CSV with a header; the first column is the image id, which may occur in several
            rows.
        metric: called as ``metric(submission, truth)`` with two CSV files that hold the ids of
            one part. A ValueError becomes the error of the submission.
        public_share: share of the ids in the public part, between 0 and 1.
        seed: of the random split.
    """
    header, rows = _read(Path(truth))
    parts = split_ids((row[0] for row in rows), public_share, seed)

    def score(submission: Path) -> tuple[float, float]:
        head, given = _read(submission)
        expected, got = set().union(*parts), {row[0] for row in given}
        if expected != got:
            raise ValueError(
                f"submission has {len(expected - got)} missing and {len(got - expected)} unknown "
                "ids"
            )
        with tempfile.TemporaryDirectory() as folder:
            values = []
            for number, ids in enumerate(parts):
                ours, theirs = Path(folder) / f"s{number}.csv", Path(folder) / f"t{number}.csv"
                _write(ours, head, [row for row in given if row[0] in ids])
                _write(theirs, header, [row for row in rows if row[0] in ids])
                values.append(float(metric(ours, theirs)))
        return values[0], values[1]

    return score


def _read(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            header, *rows = [row for row in csv.reader(file) if row]
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{path.name} is not a CSV file with a header ({error})") from None
    return header, [[row[0].strip(), *row[1:]] for row in rows]


def _write(path: Path, header: list[str], rows: list[list[str]]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
