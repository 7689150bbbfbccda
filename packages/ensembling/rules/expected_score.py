"""The expected score of drawing a mask, from a small model of probabilities and map statistics.

A mask gains its score where there is a lesion and loses 1 where there is none, so it pays where
p E[score | lesion] > 1 - p. Both factors come from linear models of what all members say.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ensembling.maps.map_statistics import STATISTICS
from ensembling.rules.calibration import logit

REACHED = (1e-4, 1e-3, 1e-2)
"""Shares of the image; a column each for the level that so many pixels reach."""

CUTS = (64, 128, 192)
"""Levels whose areas are columns."""

FIGURES = len(REACHED) + len(CUTS) + len(STATISTICS)
"""Columns beside those of the members' probabilities."""

BOTTOMS = np.arange(8, 256, 8)
"""Levels at which a mask may be cut."""

RIDGE_P, RIDGE_OVERLAP = 1.0, 30.0
"""Penalties on the weights of standardised columns."""


@dataclass(frozen=True)
class Expected:
    """Two linear models of the columns of `columns`.

    Attributes:
        p: of the log-odds of a lesion, one weight a column.
        p_constant: their intercept.
        overlap: of the score of a mask where there is one.
        overlap_constant: their intercept.
    """

    p: tuple[float, ...]
    p_constant: float
    overlap: tuple[float, ...]
    overlap_constant: float

    def gain(self, table: np.ndarray) -> np.ndarray:
        """Return p E[score | lesion] - (1 - p) of each row of `table`, float64 `(n,)`."""
        p = 1 / (1 + np.exp(-(table @ np.array(self.p) + self.p_constant)))
        score = np.clip(table @ np.array(self.overlap) + self.overlap_constant, 0, 1)
        return p * score - (1 - p)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {name: list(value) if isinstance(value, tuple) else value
                for name, value in asdict(self).items()}  # fmt: skip

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], members: int) -> "Expected":
        """Read what `as_dict` gave for a blend of so many members.

        Raises:
            TypeError, ValueError, KeyError: entries are missing or of another kind.
        """
        p, overlap = (tuple(map(float, record[name])) for name in ("p", "overlap"))
        if not len(p) == len(overlap) == members + FIGURES:
            raise ValueError(f"its models see {len(p)} figures, not {members + FIGURES}")
        return cls(p, float(record["p_constant"]), overlap, float(record["overlap_constant"]))


def columns(area: np.ndarray, shapes: np.ndarray, p: np.ndarray, pixels: int) -> np.ndarray:
    """Return what the models see of n images, float64 `(n, members + FIGURES)`.

    Args:
        area: `(n, 256)`, pixels at every level.
        shapes: `(n, k)`, see `statistics`.
        p: `(n, members)`.
        pixels: of an image.
    """
    reached = [(area[:, 1:] >= max(1.0, share * pixels)).sum(axis=1) / 255 for share in REACHED]
    sizes = np.log1p(1000 / pixels * area[:, CUTS])
    return np.column_stack([logit(p), *reached, sizes, shapes])


def fit_expected(
    table: np.ndarray, gain: np.ndarray, positive: np.ndarray
) -> tuple[Expected, int] | None:
    """Fit both models and the level of the cut that gains most with them.

    Images without a lesion know nothing of the overlap, and of the others those weigh more that the
    first model believes in, because they are the ones that get a mask.

    Args:
        table: `(n, columns)`.
        gain: `(n, 256)`, score at every level less that of the empty mask.
        positive: bool `(n,)`, with images of both kinds.

    Returns:
        The models and the level; None where no level gains anything.
    """
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(table)
    scaled = scaler.transform(table)
    lesion = LogisticRegression(C=1 / RIDGE_P).fit(scaled, positive)
    believed = lesion.predict_proba(scaled[positive])[:, 1]
    overlap = Ridge(RIDGE_OVERLAP).fit(
        scaled[positive], gain[positive][:, BOTTOMS], sample_weight=believed
    )
    best, gained = None, 0.0
    for k, bottom in enumerate(BOTTOMS):
        weights, constant = overlap.coef_[k], float(overlap.intercept_[k])
        model = Expected(
            *_unscaled(lesion.coef_[0], float(lesion.intercept_[0]), scaler.mean_, scaler.scale_),
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
