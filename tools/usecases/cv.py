"""`tools cv` and `tools votes`: make a run.

Where `accelerate launch` starts several processes, the main one does what a single process does;
the others only compute their part of the training, and neither write nor print.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import contest
import crossval
import jobs
from tools.usecases import run_figures
from tools.usecases.source import Source, load_experiment, make_folds
from tools.usecases.workplace import Workplace

VOTES = "votes"


def cv(
    place: Workplace,
    experiment_name: str,
    *,
    settings: Sequence[str] = (),
    n_splits: int | None = None,
    fold_seed: int | None = None,
) -> dict[str, Any]:
    """Cross-validate an experiment; an interrupted run is resumed, a complete one is returned.

    Returns:
        The run's figures; {} in the helper processes of a distributed training.
    """
    experiment = load_experiment(place, experiment_name, settings)
    if follows():
        experiment.follow(Source(place))
        return {}
    config = {
        **experiment.as_dict(),
        "competition": place.spec.name,
        "data_digest": place.dataset.digest,
    }
    folds = make_folds(place, n_splits, fold_seed)
    run = crossval.Run.start(place.paths.runs, experiment_name, config, folds)
    place.say(f"run {run.name}")
    with jobs.lock(run.path), leading(experiment):
        if not run.complete:
            learner = experiment.learner(Source(place))
            oof = crossval.cross_validate(run, learner, seed=experiment.seed, report=place.report)
            run_figures.draw_history(run)
            found = run_figures.metrics(place, run, oof)
            run.finish(found | run_figures.explain(run, learner, experiment, place.report))
    return {
        "run": run.name,
        **run_figures.in_order(run.metrics()),
        **run_figures.files(run),
    }


def votes(
    place: Workplace,
    oof: Path,
    test: Path,
    name: str,
    n_splits: int | None = None,
    fold_seed: int | None = None,
) -> dict[str, Any]:
    """Make a run from masks that were predicted elsewhere, two files in the competition's format.

    Args:
        oof: a mask of every annotated image, predicted out-of-fold in the folds of the other runs,
            which cannot be checked.
        test: a mask of every test image.
        name: of the run, after "votes-".
    """
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
    return {"run": run.name, **run_figures.in_order(run.metrics())}


def follows() -> bool:
    """Return whether this is not the main process."""
    return _size() > 1 and int(os.environ.get("RANK", "0")) > 0


@contextmanager
def leading(experiment: contest.Experiment) -> Iterator[None]:
    """Stop the other processes at the end; after an error they detect that the main one ended."""
    yield
    if _size() > 1:
        experiment.dismiss()


def _size() -> int:
    return int(os.environ.get("WORLD_SIZE", "1"))
