"""Growing trees: on inner folds, which decide how many, and as the models that are kept.

Models grow side by side in threads: LightGBM leaves Python's lock while it works.
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
    """Return a pool with a thread per core, each of which keeps LightGBM's notes to itself.

    Args:
        num_threads: that each of LightGBM's calls may start, `LightGBMConfig.num_threads`.
    """
    return ThreadPoolExecutor(jobs.available_cores(), initializer=_begin, initargs=(num_threads,))


def _begin(num_threads: int) -> None:
    # Its log level belongs to the thread, the number of its threads to the process: reading any
    # parameters sets both, and parameters without a number mean all cores, for every model.
    parameters = {"verbose": -1, "num_threads": num_threads}
    lgb.Dataset(np.zeros((2, 1)), [0, 1], params=parameters).construct()


CHUNK = 10
"""Trees that every inner fold grows before the folds are compared."""

Stop = Callable[[int, float], bool]
"""Called with the trees grown so far and the least log loss; True stops the growing."""


@dataclass(frozen=True)
class Inner:
    """What the inner folds say.

    Attributes:
        trees: the number with the least log loss over all inner folds together.
        log_loss: that least mean, over images; optimistic, as it chose the number of trees.
        p: probability of every training image by the model that has not seen it, float64 `(n,)`.
    """

    trees: int
    log_loss: float
    p: np.ndarray


def inner_folds(rows: Rows, count: int, seed: int) -> np.ndarray:
    """Return the inner fold of every training image, int64 `(n,)`; groups stay together.

    Fewer than `count` folds, at least 2, where the groups are too few for all to hold both
    positive and negative images.

    Raises:
        BadTable: too few groups of a kind even for 2 folds.
    """
    labels = pd.Series(rows.labels, index=rows.ids)
    groups = None if rows.groups is None else pd.Series(rows.groups, index=rows.ids)
    reason = ""
    for fewer in range(count, 1, -1):
        try:
            return crossval.make_folds(labels, groups, fewer, seed).loc[rows.ids].to_numpy()
        except crossval.FoldError as error:
            reason = str(error)
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
    """Grow one model per inner fold, side by side, until their mean log loss rises.

    All folds get the same number of trees. Deterministic whatever the number of cores.

    Args:
        binned: the training images.
        config: may differ from that of `binned` in all that does not change the bins.
        folds: see `inner_folds`.
        stop: see `Stop`; asked after every chunk of trees.
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
    """Grow so many trees; return the log loss on the held-out fold after each."""
    losses = []
    for _ in range(trees):
        booster.update()
        losses.append(booster.eval_valid()[0][2])
    return losses


def grow(binned: Binned, config: LightGBMConfig, trees: int, seeds: Sequence[int]) -> Iterator[str]:
    """Yield one model of `trees` trees on all training images for each seed, as LightGBM's text.

    As many grow at a time as there are cores; on how many changes no byte.
    """
    if not seeds:
        return
    same = (itertools.repeat(value) for value in (binned, config, trees))
    _ = binned.whole  # made once, before the threads ask for it
    with pool(config.num_threads) as threads:
        yield from threads.map(_train, *same, seeds)


def _train(binned: Binned, config: LightGBMConfig, trees: int, seed: int) -> str:
    parameters = weighted(config.parameters(seed), config, binned.rows.labels)
    booster = lgb.Booster(parameters, binned.whole)
    for _ in range(trees):
        booster.update()
    return booster.model_to_string()
