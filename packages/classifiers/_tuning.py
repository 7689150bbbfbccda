"""Hyperparameter search for LightGBM by cross-validation on the training images.

<folder>/search.json         digest of the data, the config and the search space
<folder>/trials/00012.json   one file per finished trial

Trials are written atomically and the sampler is seeded for each, so a search that was interrupted
and repeated has the same result as an uninterrupted one.
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
"""Field -> minimum, maximum, and whether it is sampled on a logarithmic scale. Learning rate and
bins are left out, as they affect the time more than the AUC."""

STARTUP = 8
"""Random trials before the sampler uses the history; complete trials before any is pruned."""
WARM_UP = 30
"""Minimum number of trees of a pruned trial."""


@dataclass(frozen=True)
class Found:
    """Result of a search.

    Attributes:
        config: settings of the best trial; the initial settings are the first trial.
        auc: AUC of `config` over the inner folds; optimistic, as the best of many.
        auc_default: AUC of the initial settings.
        trials: number of trials, pruned ones included.
        pruned: number of pruned trials.
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

    Settings are sampled by Optuna's tree-structured Parzen estimator (Bergstra et al., NeurIPS
    2011); trials are pruned by its median rule on the log loss. Only `train` is used. The result
    is deterministic for a number of `trials`, interrupted or not; with `seconds`, the number of
    trials depends on the machine.

    Args:
        learner: tables and initial settings, which are the first trial.
        train: image ids.
        folder: of the trials; finished trials in it are reused.
        trials: number of trials, at least 1.
        seconds: time after which no further trial is started; None means no limit.
        seed: of the search and of the inner folds.

    Raises:
        BadTable, OneClass: see `LightGBMLearner.fit`.
        WrongModel: `folder` contains the trials of another search.
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
    """Return the records of all trials; those missing in `folder` are run."""
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
    """Run a trial and return its record, without adding it to `study`."""
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
    """Return the pruner's decision for a running trial, which is not in the study yet."""
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
    """Return the settings of `config`, clipped to the search space."""
    values = {
        name: type(getattr(config, name))(min(max(getattr(config, name), low), high))
        for name, (low, high, _) in SPACE.items()
    }
    return {"extra_trees": config.extra_trees, **values}


def _configured(config: LightGBMConfig, params: dict[str, Any]) -> LightGBMConfig:
    """Return `config` with `params`, rounded to three significant digits."""
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
