"""Weights of the members' maps for every part of nested cross-validation."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

import jobs
import rlemask
from ensembling._metric import Metric
from ensembling.evaluation.nested_cv import Part, parts_of
from ensembling.maps.member import Member, Weights
from ensembling.maps.reading import ReadOptions
from ensembling.maps.thumbnails import Thumbnails, thumbnails
from ensembling.rules.hill_climbing import hill_climb
from ensembling.rules.triplet_search import scan_triplets


@dataclass(frozen=True)
class FittedWeights:
    """The weights fitted without each part, with both kinds of folds.

    Attributes:
        grouped: with the runs' own folds.
        stratified: with stratified folds, see `stratified`.
        path: steps of the search on all images, with the score of the small maps at each step.
    """

    grouped: Mapping[Part, Weights]
    stratified: Mapping[Part, Weights]
    path: tuple[tuple[Weights, float], ...]

    def all(self) -> list[Weights]:
        """Return all weights."""
        return [*self.grouped.values(), *self.stratified.values()]


def search_weights(
    members: Sequence[Member],
    equal: Weights,
    truth: Mapping[str, rlemask.Runs],
    folds: pd.Series,
    metric: Metric,
    how: ReadOptions,
    *,
    seed: int,
) -> FittedWeights:
    """Search the weights with the best triplet on small maps, for each part.

    If only one member has maps, its weight is 1.

    Raises:
        InputError: with all unusable maps.
    """
    grouped = pd.factorize(folds, sort=True)[0]
    mapped = [member.maps is not None for member in members]
    if sum(mapped) < 2:
        # The number of stratified folds is the same, and so are the parts.
        alone = dict.fromkeys(parts_of(grouped), equal)
        return FittedWeights(alone, alone, ())
    with thumbnails(members, truth, list(folds.index), metric, how) as small:
        kinds = grouped, stratified(grouped, small.positive, seed)
        keys = [(kind, part) for kind in range(2) for part in parts_of(grouped)]
        rows = [np.flatnonzero(~np.isin(kinds[kind], list(part))) for kind, part in keys]
        values = _Values(small, rows, how.workers)
        found, paths = [], []
        for which in range(len(keys)):
            how.report("weights", which, len(keys), {})
            best, path = hill_climb(len(members), partial(values.of, part=which), tuple(mapped))
            found.append(best)
            paths.append(path)
        how.report("weights", len(keys), len(keys), {})
    weights = dict(zip(keys, found, strict=True))
    empty = float((~small.positive).mean())
    return FittedWeights(
        {part: weights[0, part] for part in parts_of(grouped)},
        {part: weights[1, part] for part in parts_of(grouped)},
        tuple((step, empty + gain / len(folds)) for step, gain in paths[0]),
    )


def stratified(fold: np.ndarray, positive: np.ndarray, seed: int) -> np.ndarray:
    """Return the same number of stratified folds without groups, int64 `(n,)`."""
    folds = np.unique(fold)
    rng, dealt, new = np.random.default_rng(seed), 0, np.empty(len(fold), np.int64)
    for kind in (True, False):
        rows = rng.permutation(np.flatnonzero(positive == kind))
        new[rows] = folds[(dealt + np.arange(len(rows))) % len(folds)]
        dealt += len(rows)
    return new


class _Values:
    """The gain of the best triplet with given weights, for all parts at once."""

    def __init__(self, small: Thumbnails, rows: Sequence[np.ndarray], workers: int | None) -> None:
        self.small, self.rows = small, rows
        self.workers = workers or jobs.available_cores()
        self._known: dict[Weights, list[float]] = {}

    def of(self, weights: Weights, part: int) -> float:
        if weights not in self._known:
            area, gain = self.small.tables(weights, self.workers)
            with ThreadPoolExecutor(self.workers) as pool:
                walks = pool.map(lambda rows: scan_triplets(area[rows], gain[rows])[0], self.rows)
                self._known[weights] = list(walks)
        return self._known[weights][part]
