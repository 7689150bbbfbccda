"""Which blend is used, and how two of them compare."""

import difflib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jobs
from tools.usecases.workplace import Workplace

if TYPE_CHECKING:
    import pandas as pd

    import ensembling

BEST = "best"
Record = dict[str, Any]


class BlendNameError(jobs.UserError):
    """There is no blend of that name, or none may be made under it."""


class Incomparable(jobs.UserError):
    """Two blends were not judged on the same data, or by a version that kept no images."""


def open_blend(place: Workplace, name: str) -> Record:
    """Return the record of a blend; "best" is chosen by `best`, which says why."""
    blends = _blends(place)
    if name == BEST:
        record, why = best(place, list(blends.values()))
        place.say(why)
        return record
    if name not in blends:
        likely = difflib.get_close_matches(name, blends)
        hint = f"did you mean {likely[0]}? " if likely else ""
        known = ", ".join([BEST, *blends])
        raise BlendNameError(f"{name!r} is not a blend: {hint}there are {known}")
    return blends[name]


def best(place: Workplace, records: list[Record]) -> tuple[Record, str]:
    """Return the blend to use, and why it is that one.

    The highest honest score, unless a blend of fewer runs, judged on the same images, is behind
    it by no more than one standard error of the difference (Breiman et al., Classification and
    Regression Trees, 1984): what is chosen among many by a hair is mostly luck.
    """
    top = max(records, key=lambda record: record["score_honest"])
    said = f"{top['blend']} has the best honest score, {top['score_honest']:.4f}"
    for other in sorted(records, key=lambda record: (_size(record), -record["score_honest"])):
        if _size(other) >= _size(top):
            break
        if not _comparable(place, top, other):
            continue
        behind = _compared(place, *(judged_images(place, record) for record in (top, other)))
        if behind.difference <= behind.error:
            return other, (
                f"{said}, but {other['blend']} of {_size(other)} instead of {_size(top)} runs is "
                f"behind it by {behind.difference:.4f} only, standard error {behind.error:.4f}: "
                f"{other['blend']} is used"
            )
    return top, f"{said}: it is used"


def compare(place: Workplace, a: str, b: str) -> Record:
    """Return how blend `a` does beside blend `b` on the images that both were judged on."""
    first, second = open_blend(place, a), open_blend(place, b)
    images = [judged_images(place, record) for record in (first, second)]
    if first["data_digest"] != second["data_digest"]:
        raise Incomparable(
            f"{first['blend']} and {second['blend']} were judged on other images or annotations: "
            "make them again on the same data"
        )
    figures = asdict(_compared(place, *images))
    scores = {f"score_{side}": record["score_honest"]
              for side, record in (("a", first), ("b", second))}  # fmt: skip
    low, high = figures.pop("interval")
    return {
        "a": first["blend"],
        "b": second["blend"],
        **scores,
        "difference": figures.pop("difference"),
        "difference_interval": [low, high],
        **figures,
    }


def judged_images(place: Workplace, record: Record) -> "pd.DataFrame":
    """Return the honest score of every image: fold, score, predicted, indexed by image id.

    Raises:
        Incomparable: the blend was made by a version that kept no such table.
    """
    import pandas as pd

    if not _table_path(place, record).exists():
        raise Incomparable(
            f"the blend {record['blend']} has no table of its images: make it again, "
            f"`tools blend {' '.join(record['runs'])} --name {record['blend']}`"
        )
    return pd.read_parquet(_table_path(place, record))


def _blends(place: Workplace) -> dict[str, Record]:
    read = {path.stem: jobs.read_json(path) for path in sorted(place.paths.blends.glob("*.json"))}
    blends: dict[str, Record] = {
        stem: record for stem, record in read.items() if record["competition"] == place.spec.name
    }
    if not blends:
        raise BlendNameError(f"there is no blend in {place.paths.blends}: make one, `tools blend`")
    return blends


def _size(record: Record) -> int:
    return len(record["runs"])


def _comparable(place: Workplace, a: Record, b: Record) -> bool:
    known = all(_table_path(place, record).exists() for record in (a, b))
    return known and a["data_digest"] == b["data_digest"]


def _compared(place: Workplace, a: "pd.DataFrame", b: "pd.DataFrame") -> "ensembling.Comparison":
    import ensembling

    return ensembling.compare(a, b, place.dataset.groups)


def _table_path(place: Workplace, record: Record) -> Path:
    return place.paths.blends / f"{record['blend']}.parquet"
