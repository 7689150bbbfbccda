"""`tools votes`: make a run from masks that were predicted elsewhere."""

from pathlib import Path

import contest
import crossval
import jobs
from tools.usecases.context.workplace import Workplace
from tools.usecases.prepare.folds import make_folds
from tools.usecases.runs import run_figures
from tools.usecases.runs.run_figures import RunResult

VOTES = "votes"


def votes(
    place: Workplace,
    oof: Path,
    test: Path,
    name: str,
    n_splits: int | None = None,
    fold_seed: int | None = None,
) -> RunResult:
    """Make a run from masks that were predicted elsewhere, two files in the competition's format.

    Args:
        oof: a mask of every annotated image, predicted out-of-fold in the folds of the other runs,
            which cannot be checked.
        test: a mask of every test image.
        name: of the run, after "votes-".

    Raises:
        jobs.BadName: nothing can be stored under the name.
    """
    jobs.check_name(name, "a run")
    dataset = place.dataset
    wanted = {oof: list(dataset.train.index), test: list(dataset.test.index)}
    learner, digest = contest.read_votes(place.spec, wanted)
    config = {
        "kind": VOTES,
        "competition": place.spec.name,
        "data_digest": dataset.digest,
        "masks": digest,
    }
    folds = make_folds(place, n_splits, fold_seed)
    run = crossval.Run.start(place.paths.runs, f"{VOTES}-{name}", config, folds)
    with jobs.lock(run.path):
        if not run.complete:
            table = crossval.cross_validate(run, learner, report=place.report)
            crossval.predict_test(run, learner, dataset.test["digest"], report=place.report)
            run.finish(run_figures.metrics(place, run, table))
    return RunResult.of(run)
