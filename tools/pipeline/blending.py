"""From runs to a judged blend and the test masks it gives."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jobs
from tools.pipeline.workplace import Workplace

if TYPE_CHECKING:
    import pandas as pd

    import crossval
    import ensembling

BEST = "best"


class BlendNameError(jobs.UserError):
    """There is no blend of that name, or none may be made under it."""


class OtherData(jobs.UserError):
    """The runs were made with other data than these."""


def blend(place: Workplace, names: Sequence[str], name: str) -> dict[str, Any]:
    """Fit and judge a blend of runs (all complete runs if none is named)."""
    import crossval

    if name == BEST or Path(name).name != name:
        raise BlendNameError(f"{name!r} cannot be the name of a blend: choose another --name")
    runs = [crossval.open_run(place.paths.runs, run) for run in dict.fromkeys(names)]
    runs = runs or _all_runs(place)
    _check_data(place, runs)
    fitted = fit(place, [oof_member(run, run.oof()) for run in runs], runs[0].folds)
    record = {
        **fitted.as_dict(),
        "blend": name,
        "runs": [run.name for run in runs],
        "competition": place.spec.name,
        "folds_digest": runs[0].folds_digest,
        "data_digest": runs[0].config["data_digest"],
    }
    jobs.write_json(place.paths.blends / f"{name}.json", record)
    return record


def fit(
    place: Workplace, members: Sequence["ensembling.Member"], folds: "pd.Series"
) -> "ensembling.Blend":
    """Fit and judge a blend of out-of-fold predictions."""
    import ensembling

    dataset = place.dataset
    return ensembling.fit(
        members,
        {image_id: list(rows) for image_id, rows in dataset.rles.items()},
        folds,
        dataset.patients,
        shape=place.spec.shape,
        dialect=place.spec.dialect,
        report=place.report,
    )


def judge_run(place: Workplace, run: "crossval.Run", oof: "pd.DataFrame") -> dict[str, Any]:
    """Return the honest score of a run submitted alone (a one-member blend)."""
    fitted = fit(place, [oof_member(run, oof)], oof["fold"])
    return {
        "score": fitted.score_honest,
        "score_interval": list(fitted.interval),
        "score_in_sample": fitted.score_in_sample,
        "score_empty": fitted.score_empty,
    }


def oof_member(run: "crossval.Run", oof: "pd.DataFrame") -> "ensembling.Member":
    """Return the out-of-fold predictions of a run as a member of a blend."""
    import ensembling

    return ensembling.Member(run.name, oof["p"], run.maps("oof"), run.folds_digest)


def test_member(place: Workplace, run: "crossval.Run") -> "ensembling.Member":
    """Return the test predictions of a run as a member of a blend; predicts what is missing."""
    import crossval
    import ensembling
    from tools.pipeline import training

    key = crossval.test_key(place.dataset.test["digest"])
    if run.test(key) is None:
        training.predict(place, run.name)
    table = run.test(key)
    assert table is not None, "the images were predicted just now"
    return ensembling.Member(run.name, table["p"], run.maps("test"), run.folds_digest)


def open_blend(place: Workplace, name: str) -> dict[str, Any]:
    """Return the record of a blend; "best" is the one with the best honest score."""
    read = {path.stem: jobs.read_json(path) for path in sorted(place.paths.blends.glob("*.json"))}
    blends: dict[str, dict[str, Any]] = {
        stem: record for stem, record in read.items() if record["competition"] == place.spec.name
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
        [test_member(place, run) for run in runs],
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

    every = crossval.list_runs(place.paths.runs)
    runs = [run for run in every if run.config["competition"] == place.spec.name]
    if not runs:
        raise BlendNameError(
            f"there is no complete run in {place.paths.runs}: `tools cv` makes one"
        )
    return runs


def _check_data(place: Workplace, runs: Sequence["crossval.Run"]) -> None:
    """Refuse runs of other images or annotations than those that judge the blend."""
    from tools.pipeline import training

    now = training.data_digest(place)
    other = [run.name for run in runs if run.config["data_digest"] != now]
    if other:
        raise OtherData(
            f"{', '.join(other)} learned from other images or annotations than {place.data} holds "
            "now: name the data they were made with, or repeat their cv"
        )
