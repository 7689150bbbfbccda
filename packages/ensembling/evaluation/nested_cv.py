"""Nested cross-validation: rules are fitted and chosen without the images they are scored on."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

import numpy as np

import jobs
from ensembling.evaluation.bootstrap import jackknife_error, standard_error
from ensembling.maps.level_counts import LevelCounts
from ensembling.maps.member import Weights
from ensembling.rules.calibration import blend_probabilities, fit_calibration
from ensembling.rules.expected_score import Expected, columns, fit_expected
from ensembling.rules.hill_climbing import hill_climb
from ensembling.rules.thresholds import Thresholds, predicted, scores
from ensembling.rules.triplet_search import best_gated, best_threshold, best_triplet

EMPTY, GATE, TRIPLET = "empty", "gate", "triplet"
GATED, EXPECTED = "triplet + gate", "expected score"
RULES = (EMPTY, GATE, TRIPLET, GATED, EXPECTED)
"""From the simplest (no mask for any image) to a model of the gain of every image."""

CALIBRATED = (GATE, GATED, EXPECTED)
"""Rules that use probabilities; they need positive and negative images."""

Part = frozenset[int]
"""The folds that are left out of a fit."""


class Choice(NamedTuple):
    """A rule, and whether the weights of the members are fitted or equal."""

    rule: str
    weighted: bool = False

    def __str__(self) -> str:
        return f"{self.rule}, weights" if self.weighted else self.rule


@dataclass(frozen=True)
class Fitted:
    """A rule with its fitted parameters."""

    rule: str
    weights: Weights
    thresholds: Thresholds
    calibration: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    gate_weights: Mapping[str, float] = field(default_factory=dict)
    expected: Expected | None = None


@dataclass(frozen=True)
class Outcome:
    """Results of a rule: metric of each image, and whether it gets a mask; both `(n,)`."""

    score: np.ndarray
    predicted: np.ndarray


def parts_of(fold: np.ndarray) -> Iterator[Part]:
    """Yield the parts that nested cross-validation leaves out: none, each fold, each pair."""
    folds = sorted(set(fold.tolist()))
    for size in range(min(3, len(folds))):
        yield from (frozenset(left) for left in combinations(folds, size))


class NestedCV:
    """Fits rules without held-out folds; each fit is made once and cached.

    Args:
        tables: level counts by the weights of the members' maps, all of the same images in the
            same folds.
        names: of the members.
        equal: weights of the maps without fitting.
        gate: weights of the probabilities without fitting.
        pixels: number of pixels of an image.
        weighting: the fitted weights of the maps for each part; None for `equal` only.
    """

    def __init__(
        self,
        tables: Mapping[Weights, LevelCounts],
        names: Sequence[str],
        *,
        equal: Weights,
        gate: Weights,
        pixels: int,
        weighting: Mapping[Part, Weights] | None = None,
    ) -> None:
        self.tables, self.names, self.pixels = tables, list(names), pixels
        self.equal, self.gate, self.weighting = equal, gate, weighting
        self.counts = tables[equal]
        self.folds = sorted(set(self.counts.fold.tolist()))
        self._known: dict[tuple[Choice, Part], Fitted] = {}
        self._calibrations: dict[Part, Mapping[str, tuple[float, float]]] = {}

    def in_folds(self, fold: np.ndarray, weighting: Mapping[Part, Weights] | None) -> "NestedCV":
        """Return the same with other folds `(n,)`."""
        tables = {one: replace(table, fold=fold) for one, table in self.tables.items()}
        return NestedCV(
            tables, self.names, equal=self.equal, gate=self.gate, pixels=self.pixels,
            weighting=weighting,
        )  # fmt: skip

    def fit_all(self, workers: int | None = None, report: jobs.Report = jobs.silent) -> None:
        """Fit all rules with equal weights in threads; the search releases the interpreter lock."""
        keys = [(Choice(rule), part) for part in parts_of(self.counts.fold) for rule in RULES
                if rule not in CALIBRATED or self._both_kinds(part)]  # fmt: skip
        with ThreadPoolExecutor(workers or jobs.available_cores()) as pool:
            for done, _ in enumerate(pool.map(lambda key: self.fit(*key), keys), start=1):
                report("thresholds", done, len(keys), {})

    def fit(self, choice: Choice, without: Part = frozenset()) -> Fitted:
        """Fit a rule on all images outside the folds in `without`."""
        key = (choice, without)
        if key not in self._known:
            self._known[key] = self._fit(choice, without)
        return self._known[key]

    def outcome(self, fitted: Fitted, rows: np.ndarray) -> Outcome:
        """Apply `fitted` to the images at `rows` (positions)."""
        part = _part(self.tables[fitted.weights], rows)
        gate = self._gate(fitted, part)
        return Outcome(
            scores(part, fitted.thresholds, gate), predicted(part.area, fitted.thresholds, gate)
        )

    def held_out(self, choice: Choice | None, without: Part = frozenset()) -> Outcome:
        """Score each fold with the rule fitted on the others, leaving out the folds in `without`.

        With `choice` None the rule is chosen within each part, too.

        Returns:
            Rows in the order of the images outside `without`.
        """
        n = len(self.counts.fold)
        score, mask = np.zeros(n), np.zeros(n, bool)
        for fold in self.folds:
            if fold in without:
                continue
            others = without | {fold}
            chosen = self.choose(others) if choice is None else choice
            rows = np.flatnonzero(self.counts.fold == fold)
            outcome = self.outcome(self.fit(chosen, others), rows)
            score[rows], mask[rows] = outcome.score, outcome.predicted
        rows = self._outside(without)
        return Outcome(score[rows], mask[rows])

    def correction(self) -> np.ndarray:
        """Return the correction of each image's score for the fits without a fold.

        A rule fitted on all images is better than the rules that are scored, which are fitted on
        one fold less. The difference is estimated by applying both to all images: the score of the
        former minus the mean of the latter, weighted by the sizes of their folds (Burman, A
        comparative study of ordinary cross-validation, v-fold cross-validation and the repeated
        learning-testing methods, Biometrika 1989). Without post-processing.

        Returns:
            float64 `(n,)`; its mean must be added to the mean of `held_out(None)`.
        """
        everything = np.arange(len(self.counts.fold))
        share = np.array([(self.counts.fold == fold).mean() for fold in self.folds])
        return self.outcome(self.fit(self.choose()), everything).score - share @ self._elsewhere

    def fit_error(self) -> float:
        """Return the error of a score due to the images of the fit, see `jackknife_error`."""
        return jackknife_error(self._elsewhere)

    @cached_property
    def _elsewhere(self) -> np.ndarray:
        """Scores of all images by the rule of each left-out fold, float64 `(folds, n)`."""
        everything = np.arange(len(self.counts.fold))
        parts = [frozenset({fold}) for fold in self.folds]
        return np.array(
            [self.outcome(self.fit(self.choose(one), one), everything).score for one in parts]
        )

    def choose(self, without: Part = frozenset()) -> Choice:
        """Choose by cross-validation over the folds outside `without`.

        The best of the rules with equal weights, of ties the simplest. Fitted weights must gain
        more than one standard error, computed over groups (Breiman et al., Classification and
        Regression Trees, 1984).
        """
        if len(self.folds) - len(without) < 2:
            return Choice(TRIPLET)
        rules = self.rules(without)
        kept = max(rules, key=lambda rule: self.held_out(Choice(rule), without).score.mean())
        if True not in self._weightings(kept):
            return Choice(kept)
        gained = (
            self.held_out(Choice(kept, True), without).score
            - self.held_out(Choice(kept), without).score
        )
        group = self.counts.group[self._outside(without)]
        return Choice(kept, bool(gained.mean() > standard_error(gained, group)))

    def choices(self) -> list[Choice]:
        """Return all choices that were compared on all images, from the simplest."""
        return [Choice(rule, weighted) for rule in self.rules()
                for weighted in self._weightings(rule)]  # fmt: skip

    def rules(self, without: Part = frozenset()) -> tuple[str, ...]:
        """Return the rules that can be fitted in every part, from the simplest."""
        if self.probabilities_possible(without):
            return RULES
        return tuple(rule for rule in RULES if rule not in CALIBRATED)

    def probabilities_possible(self, without: Part = frozenset()) -> bool:
        """Return whether every part for calibration has positive and negative images."""
        return all(self._both_kinds(without | {fold}) for fold in self.folds)

    def gate_values(self, fitted: Fitted) -> np.ndarray:
        """Return the values that are compared with the gate of `fitted`, `(n,)`."""
        values = self._gate(fitted, self.tables[fitted.weights])
        assert values is not None, "the rule has no gate"
        return values

    def probabilities(self) -> np.ndarray:
        """Return the blended probabilities with out-of-fold calibration, `(n,)`."""
        shares = dict(zip(self.names, self.gate, strict=True))
        p = np.empty(len(self.counts.fold))
        for fold in self.folds:
            rows = self.counts.fold == fold
            calibration = self._calibration(frozenset({fold}))
            p[rows] = blend_probabilities(self.names, self.counts.p[rows], calibration, shares)
        return p

    def _weightings(self, rule: str) -> tuple[bool, ...]:
        """Return for which values of `Choice.weighted` the rule can be fitted."""
        several = self.weighting is not None and rule != EMPTY
        return (False, True) if several else (False,)

    def _both_kinds(self, without: Part) -> bool:
        positive = self.counts.positive[self._outside(without)]
        return bool(positive.any() and not positive.all())

    def _fit(self, choice: Choice, without: Part) -> Fitted:
        rule, rows = choice.rule, self._outside(without)
        weights = self.equal
        if choice.weighted:
            assert self.weighting is not None, "no weights were fitted"
            weights = self.weighting[without]
        nothing = Fitted(rule, weights, Thresholds(255, self.pixels, 255))
        part = _part(self.tables[weights], rows)
        if rule == EMPTY:
            return nothing
        if rule == TRIPLET:
            return Fitted(rule, weights, best_triplet(part.area, part.gain, self.pixels)[1])
        if rule == EXPECTED:
            table = columns(part.area, part.statistics, part.p, self.pixels)
            found = fit_expected(table, part.gain, part.positive)
            if found is None:
                return nothing
            thresholds = Thresholds(found[1], 0, found[1], 0.0)
            return Fitted(rule, weights, thresholds, expected=found[0])
        calibration = self._calibration(without)
        shares = dict(zip(self.names, self.gate, strict=True))
        if choice.weighted:
            shares = self._best_shares(calibration, part)
        p = blend_probabilities(self.names, part.p, calibration, shares)
        if rule == GATE:
            thresholds = best_threshold(part.gain, p, self.pixels)[1]
        else:
            thresholds = best_gated(part.area, part.gain, p, self.pixels)[1]
        return Fitted(rule, weights, thresholds, calibration, shares)

    def _calibration(self, without: Part) -> Mapping[str, tuple[float, float]]:
        if without not in self._calibrations:
            rows = self._outside(without)
            p, positive = self.counts.p[rows], self.counts.positive[rows]
            self._calibrations[without] = fit_calibration(self.names, p, positive)
        return self._calibrations[without]

    def _best_shares(
        self, calibration: Mapping[str, tuple[float, float]], part: LevelCounts
    ) -> dict[str, float]:
        """Return the weights of the calibrated probabilities with the least log loss."""

        def likelihood(weights: Weights) -> float:
            shares = dict(zip(self.names, weights, strict=True))
            p = blend_probabilities(self.names, part.p, calibration, shares)
            return float(np.log(np.where(part.positive, p, 1 - p)).mean())

        found, _ = hill_climb(len(self.names), likelihood)
        return dict(zip(self.names, found, strict=True))

    def _gate(self, fitted: Fitted, part: LevelCounts) -> np.ndarray | None:
        """Return the values that are compared with the gate, `(n,)`; None without a gate."""
        if fitted.expected is not None:
            table = columns(part.area, part.statistics, part.p, self.pixels)
            return fitted.expected.gain(table)
        if fitted.thresholds.gate is None:
            return None
        return blend_probabilities(self.names, part.p, fitted.calibration, fitted.gate_weights)

    def _outside(self, without: Part) -> np.ndarray:
        return np.flatnonzero(~np.isin(self.counts.fold, list(without)))


def _part(counts: LevelCounts, rows: np.ndarray) -> LevelCounts:
    return LevelCounts(**{item.name: getattr(counts, item.name)[rows] for item in fields(counts)})
