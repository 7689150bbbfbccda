"""From runs to a judged blend and the test masks it gives."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jobs

from tools.pipeline.workplace import Workplace

if TYPE_CHECKING:
    import contest
    import crossval
    import ensembling
    import pandas as pd

BEST = "best"


class BlendNameError(jobs.UserError):
    """There is no blend of that name, or none may be made under it."""


def blend(place: Workplace, names: Sequence[str], name: str) -> dict[str, Any]:
    """Fit and judge a blend of runs (all complete runs if none is named)."""
    import crossval

    if name == BEST:
        raise BlendNameError(f"{BEST!r} stands for the best blend: choose another --name")
    runs = [crossval.open_run(place.paths.runs, run) for run in names]
    runs = runs or _all_runs(place)
    fitted = fit(place, runs)
    record = {
        **fitted.as_dict(),
        "blend": name,
        "runs": [run.name for run in runs],
        "folds_digest": runs[0].folds_digest,
        "data_digest": runs[0].config["data_digest"],
    }
    jobs.write_json(place.paths.blends / f"{name}.json", record)
    return record


def fit(place: Workplace, runs: Sequence["crossval.Run"]) -> "ensembling.Blend":
    """Fit the blend of complete runs on their out-of-fold predictions."""
    import ensembling

    dataset = place.dataset
    return ensembling.fit(
        [oof_member(run) for run in runs],
        {image_id: list(rows) for image_id, rows in dataset.rles.items()},
        runs[0].folds,
        dataset.patients,
        shape=place.spec.shape,
        dialect=place.spec.dialect,
        report=place.report,
    )


def judge_run(place: Workplace, run: "crossval.Run", oof: "pd.DataFrame") -> dict[str, Any]:
    """Return the honest score of a run submitted alone (a one-member blend)."""
    import ensembling

    dataset = place.dataset
    member = ensembling.Member(run.name, oof["p"], run.maps("oof"), run.folds_digest)
    fitted = ensembling.fit(
        [member],
        {image_id: list(rows) for image_id, rows in dataset.rles.items()},
        oof["fold"],
        dataset.patients,
        shape=place.spec.shape,
        dialect=place.spec.dialect,
        report=place.report,
    )
    return {
        "score": fitted.score_honest,
        "score_interval": list(fitted.interval),
        "score_in_sample": fitted.score_in_sample,
        "score_empty": 1 - float(dataset.labels.mean()),
    }


def oof_member(run: "crossval.Run") -> "ensembling.Member":
    """Return the out-of-fold predictions of a run as a member of a blend."""
    import ensembling

    return ensembling.Member(run.name, run.oof()["p"], run.maps("oof"), run.folds_digest)


def test_member(run: "crossval.Run", ids: Sequence[str]) -> "ensembling.Member":
    """Return the test predictions of a run as a member of a blend."""
    import ensembling

    table = run.test()
    if table is None or not set(ids) <= set(table.index):
        raise BlendNameError(
            f"run {run.name} has no predictions of these test images: "
            f"run `tools predict {run.name}` first"
        )
    return ensembling.Member(run.name, table["p"], run.maps("test"), run.folds_digest)


def open_blend(place: Workplace, name: str) -> dict[str, Any]:
    """Return the record of a blend; "best" is the one with the best honest score."""
    blends = {
        path.stem: dict(jobs.read_json(path)) for path in sorted(place.paths.blends.glob("*.json"))
    }
    if not blends:
        raise BlendNameError(f"there is no blend in {place.paths.blends}: make one, `tools blend`")
    if name == BEST:
        return max(blends.values(), key=lambda record: record["score_honest"])
    if name not in blends:
        likely = difflib.get_close_matches(name, blends)
        hint = f"did you mean {likely[0]}? " if likely else ""
        known = ", ".join([BEST, *blends])
        raise BlendNameError(f"{name!r} is not a blend: {hint}there are {known}")
    return blends[name]


def test_masks(place: Workplace, record: dict[str, Any]) -> "pd.Series":
    """Return the RLE of every sample image as the blend predicts it, in the sample's order."""
    import crossval
    import ensembling

    dataset = place.dataset
    ids = list(dataset.test.index)
    runs = [crossval.open_run(place.paths.runs, name) for name in record["runs"]]
    predicted = ensembling.apply(
        ensembling.Blend.from_dict(record),
        [test_member(run, ids) for run in runs],
        ids,
        shape=place.spec.shape,
        dialect=place.spec.dialect,
        report=place.report,
    )
    # Test images that the audit accepted as unreadable get the empty mask.
    return predicted.reindex(list(dataset.sample_ids)).fillna(place.spec.empty)


def score(place: Workplace, submission: Path, truth: Path) -> dict[str, Any]:
    """Return the competition metric of a submission file against a truth file."""
    import contest

    result: contest.Score = contest.score(place.spec, submission, truth)
    return {
        "score": result.score,
        "positive_dice": result.positive_dice,
        "negative_accuracy": result.negative_accuracy,
        "images": result.images,
    }


def _all_runs(place: Workplace) -> list["crossval.Run"]:
    import crossval

    runs = crossval.list_runs(place.paths.runs)
    if not runs:
        raise BlendNameError(f"there is no complete run in {place.paths.runs}: `tools cv` makes one")
    return runs
