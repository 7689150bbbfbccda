"""Predicted and true outlines of a selection of images on one sheet."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

import contest
import drawing
import ensembling
import rlemask
from tools.usecases import blending
from tools.usecases.workplace import Workplace

PANELS = 18
SIDE = 512
"""Side of a panel in pixels."""


def sheet(place: Workplace, blend: ensembling.Blend, path: Path) -> Path:
    """Draw out-of-fold predictions of a blend: positive images by mask area, and negative ones.

    The mask is that of the blend's rule; a caption gives the score.
    """
    predicted = blending.oof_masks(place, blend)
    panels = [_panel(place, image_id, predicted) for image_id in _chosen(place, predicted)]
    drawing.write_png(path, drawing.contact_sheet(panels))
    return path


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
