"""`tools submissions` and `tools score`: the ledger, one submission, two compared, one scored."""

from pathlib import Path
from typing import Any

import numpy as np

import contest
import crossval
import jobs
import kagglegate
from tools.usecases import submission_files
from tools.usecases.workplace import Workplace

MOST_CHANGED = 10
"""Number of images that `diff` lists."""

Result = dict[str, Any]


def submissions(place: Workplace, *, poll: bool = False) -> Result:
    """Return the ledger, one row per submission; with `poll`, after an update from Kaggle."""
    ledger = kagglegate.Ledger(place.paths.ledger)
    if poll:
        kagglegate.refresh(kagglegate.Client(), ledger, report=place.report)
    rows = [_row(entry) for entry in ledger.entries() if entry.slug == place.spec.slug]
    return {
        "submissions": rows,
        "rank_correlation": crossval.rank_correlations(rows),
        "warnings": crossval.contradictions(rows),
    }


def show(place: Workplace, name: str) -> Result:
    """Return one submission: its row, blend, file and events."""
    one = submission_files.find(place, name)
    blend_path = one.path.with_name("blend.json")
    blend = jobs.read_json(blend_path) if blend_path.exists() else {}
    kept = ("runs", "weights", "rule", "thresholds", "score_in_sample")
    about = {name: blend[name] for name in kept if name in blend}
    if one.entry is None:
        scores = {name: blend.get(name) for name in ("blend", "score_honest", "interval")}
        return {"id": None, **scores, "status": "not submitted", "path": str(one.path), **about}
    events = kagglegate.Ledger(place.paths.ledger).events(one.entry.id)
    return {
        **_row(one.entry),
        "message": one.entry.message,
        "updated": one.entry.updated,
        "path": str(one.path),
        "file_is": submission_files.state(one),
        **about,
        "events": [_event(event) for event in events],
    }


def diff(place: Workplace, a: str, b: str) -> Result:
    """Return how many images and pixels differ between two submissions.

    `gained` and `lost` count images that have a mask only in b, or only in a.
    """
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
    return {
        "a": first.name,
        "b": second.name,
        "images": len(ids),
        "changed_images": len(changed),
        "gained": int(((pixels[:, 0] == 0) & (pixels[:, 1] > 0)).sum()),
        "lost": int(((pixels[:, 0] > 0) & (pixels[:, 1] == 0)).sum()),
        "pixels_a": int(pixels[:, 0].sum()),
        "pixels_b": int(pixels[:, 1].sum()),
        "changed_pixels": int(pixels[:, 2].sum()),
        "most_changed": [
            {"image": ids[k]} | dict(zip(("a", "b", "changed"), pixels[k].tolist(), strict=True))
            for k in most
        ],
    }


def score(place: Workplace, submission: Path, truth: Path) -> Result:
    """Return the competition metric of a submission file against a truth file."""
    result = contest.score(place.spec, submission, truth)
    shown = ("score", "positive_score", "negative_accuracy", "images")
    return {name: getattr(result, name) for name in shown}


def _row(entry: kagglegate.Entry) -> Result:
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


def _event(event: dict[str, Any]) -> Result:
    told = {
        key: value for key, value in event.items() if key not in ("event", "id", "time", "extra")
    }
    return {"time": event["time"], "event": event["event"], "told": told}
