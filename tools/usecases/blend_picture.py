"""Charts of a blend: score over thresholds, weights, calibration, optimism."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import drawing
import ensembling

Curves = dict[str, tuple[np.ndarray, np.ndarray]]


def draw(blend: ensembling.Blend, path: Path) -> None:
    """Write a PNG: score over thresholds, search for weights, calibration, optimism."""
    curves = blend.curves
    lines = [
        drawing.Lines("in-sample score by one threshold", "threshold (0 to 255), the others fixed",
                      _curves(curves, ("bottom", "top"))),
        drawing.Lines("in-sample score by the gate", "value compared with the gate",
                      _curves(curves, ("gate",))),
        drawing.Lines("search for weights on small maps", "step", _path(blend.weights_path)),
        drawing.Lines("out-of-fold calibration", "probability",
                      _reliability(curves["reliability"])),
    ]  # fmt: skip
    charts = [chart for chart in lines if chart.curves]
    pictures = [drawing.line_charts(charts)] if charts else []
    if blend.candidates:
        inside, honest = blend.candidates_in_sample, blend.candidates
        pictures.append(
            drawing.bar_charts(
                [
                    drawing.Bars("gain over an empty file, cross-validated", "score", {
                        name: score - blend.score_empty for name, score in honest.items()
                    }),
                    drawing.Bars("optimism: in sample minus cross-validated", "score", {
                        name: inside[name] - score for name, score in honest.items()
                    }),
                ]
            )
        )  # fmt: skip
    if pictures:
        drawing.write_png(path, drawing.stacked(pictures))


def _curves(curves: Mapping[str, Any], names: Sequence[str]) -> Curves:
    return {
        name: (np.array(curves[name]["x"]), np.array(curves[name]["score"]))
        for name in names
        if name in curves
    }


def _reliability(rows: Sequence[Mapping[str, float]]) -> Curves:
    if not rows:
        return {}
    p, share = (np.array([row[key] for row in rows]) for key in ("p", "share"))
    diagonal = np.array([0.0, 1.0])
    return {"share of positive images": (p, share), "perfect": (diagonal, diagonal)}


def _path(steps: Sequence[Mapping[str, Any]]) -> Curves:
    if not steps:
        return {}
    x = np.arange(len(steps))
    curves = {"score": (x, np.array([step["score"] for step in steps]))}
    for run in steps[0]["weights"]:
        curves[f"weight of {run}"] = (x, np.array([step["weights"][run] for step in steps]))
    return curves
