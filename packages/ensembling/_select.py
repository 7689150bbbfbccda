"""Fitting the candidate rules, choosing one, and the score that stays honest about both."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from itertools import combinations

import numpy as np

import jobs
from ensembling._calibration import blend_probabilities, fit_calibration
from ensembling._evidence import Evidence
from ensembling._rule import Thresholds, predicted, scores
from ensembling._search import best_gated, best_triplet

EMPTY, TRIPLET, GATED = "empty", "triplet", "triplet + gate"
RULES = (EMPTY, TRIPLET, GATED)
"""From the simplest: no mask for any image."""


@dataclass(frozen=True)
class Fitted:
    """A rule with everything that was fitted for it."""

    rule: str
    thresholds: Thresholds
    calibration: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What a rule does to each image: its metric, and whether it gets a mask; both `(n,)`."""

    score: np.ndarray
    predicted: np.ndarray


class Judge:
    """Fits rules on parts of the evidence; each fit is made once.

    Args:
        evidence: of all images.
        gate_weights: by member name in the order of the columns of ``evidence.p``.
        pixels: of an image.
    """

    def __init__(self, evidence: Evidence, gate_weights: Mapping[str, float], pixels: int) -> None:
        self.evidence, self.gate_weights, self.pixels = evidence, dict(gate_weights), pixels
        self.gain = evidence.dice - evidence.empty[:, None]
        self.folds = sorted(set(evidence.fold.tolist()))
        self._known: dict[tuple[str, frozenset[int]], Fitted] = {}

    def fit_all(self, workers: int | None = None, report: jobs.Report = jobs.silent) -> None:
        """Make every fit that an honest score needs, in threads; the search holds no lock."""
        parts = [frozenset(left) for size in range(3) for left in combinations(self.folds, size)]
        parts = [part for part in parts if len(part) < len(self.folds)]
        keys = [(rule, part) for rule in (EMPTY, TRIPLET) for part in parts]
        keys += [(GATED, part) for part in parts if self._both_kinds(part)]
        with ThreadPoolExecutor(workers or jobs.available_cores()) as pool:
            for done, _ in enumerate(pool.map(lambda key: self.fit(*key), keys), start=1):
                report("thresholds", done, len(keys), {})

    def fit(self, rule: str, without: frozenset[int] = frozenset()) -> Fitted:
        """Fit `rule` on all images outside the folds in `without`."""
        key = (rule, without)
        if key not in self._known:
            self._known[key] = self._fit(rule, self._outside(without))
        return self._known[key]

    def verdict(self, fitted: Fitted, rows: np.ndarray) -> Verdict:
        """Apply `fitted` to the images at `rows` (positions)."""
        part, names = self._part(rows), list(self.gate_weights)
        p = None
        if fitted.thresholds.gate is not None:
            p = blend_probabilities(names, part.p, fitted.calibration, self.gate_weights)
        return Verdict(
            scores(part, fitted.thresholds, p), predicted(part.area, fitted.thresholds, p)
        )

    def left_out(self, rule: str | None, without: frozenset[int] = frozenset()) -> Verdict:
        """Judge each fold by what was fitted on the others; folds in `without` take no part.

        With `rule` None the choice of the rule is made anew inside each part as well.

        Returns:
            Rows in the order of the images outside `without`.
        """
        score, mask = np.zeros(len(self.gain)), np.zeros(len(self.gain), bool)
        for fold in self.folds:
            if fold in without:
                continue
            others = without | {fold}
            chosen = self.choose(others) if rule is None else rule
            rows = np.flatnonzero(self.evidence.fold == fold)
            verdict = self.verdict(self.fit(chosen, others), rows)
            score[rows], mask[rows] = verdict.score, verdict.predicted
        rows = self._outside(without)
        return Verdict(score[rows], mask[rows])

    def choose(self, without: frozenset[int] = frozenset()) -> str:
        """Choose a rule by cross-validation over the folds outside `without`.

        The simplest rule stays unless another gains more than one standard error (Breiman et al.,
        Classification and Regression Trees, 1984), which counts patients, not images.
        """
        if len(self.folds) - len(without) < 2:
            return TRIPLET
        chosen, group = EMPTY, self.evidence.group[self._outside(without)]
        for rule in self.rules(without)[1:]:
            gained = self.left_out(rule, without).score - self.left_out(chosen, without).score
            if gained.mean() > standard_error(gained, group):
                chosen = rule
        return chosen

    def rules(self, without: frozenset[int] = frozenset()) -> tuple[str, ...]:
        """Return the rules that can be fitted in every part, from the simplest."""
        return RULES if self.gate_possible(without) else RULES[:-1]

    def gate_possible(self, without: frozenset[int] = frozenset()) -> bool:
        """Whether every part that a gate is calibrated on has images of both kinds."""
        return all(self._both_kinds(without | {fold}) for fold in self.folds)

    def _both_kinds(self, without: frozenset[int]) -> bool:
        positive = self.evidence.positive[self._outside(without)]
        return bool(positive.any() and not positive.all())

    def _fit(self, rule: str, rows: np.ndarray) -> Fitted:
        part, gain = self._part(rows), self.gain[rows]
        if rule == EMPTY:
            return Fitted(rule, Thresholds(255, self.pixels, 255))
        if rule == TRIPLET:
            return Fitted(rule, best_triplet(part.area, gain, self.pixels)[1])
        names = list(self.gate_weights)
        calibration = fit_calibration(names, part.p, part.positive)
        p = blend_probabilities(names, part.p, calibration, self.gate_weights)
        return Fitted(rule, best_gated(part.area, gain, p, self.pixels)[1], calibration)

    def _outside(self, without: frozenset[int]) -> np.ndarray:
        return np.flatnonzero(~np.isin(self.evidence.fold, list(without)))

    def _part(self, rows: np.ndarray) -> Evidence:
        one = self.evidence
        tables = {item.name: getattr(one, item.name)[rows] for item in fields(one)}
        return Evidence(**tables)


def standard_error(values: np.ndarray, group: np.ndarray) -> float:
    """Return the standard error of the mean of `values` `(n,)` whose groups are drawn whole.

    The cluster form, sqrt(sum over groups of (sum of deviations)^2) / n (Liang & Zeger,
    Biometrika 73:13-22, 1986).
    """
    sums = np.bincount(group, values - values.mean())
    return float(np.sqrt((sums**2).sum()) / len(values))


def bootstrap_interval(
    values: np.ndarray, group: np.ndarray, *, level: float, resamples: int, seed: int
) -> tuple[float, float]:
    """Return a percentile interval of the mean of `values` `(n,)`, drawing whole groups.

    Images of one patient are not independent (Field & Welsh, JRSS B 69:369-390, 2007).
    """
    means = resampled_means(values, group, resamples=resamples, seed=seed)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def resampled_means(
    values: np.ndarray, group: np.ndarray, *, resamples: int, seed: int
) -> np.ndarray:
    """Return the mean of `values` in each resample of whole groups, float64 `(resamples,)`."""
    _, group = np.unique(group, return_inverse=True)
    sums, sizes = np.bincount(group, values), np.bincount(group)
    rng, count = np.random.default_rng(seed), len(sums)
    means = np.empty(resamples)
    block = max(1, 2_000_000 // count)  # 16 MB of counts at a time
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        drawn = rng.multinomial(count, np.full(count, 1 / count), size=size)
        means[start : start + size] = (drawn @ sums) / (drawn @ sizes)
    return means
