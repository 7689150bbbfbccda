"""Curves: the score over each threshold, and the calibration of probabilities."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ensembling.evaluation.nested_cv import Fitted, NestedCV
from ensembling.rules.thresholds import Thresholds

BINS = 10
POINTS = 64
"""Maximum number of points of a curve."""


def curves(cv: NestedCV, fitted: Fitted) -> dict[str, Any]:
    """Return the in-sample score over each threshold, the others fixed, and the reliability.

    Returns:
        bottom, top, gate: `{"x": [...], "score": [...]}`, if the rule has such a threshold;
        reliability: see `reliability`.
    """
    kept = fitted.thresholds
    found: dict[str, Any] = {}
    if fitted.rule != "empty":
        levels = range(1, 256, 256 // POINTS)
        free = kept.min_area == 0 and kept.top == kept.bottom  # one threshold
        bottoms = [
            Thresholds(level if free else kept.top, kept.min_area, level, kept.gate)
            for level in levels
            if free or level <= kept.top
        ]
        found["bottom"] = _curve(cv, fitted, [one.bottom for one in bottoms], bottoms)
        if not free:
            tops = [replace(kept, top=level) for level in levels if level >= kept.bottom]
            found["top"] = _curve(cv, fitted, [one.top for one in tops], tops)
        if kept.gate is not None:
            values = cv.gate_values(fitted)
            gates = np.unique(np.quantile(values, np.linspace(0, 1, POINTS))).tolist()
            found["gate"] = _curve(cv, fitted, gates, [replace(kept, gate=g) for g in gates])
    return found | {"reliability": reliability(cv)}


def reliability(cv: NestedCV) -> list[dict[str, float]]:
    """Return the share of positive images by predicted probability.

    The probability is the weighted mean of the members', calibrated out-of-fold.

    Returns:
        A row for each tenth of the images: p, share (of positive images), images.
    """
    if not cv.probabilities_possible():
        return []
    p, positive = cv.probabilities(), cv.counts.positive
    tenths = np.array_split(np.argsort(p, kind="stable"), min(BINS, len(p)))
    return [
        {"p": float(p[one].mean()), "share": float(positive[one].mean()), "images": float(len(one))}
        for one in tenths
    ]


def _curve(
    cv: NestedCV, fitted: Fitted, x: Sequence[float], thresholds: Sequence[Thresholds]
) -> dict[str, list[float]]:
    everything = np.arange(len(cv.counts.fold))
    scores = [
        float(cv.outcome(replace(fitted, thresholds=one), everything).score.mean())
        for one in thresholds
    ]
    return {"x": list(x), "score": scores}
