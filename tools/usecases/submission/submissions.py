"""`tools submissions`: the ledger, one submission, two compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import crossval
import jobs
import kagglegate
import reporting
from tools.usecases.context.workplace import Workplace
from tools.usecases.submission import submission_files

MOST_CHANGED = 10
"""Number of images that `diff` lists."""


@dataclass(frozen=True)
class Details:
    """One submission.

    Attributes:
        row: id, blend, scores and status, as in the ledger.
        path: the file.
        blend: what was fitted: runs, weights, rule, thresholds, score_in_sample.
        history: message, updated, file_is and events; empty if it was not submitted.
    """

    row: Mapping[str, Any]
    path: Path
    blend: Mapping[str, Any]
    history: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return {**self.row, "path": self.path, **self.blend, **self.history}


@dataclass(frozen=True)
class Changed:
    """Pixels of the mask of one image in submissions a and b, and pixels that differ."""

    image: str
    a: int
    b: int
    changed: int


@dataclass(frozen=True)
class Difference:
    """How many images and pixels differ between submissions a and b.

    `gained` and `lost` count images that have a mask only in b, or only in a.
    """

    a: str
    b: str
    images: int
    changed_images: int
    gained: int
    lost: int
    pixels_a: int
    pixels_b: int
    changed_pixels: int
    most_changed: Sequence[Changed]


def submissions(place: Workplace, *, poll: bool = False) -> reporting.Leaderboard:
    """Return the ledger, one row per submission; with `poll`, after an update from Kaggle."""
    ledger = kagglegate.Ledger(place.paths.ledger)
    if poll:
        kagglegate.refresh(kagglegate.Client(), ledger, report=place.report)
    rows = [_row(entry) for entry in ledger.entries() if entry.slug == place.spec.slug]
    return reporting.Leaderboard(
        rows, crossval.rank_correlations(rows), crossval.contradictions(rows)
    )


def show(place: Workplace, name: str) -> Details:
    """Return one submission: its row, blend, file and events."""
    one = submission_files.find(place, name)
    blend_path = one.path.with_name("blend.json")
    blend = jobs.read_json(blend_path) if blend_path.exists() else {}
    kept = ("runs", "weights", "rule", "thresholds", "score_in_sample")
    about = {name: blend[name] for name in kept if name in blend}
    if one.entry is None:
        scores = {name: blend.get(name) for name in ("blend", "score_honest", "interval")}
        return Details({"id": None, **scores, "status": "not submitted"}, one.path, about, {})
    events = kagglegate.Ledger(place.paths.ledger).events(one.entry.id)
    history = {
        "message": one.entry.message,
        "updated": one.entry.updated,
        "file_is": submission_files.state(one),
        "events": [_event(event) for event in events],
    }
    return Details(_row(one.entry), one.path, about, history)


def diff(place: Workplace, a: str, b: str) -> Difference:
    """Compare the masks of two submissions."""
    first, second = submission_files.find(place, a), submission_files.find(place, b)
    ours, theirs = (submission_files.masks(place, one) for one in (first, second))
    if ours.keys() != theirs.keys():
        raise submission_files.Incomparable(
            f"{first.path} and {second.path} have different images: give others"
        )
    ids = list(ours)
    pairs = [(ours[image_id], theirs[image_id]) for image_id in ids]
    pixels = np.array([(x.area, y.area, (x ^ y).area) for x, y in pairs], np.int64)
    changed: list[int] = np.flatnonzero(pixels[:, 2]).tolist()
    most = sorted(changed, key=lambda number: -pixels[number, 2])[:MOST_CHANGED]
    in_a, in_b, different = pixels.sum(axis=0).tolist()
    return Difference(
        a=first.name,
        b=second.name,
        images=len(ids),
        changed_images=len(changed),
        gained=int(((pixels[:, 0] == 0) & (pixels[:, 1] > 0)).sum()),
        lost=int(((pixels[:, 0] > 0) & (pixels[:, 1] == 0)).sum()),
        pixels_a=in_a,
        pixels_b=in_b,
        changed_pixels=different,
        most_changed=[Changed(ids[k], *pixels[k].tolist()) for k in most],
    )


def _row(entry: kagglegate.Entry) -> dict[str, Any]:
    """Return the row of one submission, with its scores by CV and on the leaderboard."""
    row = {
        "created": entry.created,
        "blend": entry.extra.get("blend"),
        "score_honest": entry.extra.get("score_honest"),
        "interval": entry.extra.get("interval"),
        "public_score": entry.public_score,
        "private_score": entry.private_score,
        "status": entry.state,
        "ref": entry.ref,
        "file": entry.file,
        "error": entry.error,
    }
    differences = {f"{board}_minus_cv": crossval.minus_cv(row, board) for board in crossval.BOARDS}
    return {"id": entry.id, **row, **differences}


def _event(event: dict[str, Any]) -> dict[str, Any]:
    told = {
        key: value for key, value in event.items() if key not in ("event", "id", "time", "extra")
    }
    return {"time": event["time"], "event": event["event"], "told": told}
