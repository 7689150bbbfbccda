"""Pictures of a blend: its charts, and a sheet of images with predicted and true outlines."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import contest
import drawing
import ensembling
import rlemask
from tools.usecases.context.workplace import Workplace

PANELS = 18
"""Images of a sheet."""
SIDE = 512
"""Side of a panel in pixels."""

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


def sheet(place: Workplace, predicted: Mapping[str, rlemask.Runs], path: Path) -> None:
    """Write a PNG of predicted masks: positive images by true area, and negative ones.

    A caption gives the score.
    """
    panels = [_panel(place, image_id, predicted) for image_id in _chosen(place, predicted)]
    drawing.write_png(path, drawing.contact_sheet(panels))


def _chosen(place: Workplace, predicted: Mapping[str, rlemask.Runs]) -> list[str]:
    """Return two thirds positives evenly by mask area, then negatives, false positives first."""
    areas = place.dataset.areas
    positives = areas[areas > 0].sort_values(ascending=False).index
    step = max(1, len(positives) // (PANELS * 2 // 3))
    negatives = areas.index[areas == 0]
    found = sorted(negatives, key=lambda image_id: not len(predicted[image_id]))
    chosen = [*positives[::step][: PANELS * 2 // 3], *found]
    return chosen[:PANELS]


def _panel(place: Workplace, image_id: str, predicted: Mapping[str, rlemask.Runs]) -> drawing.Panel:
    dataset, spec = place.dataset, place.spec
    truth, mask = dataset.truth[image_id], predicted[image_id]
    score = float(contest.metric_of(spec)(np.array(truth.iou(mask))))
    return drawing.Panel(
        image=dataset.image(image_id, SIDE),
        truth=truth.mask(),
        prediction=mask.mask(),
        caption=f"{'positive' if len(truth) else 'negative'}  {spec.metric_name} {score:.2f}",
    )


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
