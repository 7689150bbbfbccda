"""The expected gain of a mask, by linear models of probabilities and map statistics.

A mask gains its score on a positive image and loses 1 on a negative one, so its expected gain is
positive if p E[score | positive] > 1 - p. Both factors are predicted by linear models of the
members' predictions.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from pydantic import ConfigDict
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from ensembling.maps.map_statistics import STATISTICS
from ensembling.rules.calibration import logit

REACHED = (1e-4, 1e-3, 1e-2)
"""Shares of the image; for each, a column has the level that this share of pixels reaches."""

AREA_LEVELS = (64, 128, 192)
"""Levels whose areas are used as columns."""

FIGURES = len(REACHED) + len(AREA_LEVELS) + len(STATISTICS)
"""Number of columns besides the members' probabilities."""

BOTTOMS = np.arange(8, 256, 8)
"""Thresholds that are tried."""

RIDGE_P, RIDGE_OVERLAP = 1.0, 30.0
"""Penalties on the weights of standardised columns."""


@dataclass(frozen=True)
class Expected:
    """Two linear models of the columns of `columns`.

    Attributes:
        p: weights of the columns for the log-odds of a positive image.
        p_constant: their intercept.
        overlap: weights of the columns for the score of a mask on a positive image.
        overlap_constant: their intercept.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")  # when a blend is read

    p: tuple[float, ...]
    p_constant: float
    overlap: tuple[float, ...]
    overlap_constant: float

    def gain(self, table: np.ndarray) -> np.ndarray:
        """Return p E[score | positive] - (1 - p) of each row of `table`, float64 `(n,)`."""
        p = 1 / (1 + np.exp(-(table @ np.array(self.p) + self.p_constant)))
        score = np.clip(table @ np.array(self.overlap) + self.overlap_constant, 0, 1)
        return p * score - (1 - p)

    def check(self, members: int) -> None:
        """Raise a ValueError unless the models have the columns of a blend of `members` members."""
        if not len(self.p) == len(self.overlap) == members + FIGURES:
            raise ValueError(f"its models have {len(self.p)} columns, not {members + FIGURES}")


def columns(area: np.ndarray, statistics: np.ndarray, p: np.ndarray, pixels: int) -> np.ndarray:
    """Return the inputs of the models for n images, float64 `(n, members + FIGURES)`.

    Args:
        area: `(n, 256)`, pixels at every level.
        shapes: `(n, k)`, see `statistics`.
        p: `(n, members)`.
        pixels: number of pixels of an image.
    """
    reached = [(area[:, 1:] >= max(1.0, share * pixels)).sum(axis=1) / 255 for share in REACHED]
    sizes = np.log1p(1000 / pixels * area[:, AREA_LEVELS])
    return np.column_stack([logit(p), *reached, sizes, statistics])


def fit_expected(
    table: np.ndarray, gain: np.ndarray, positive: np.ndarray
) -> tuple[Expected, int] | None:
    """Fit both models, and the best threshold with them.

    The model of the overlap is fitted on positive images, weighted by the probability of the first
    model, as images of high probability get a mask.

    Args:
        table: `(n, columns)`.
        gain: `(n, 256)`, score at every level minus that of the empty mask.
        positive: bool `(n,)`, with positive and negative images.

    Returns:
        The models and the level; None if no level has a gain.
    """
    scaler = StandardScaler().fit(table)
    scaled = scaler.transform(table)
    presence = LogisticRegression(C=1 / RIDGE_P).fit(scaled, positive)
    log_odds = _unscaled(
        presence.coef_[0], float(presence.intercept_[0]), scaler.mean_, scaler.scale_
    )
    believed = presence.predict_proba(scaled[positive])[:, 1]
    overlap = Ridge(RIDGE_OVERLAP).fit(
        scaled[positive], gain[positive][:, BOTTOMS], sample_weight=believed
    )
    best, gained = None, 0.0
    for k, bottom in enumerate(BOTTOMS):
        weights, constant = overlap.coef_[k], float(overlap.intercept_[k])
        model = Expected(
            *log_odds,
            *_unscaled(weights, constant, scaler.mean_, scaler.scale_),
        )
        total = float(gain[model.gain(table) > 0, bottom].sum())
        if total > gained:
            best, gained = (model, int(bottom)), total
    return best


def _unscaled(
    weights: np.ndarray, constant: float, mean: np.ndarray, scale: np.ndarray
) -> tuple[tuple[float, ...], float]:
    plain = weights / scale
    return tuple(map(float, plain)), float(constant - plain @ mean)
