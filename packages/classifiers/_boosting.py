"""Grows the models that are kept."""

import itertools
from collections.abc import Iterator, Sequence

import lightgbm as lgb

from classifiers._config import LightGBMConfig
from classifiers._pool import pool
from classifiers._rows import Binned, weighted


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
