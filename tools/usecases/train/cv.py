"""`tools cv`: cross-validate an experiment, which makes a run, or one for each of several seeds.

Where `accelerate launch` starts several processes, the main one does what a single process does;
the others only compute their part of the training, and neither write nor print.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import pandas as pd

import contest
import crossval
import jobs
from tools.usecases.context.source import Source, load_experiment
from tools.usecases.context.workplace import Workplace
from tools.usecases.prepare.folds import make_folds
from tools.usecases.runs import run_figures
from tools.usecases.runs.run_figures import LABELS, SUBSET_SEED, RunResult
from tools.usecases.train.pseudo_labels import pseudo_masks
from tools.usecases.train.trainings import Trainings, trainings_of, with_seeds


def cv(
    place: Workplace,
    experiment_name: str,
    *,
    settings: Sequence[str] = (),
    n_splits: int | None = None,
    fold_seed: int | None = None,
    seeds: int = 1,
) -> RunResult | Trainings | None:
    """Cross-validate an experiment; the helper processes of a distributed training return None.

    Args:
        seeds: number of trainings with different seeds, each a run; of several, the result has
            the mean and the spread.
    """
    experiment = load_experiment(place, experiment_name, settings)
    if has_followed(place, experiment):
        return None
    with leading(experiment):
        folds = make_folds(place, n_splits, fold_seed)
        found = [train(place, experiment_name, one, folds) for one in with_seeds(experiment, seeds)]
    return found[0] if seeds == 1 else trainings_of(place, experiment_name, found)


def cross_validate(
    place: Workplace,
    experiment_name: str,
    settings: Sequence[str] = (),
    n_splits: int | None = None,
    fold_seed: int | None = None,
) -> RunResult:
    """Cross-validate an experiment; an interrupted run is resumed, a complete one is returned."""
    experiment = load_experiment(place, experiment_name, settings)
    with leading(experiment):
        return train(place, experiment_name, experiment, make_folds(place, n_splits, fold_seed))


def train(
    place: Workplace,
    experiment_name: str,
    experiment: contest.Experiment,
    folds: pd.Series,
    labels: float = 1.0,
    subset_seed: int = 0,
) -> RunResult:
    """Return the run of an experiment in these folds; it is made, resumed, or complete.

    A complete run of an older version gets the figures that it lacks.

    Args:
        labels: share of the annotated groups of each fold to use, see `crossval.label_subset`.
        subset_seed: of their choice.
    """
    experiment.check_installed()
    config = {
        **experiment.as_dict(),
        "competition": place.spec.name,
        "data_digest": place.dataset.digest,
        **({LABELS: labels, SUBSET_SEED: subset_seed} if labels < 1 else {}),
    }
    run = crossval.Run.start(place.paths.runs, experiment_name, config, folds)
    place.say(f"run {run.name}")
    with jobs.lock(run.path):
        part = _part(place, folds, labels, subset_seed)
        if not run.complete:
            _finish(place, run, experiment, part)
        elif run_figures.is_outdated(run):
            run.finish(run.metrics() | run_figures.metrics(place, run, run.oof(), part))
    return RunResult.of(run)


def _finish(
    place: Workplace, run: crossval.Run, experiment: contest.Experiment, part: pd.Index | None
) -> None:
    learner = experiment.learner(_source(place))
    trained = learner if part is None else crossval.PartLearner(learner, part)
    oof = crossval.cross_validate(run, trained, seed=experiment.seed, report=place.report)
    run_figures.draw_history(run)
    found = run_figures.metrics(place, run, oof, part)
    run.finish(found | run_figures.explain(run, learner, experiment, place.report))


def _part(place: Workplace, folds: pd.Series, labels: float, seed: int) -> pd.Index | None:
    """Return the images whose annotations are used; None for all."""
    areas, groups = place.dataset.areas, place.dataset.groups
    if labels == 1:
        return None
    return crossval.label_subset(areas, folds, groups, share=labels, seed=seed)


def _source(place: Workplace) -> Source:
    return Source(place, pseudo_masks=partial(pseudo_masks, place))


def has_followed(place: Workplace, experiment: contest.Experiment) -> bool:
    """Compute this process's part of the trainings, unless it is the main one; return whether."""
    if _size() == 1 or int(os.environ.get("RANK", "0")) == 0:
        return False
    experiment.follow(_source(place))
    return True


@contextmanager
def leading(experiment: contest.Experiment) -> Iterator[None]:
    """Stop the other processes at the end; after an error they detect that the main one ended."""
    yield
    if _size() > 1:
        experiment.dismiss()


def _size() -> int:
    return int(os.environ.get("WORLD_SIZE", "1"))
