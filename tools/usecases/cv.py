"""`tools cv`."""

from collections.abc import Sequence
from typing import Any

import crossval
import jobs
from tools.usecases import distributed, run_figures
from tools.usecases.source import Source, load_experiment, make_folds
from tools.usecases.workplace import Workplace


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
    if distributed.follows():
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
    with jobs.lock(run.path), distributed.leading(experiment):
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
