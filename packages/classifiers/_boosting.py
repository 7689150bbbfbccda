"""Training of LightGBM models: on the inner folds and on all training images.

Models are trained in parallel threads: LightGBM releases the global interpreter lock.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import pandas as pd

import crossval
import jobs
from classifiers._config import LightGBMConfig
from classifiers._errors import BadTable
from classifiers._rows import Binned, Rows, weighted


def pool(num_threads: int) -> ThreadPoolExecutor:
    """Return a pool with one thread per core, in which LightGBM logs nothing.

    Args:
        num_threads: threads per LightGBM call, `LightGBMConfig.num_threads`.
    """
    return ThreadPoolExecutor(jobs.available_cores(), initializer=_begin, initargs=(num_threads,))


def _begin(num_threads: int) -> None:
    # LightGBM's log level is set per thread, its number of threads per process. Any parameters
    # that it reads set both; without num_threads, every model would use all cores.
    parameters = {"verbose": -1, "num_threads": num_threads}
    lgb.Dataset(np.zeros((2, 1)), [0, 1], params=parameters).construct()


CHUNK = 10
"""Trees added to the model of every inner fold between two checks for early stopping."""

Stop = Callable[[int, float], bool]
"""Called with the number of trees so far and the lowest log loss; True stops the training."""


@dataclass(frozen=True)
class Inner:
    """Result of the cross-validation on the inner folds.

    Attributes:
        trees: number of trees with the lowest mean log loss over the inner folds.
        log_loss: that log loss, the mean over images; optimistic, as it selected `trees`.
        p: out-of-fold probability of every training image, float64 `(n,)`.
    """

    trees: int
    log_loss: float
    p: np.ndarray


def inner_folds(rows: Rows, count: int, seed: int) -> np.ndarray:
    """Return the inner fold of every training image, int64 `(n,)`; groups stay together.

    There are fewer than `count` folds, but at least 2, if the groups do not suffice for positive
    and negative images in every fold.

    Raises:
        BadTable: too few positive or negative groups for 2 folds.
    """
    labels = pd.Series(rows.labels, index=rows.ids)
    groups = None if rows.groups is None else pd.Series(rows.groups, index=rows.ids)
    reason = ""
    for fewer in range(count, 1, -1):
        try:
            return crossval.make_folds(labels, groups, fewer, seed).loc[rows.ids].to_numpy()
        except crossval.FoldError as error:
            reason = error.reason
    raise BadTable(
        f"inside the {len(rows.ids)} training images {reason}: train on more groups, or set "
        "inner_folds=0 and calibration=none"
    )


def look_inside(
    binned: Binned,
    config: LightGBMConfig,
    folds: np.ndarray,
    seed: int,
    *,
    report: jobs.Report = jobs.silent,
    stop: Stop = lambda trees, loss: False,
) -> Inner:
    """Train one model per inner fold, in parallel, with early stopping on their mean log loss.

    All models have the same number of trees. The result does not depend on the number of cores.

    Args:
        binned: the training images.
        config: may differ from `binned.config` in fields that do not affect the bins.
        folds: inner fold of every training image, from `inner_folds`.
        stop: further stopping rule, called after every `CHUNK` trees.
    """
    held = [folds == fold for fold in np.unique(folds)]
    shares = np.array([rows.mean() for rows in held])
    with pool(config.num_threads) as threads:
        growing = [_start(binned, config, rows, seed + n) for n, rows in enumerate(held)]
        curve: list[float] = []
        for chunk in itertools.count():
            report("inner folds", len(curve), config.rounds, {})
            size = min(CHUNK, config.rounds - chunk * CHUNK)
            losses = np.array(list(threads.map(_grow, growing, itertools.repeat(size))))
            curve += (shares @ losses).tolist()
            best = int(np.argmin(curve))
            done = len(curve) >= config.rounds or len(curve) - 1 - best >= config.patience
            if done or stop(len(curve), curve[best]):
                break
    report("inner folds", config.rounds, config.rounds, {})
    p = np.empty(len(folds))
    for rows, booster in zip(held, growing, strict=True):
        p[rows] = booster.predict(
            binned.rows.table[rows], num_iteration=best + 1, num_threads=config.num_threads
        )
    return Inner(best + 1, curve[best], p)


def _start(binned: Binned, config: LightGBMConfig, held: np.ndarray, seed: int) -> lgb.Booster:
    training, other = binned.split(held)
    parameters = weighted(config.parameters(seed), config, binned.rows.labels[~held])
    booster = lgb.Booster(parameters, training)
    booster.add_valid(other, "held")
    return booster


def _grow(booster: lgb.Booster, trees: int) -> list[float]:
    """Add `trees` trees; return the log loss on the held-out fold after each."""
    losses = []
    for _ in range(trees):
        booster.update()
        losses.append(booster.eval_valid()[0][2])
    return losses


def grow(binned: Binned, config: LightGBMConfig, trees: int, seeds: Sequence[int]) -> Iterator[str]:
    """Yield one model per seed, trained on all training images, in LightGBM's text format.

    Models are trained in parallel; the texts do not depend on the number of cores.
    """
    if not seeds:
        return
    same = (itertools.repeat(value) for value in (binned, config, trees))
    _ = binned.whole  # cached before the threads start
    with pool(config.num_threads) as threads:
        yield from threads.map(_train, *same, seeds)


def _train(binned: Binned, config: LightGBMConfig, trees: int, seed: int) -> str:
    parameters = weighted(config.parameters(seed), config, binned.rows.labels)
    booster = lgb.Booster(parameters, binned.whole)
    for _ in range(trees):
        booster.update()
    return booster.model_to_string()
