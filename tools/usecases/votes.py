"""`tools votes`: masks that were predicted elsewhere become a run that joins a blend."""

from pathlib import Path
from typing import Any

import contest
import crossval
import jobs
from tools.usecases import run_figures
from tools.usecases.source import make_folds
from tools.usecases.workplace import Workplace

KIND = "votes"


def votes(
    place: Workplace, oof: Path, test: Path, name: str, n_splits: int | None = None,
    fold_seed: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Make a run of two files in the competition's format.

    Args:
        oof: a mask of every annotated image, from a model that has not seen it: only the caller
            can know that its folds are those of the other runs.
        test: a mask of every test image.
        name: of the run, which begins with "votes-".

    Returns:
        The run's figures.
    """
    dataset = place.dataset
    wanted = {oof: list(dataset.train.index), test: list(dataset.test.index)}
    learner, digest = contest.read_votes(place.spec, wanted)
    config = {
        "kind": KIND,
        "competition": place.spec.name,
        "data_digest": dataset.digest,
        "masks": digest,
    }
    folds = make_folds(place, n_splits, fold_seed)
    run = crossval.Run.start(place.paths.runs, f"{KIND}-{name}", config, folds)
    with jobs.lock(run.path):
        if not run.complete:
            table = crossval.cross_validate(run, learner, report=place.report)
            crossval.predict_test(run, learner, dataset.test["digest"], report=place.report)
            run.finish(run_figures.metrics(place, run, table))
    return {"run": run.name, **run_figures.in_order(run.metrics())}
