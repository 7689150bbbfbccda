"""Searches the choices of LightGBM by cross-validation inside the images it is given.

<folder>/search.json         what is searched, and on which images
<folder>/trials/00012.json   one finished trial each

A trial is written whole or not at all, as JSON, and the sampler is seeded anew for each, so that
a killed search ends as the unbroken one would have.
"""

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

import crossval
import jobs
from classifiers._boosting import inner_folds, look_inside
from classifiers._config import LightGBMConfig
from classifiers._learner import LightGBMLearner
from classifiers._model import claim
from classifiers._rows import Binned

SPACE: dict[str, tuple[float, float, bool]] = {
    "num_leaves": (2, 24, True),
    "min_data_in_leaf": (4, 80, True),
    "feature_fraction": (0.01, 0.5, True),
    "bagging_fraction": (0.4, 1.0, False),
    "lambda_l1": (1e-3, 10.0, True),
    "lambda_l2": (0.1, 100.0, True),
    "path_smooth": (0.1, 100.0, True),
}
"""Field -> least and greatest value, and whether it is drawn on a logarithmic scale. Not the
learning rate and the bins: they cost time rather than AUC."""

STARTUP = 8
"""Trials before the sampler, and complete ones before the pruner, learn from what they saw."""
WARM_UP = 30
"""Trees before a trial may be pruned."""


@dataclass(frozen=True)
class Found:
    """What a search chose.

    Attributes:
        config: the best settings tried; the ones it started from are among them.
        auc: theirs over the inner folds; optimistic, as the best of many.
        auc_default: that of the settings it started from.
        trials: how many were tried.
        pruned: how many of those were stopped before their end.
    """

    config: LightGBMConfig
    auc: float
    auc_default: float
    trials: int
    pruned: int


def tune(
    learner: LightGBMLearner,
    train: Sequence[str],
    folder: Path,
    *,
    trials: int,
    seconds: float | None = None,
    seed: int = 0,
    report: jobs.Report = jobs.silent,
) -> Found:
    """Search for the settings with the best AUC over the inner folds of `train`.

    Optuna's tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011) proposes, its
    median rule on the log loss prunes trials. Nothing but `train` is looked at. The
    same `trials` give the same result, killed and repeated or not; with `seconds` it depends on
    the machine how many there are.

    Args:
        learner: holds the tables, and the settings to start from, which are the first trial.
        train: image ids.
        folder: keeps the trials; asked for more of them, a search goes on from those.
        trials: how many, at least 1.
        seconds: starts no further trial after so long; None: no limit.
        seed: of the search and of the inner folds.

    Raises:
        BadTable, OneClass: as `LightGBMLearner.fit`.
        WrongModel: `folder` holds the trials of another search.
        ValueError: the config has no inner folds.
    """
    config, folder = learner.config, Path(folder)
    if config.inner_folds < 2:
        raise ValueError("a search needs inner folds: set inner_folds to at least 2")
    binned = learner.binned(train)
    made_from = jobs.digest(asdict(config), binned.rows.digest(), seed, _canonical())
    claim(folder / "search.json", {"made_from": made_from}, "a search on")
    records = _records(binned, folder / "trials", trials, seconds, seed, report)
    return _found(records, config)


def _records(
    binned: Binned,
    folder: Path,
    trials: int,
    seconds: float | None,
    seed: int,
    report: jobs.Report,
) -> list[dict[str, Any]]:
    """Return the records of the trials, of those in `folder` and of new ones."""
    folds, study = inner_folds(binned.rows, binned.config.inner_folds, seed), _study()
    records: list[dict[str, Any]] = []
    ends = time.monotonic() + (float("inf") if seconds is None else seconds)
    for number in range(trials):
        path = folder / f"{number:05d}.json"
        if not path.exists():
            if records and time.monotonic() > ends:
                break
            jobs.write_json(path, _try(study, binned, folds, number, seed))
        records.append(jobs.read_json(path))
        study.add_trial(_finished(records[-1]))
        report("trials", number + 1, trials, {"auc": _best(records)["auc"]})
    return records


def _study() -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=STARTUP, n_warmup_steps=WARM_UP)
    return optuna.create_study(direction="maximize", pruner=pruner)


def _try(
    study: optuna.Study, binned: Binned, folds: np.ndarray, number: int, seed: int
) -> dict[str, Any]:
    """Return the record of a new trial; `study` itself stays as it is."""
    params = _clipped(binned.config) if number == 0 else _proposed(study, number, seed)
    config = binned.config if number == 0 else _configured(binned.config, params)
    course: dict[int, float] = {}

    def stop(trees: int, loss: float) -> bool:
        course[trees] = -loss
        return number > 0 and _to_be_pruned(study, course)

    found = look_inside(binned, config, folds, seed, stop=stop)
    pruned = number > 0 and _to_be_pruned(study, course)
    return {
        "params": params,
        "settings": {name: getattr(config, name) for name in params} if number else {},
        "state": "pruned" if pruned else "complete",
        "auc": crossval.area_under_roc(binned.rows.labels, found.p),
        "trees": found.trees,
        "course": [[trees, value] for trees, value in course.items()],
    }


def _proposed(study: optuna.Study, number: int, seed: int) -> dict[str, Any]:
    drawn = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
    sampler = optuna.samplers.TPESampler(seed=drawn, n_startup_trials=STARTUP)
    asked = optuna.create_study(direction="maximize", sampler=sampler)
    asked.add_trials(study.get_trials(deepcopy=False))
    return asked.ask(_space()).params


def _to_be_pruned(study: optuna.Study, course: dict[int, float]) -> bool:
    """Ask the pruner about a trial that is not in the study yet."""
    running = optuna.trial.create_trial(
        state=optuna.trial.TrialState.RUNNING, intermediate_values=course
    )
    return study.pruner.prune(study, running)


def _finished(record: dict[str, Any]) -> optuna.trial.FrozenTrial:
    states = optuna.trial.TrialState
    pruned = record["state"] == "pruned"
    return optuna.trial.create_trial(
        state=states.PRUNED if pruned else states.COMPLETE,
        value=record["auc"],
        params=record["params"],
        distributions=_space(),
        intermediate_values={int(trees): value for trees, value in record["course"]},
    )


def _space() -> dict[str, BaseDistribution]:
    space: dict[str, Any] = {"extra_trees": CategoricalDistribution([False, True])}
    for name, (low, high, log) in SPACE.items():
        whole = isinstance(getattr(LightGBMConfig(), name), int)
        space[name] = (
            IntDistribution(int(low), int(high), log=log)
            if whole
            else FloatDistribution(low, high, log=log)
        )
    return space


def _canonical() -> dict[str, list[float]]:
    return {name: [float(value) for value in bounds] for name, bounds in SPACE.items()}


def _clipped(config: LightGBMConfig) -> dict[str, Any]:
    """Return the settings of `config` as the sampler may know them."""
    values = {
        name: type(getattr(config, name))(min(max(getattr(config, name), low), high))
        for name, (low, high, _) in SPACE.items()
    }
    return {"extra_trees": config.extra_trees, **values}


def _configured(config: LightGBMConfig, params: dict[str, Any]) -> LightGBMConfig:
    """Return `config` with `params`, three digits of each, so that they can be copied by hand."""
    short: dict[str, Any] = {
        name: float(f"{value:.3g}") if isinstance(value, float) else value
        for name, value in params.items()
    }
    return dataclasses.replace(config, **short)


def _best(records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    complete = [record for record in records if record["state"] == "complete"]
    return max(complete, key=lambda record: record["auc"])


def _found(records: Sequence[dict[str, Any]], config: LightGBMConfig) -> Found:
    best = _best(records)
    return Found(
        config=dataclasses.replace(config, **best["settings"]),
        auc=best["auc"],
        auc_default=records[0]["auc"],
        trials=len(records),
        pruned=sum(record["state"] == "pruned" for record in records),
    )
