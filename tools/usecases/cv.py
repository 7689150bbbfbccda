"""`tools cv`: cross-validate an experiment, which makes a run.

Where `accelerate launch` starts several processes, the main one does what a single process does;
the others only compute their part of the training, and neither write nor print.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import contest
import crossval
import jobs
from tools.usecases import run_figures
from tools.usecases.folds import make_folds
from tools.usecases.pseudo_labels import pseudo_masks
from tools.usecases.run_figures import RunResult
from tools.usecases.source import Source, load_experiment
from tools.usecases.workplace import Workplace


def cv(
    place: Workplace,
    experiment_name: str,
    *,
    settings: Sequence[str] = (),
    n_splits: int | None = None,
    fold_seed: int | None = None,
) -> RunResult | None:
    """Cross-validate an experiment; the helper processes of a distributed training return None."""
    if follows():
        load_experiment(place, experiment_name, settings).follow(_source(place))
        return None
    return cross_validate(place, experiment_name, settings, n_splits, fold_seed)


def cross_validate(
    place: Workplace,
    experiment_name: str,
    settings: Sequence[str] = (),
    n_splits: int | None = None,
    fold_seed: int | None = None,
) -> RunResult:
    """Cross-validate an experiment; an interrupted run is resumed, a complete one is returned."""
    experiment = load_experiment(place, experiment_name, settings)
    experiment.check_installed()
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
            learner = experiment.learner(_source(place))
            oof = crossval.cross_validate(run, learner, seed=experiment.seed, report=place.report)
            run_figures.draw_history(run)
            found = run_figures.metrics(place, run, oof)
            run.finish(found | run_figures.explain(run, learner, experiment, place.report))
    return RunResult.of(run)


def _source(place: Workplace) -> Source:
    return Source(place, pseudo_masks=partial(pseudo_masks, place))


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
