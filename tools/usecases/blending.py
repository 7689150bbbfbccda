"""From runs to a judged blend and the test masks it gives."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jobs
from tools.usecases import blend_page
from tools.usecases.workplace import Workplace

if TYPE_CHECKING:
    import pandas as pd

    import crossval
    import ensembling
    import rlemask


class OtherData(jobs.UserError):
    """The runs were made with other data than these."""


def blend(place: Workplace, names: Sequence[str], name: str) -> dict[str, Any]:
    """Fit and judge a blend of runs (all complete runs if none is named)."""
    import crossval
    from tools.usecases.blend_store import BEST, BlendNameError

    if name == BEST or Path(name).name != name:
        raise BlendNameError(f"{name!r} cannot be the name of a blend: choose another --name")
    runs = [crossval.open_run(place.paths.runs, run) for run in dict.fromkeys(names)]
    record, images = judge(place, runs or _all_runs(place), name)
    with jobs.writing(place.paths.blends / f"{name}.parquet") as temporary:
        images.to_parquet(temporary)
    picture = place.paths.blends / f"{name}.png"
    blend_page.draw(record, picture)
    jobs.write_json(place.paths.blends / f"{name}.json", record)
    return blend_page.BlendPage({**record, "picture": str(picture)})


def judge(
    place: Workplace, runs: Sequence["crossval.Run"], name: str
) -> tuple[dict[str, Any], "pd.DataFrame"]:
    """Return the record of a blend of runs, and what each image scored; writes nothing."""
    check_data(place, runs)
    fitted, images = fit(place, [oof_member(run, run.oof()) for run in runs], runs[0].folds)
    record = {
        **fitted.as_dict(),
        "subgroups": _subgroups(place, images),
        "blend": name,
        "runs": [run.name for run in runs],
        "competition": place.spec.name,
        "folds_digest": runs[0].folds_digest,
        "data_digest": runs[0].config["data_digest"],
    }
    return record, images


def fit(
    place: Workplace, members: Sequence["ensembling.Member"], folds: "pd.Series"
) -> tuple["ensembling.Blend", "pd.DataFrame"]:
    """Fit and judge a blend of out-of-fold predictions; see `ensembling.fit`."""
    import contest
    import ensembling

    dataset = place.dataset
    return ensembling.fit(
        members,
        dataset.truth,
        folds,
        dataset.groups,
        metric=contest.metric_of(place.spec),
        report=place.report,
    )


def judge_run(place: Workplace, run: "crossval.Run", oof: "pd.DataFrame") -> dict[str, Any]:
    """Return the honest score of a run submitted alone (a one-member blend)."""
    fitted, _ = fit(place, [oof_member(run, oof)], oof["fold"])
    return {
        "score": fitted.score_honest,
        "score_interval": list(fitted.interval),
        "score_in_sample": fitted.score_in_sample,
        "score_empty": fitted.score_empty,
    }


def oof_member(run: "crossval.Run", oof: "pd.DataFrame") -> "ensembling.Member":
    """Return the out-of-fold predictions of a run as a member of a blend."""
    return _member(run, oof, "oof")


def test_member(place: Workplace, run: "crossval.Run") -> "ensembling.Member":
    """Return the test predictions of a run as a member of a blend; predicts what is missing."""
    import crossval
    from tools.usecases import training

    key = crossval.test_key(place.dataset.test["digest"])
    if run.test(key) is None:
        training.predict(place, run.name)
    table = run.test(key)
    assert table is not None, "the images were predicted just now"
    return _member(run, table, "test")


def _member(run: "crossval.Run", table: "pd.DataFrame", part: str) -> "ensembling.Member":
    import ensembling

    return ensembling.Member(
        run.name, table["p"], run.maps(part), run.folds_digest, table.get("spread")
    )


def test_masks(place: Workplace, record: dict[str, Any]) -> "dict[str, rlemask.Runs]":
    """Return the mask of every sample image as the blend predicts it, in the sample's order.

    Test images that the audit accepted as unreadable get the empty mask.
    """
    import crossval
    import ensembling
    import rlemask

    dataset = place.dataset
    ids = list(dataset.test.index)
    runs = [crossval.open_run(place.paths.runs, name) for name in record["runs"]]
    predicted = ensembling.apply(
        ensembling.Blend.from_dict(record),
        [test_member(place, run) for run in runs],
        ids,
        shape=place.spec.shape,
        report=place.report,
    )
    empty = rlemask.empty(place.spec.shape)
    return {image_id: predicted.get(image_id, empty) for image_id in dataset.sample_ids}


def score(place: Workplace, submission: Path, truth: Path) -> dict[str, Any]:
    """Return the competition metric of a submission file against a truth file."""
    import contest

    result: contest.Score = contest.score(place.spec, submission, truth)
    return {
        "score": result.score,
        "positive_score": result.positive_score,
        "negative_accuracy": result.negative_accuracy,
        "images": result.images,
    }


def _subgroups(place: Workplace, images: "pd.DataFrame") -> list[dict[str, Any]]:
    """Return the honest score of every view, sex, age and lesion size, and where it comes from."""
    import crossval
    from tools.usecases import figures

    dataset = place.dataset
    kinds = figures.kinds(place, images.index)
    return crossval.score_table(dataset.areas[images.index], images, kinds)


def _all_runs(place: Workplace) -> list["crossval.Run"]:
    import crossval
    from tools.usecases.blend_store import BlendNameError

    every = crossval.list_runs(place.paths.runs)
    runs = [run for run in every if run.config["competition"] == place.spec.name]
    if not runs:
        raise BlendNameError(
            f"there is no complete run in {place.paths.runs}: `tools cv` makes one"
        )
    return runs


def check_data(place: Workplace, runs: Sequence["crossval.Run"]) -> None:
    """Refuse runs of other images or annotations than those that judge the blend."""

    now = place.dataset.digest
    other = [run.name for run in runs if run.config["data_digest"] != now]
    if other:
        raise OtherData(
            f"{', '.join(other)} learned from other images or annotations than {place.data} holds "
            "now: name the data they were made with, or repeat their cv"
        )
