"""Curves for a person to look at: what other thresholds would have scored, and calibration."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ensembling.evaluation.nested_cv import Fitted, Judge
from ensembling.rules.thresholds import Thresholds

BINS = 10
POINTS = 64
"""Most points of a curve."""


def curves(judge: Judge, fitted: Fitted) -> dict[str, Any]:
    """Return the in-sample score over each threshold, the others kept, and the reliability.

    Returns:
        bottom, top, gate: `{"x": [...], "score": [...]}`, where the rule has such a threshold;
        reliability: see `reliability`.
    """
    kept = fitted.thresholds
    found: dict[str, Any] = {}
    if fitted.rule != "empty":
        levels = range(1, 256, 256 // POINTS)
        free = kept.min_area == 0 and kept.top == kept.bottom  # one cut is both
        bottoms = [
            Thresholds(level if free else kept.top, kept.min_area, level, kept.gate)
            for level in levels
            if free or level <= kept.top
        ]
        found["bottom"] = _curve(judge, fitted, [one.bottom for one in bottoms], bottoms)
        if not free:
            tops = [replace(kept, top=level) for level in levels if level >= kept.bottom]
            found["top"] = _curve(judge, fitted, [one.top for one in tops], tops)
        if kept.gate is not None:
            values = judge.gate_values(fitted)
            gates = np.unique(np.quantile(values, np.linspace(0, 1, POINTS))).tolist()
            found["gate"] = _curve(judge, fitted, gates, [replace(kept, gate=g) for g in gates])
    return found | {"reliability": reliability(judge)}


def reliability(judge: Judge) -> list[dict[str, float]]:
    """Return how often images hold a lesion, by the probability that was given to them.

    The probability is the weighted mean of the members', calibrated without the image's fold.

    Returns:
        A row for each tenth of the images: p, share (of images with a lesion), images.
    """
    if not judge.probabilities_possible():
        return []
    p, positive = judge.probabilities(), judge.evidence.positive
    tenths = np.array_split(np.argsort(p, kind="stable"), min(BINS, len(p)))
    return [
        {"p": float(p[one].mean()), "share": float(positive[one].mean()), "images": float(len(one))}
        for one in tenths
    ]


def _curve(
    judge: Judge, fitted: Fitted, x: Sequence[float], thresholds: Sequence[Thresholds]
) -> dict[str, list[float]]:
    everything = np.arange(len(judge.evidence.fold))
    scores = [
        float(judge.verdict(replace(fitted, thresholds=one), everything).score.mean())
        for one in thresholds
    ]
    return {"x": list(x), "score": scores}
