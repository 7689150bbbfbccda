"""Features of radiographs and of their sides for LightGBM, and the labels of the sides."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import contest
import cxr
import imagefeatures
import imagestack

SIDE = 1024
"""Side in pixels of the images from which features are computed."""

SHARE = 0.1
"""Share of an image's lesion that makes a side positive: annotations slightly cross the middle."""

HEADER = imagefeatures.Facts(
    "header", {"age": (), "sex": ("F", "M"), "view": ("PA", "AP"), "spacing": ()}
)
"""Age in years, sex (0 F, 1 M), view (0 PA, 1 AP), pixel spacing in mm."""

FAMILIES = (
    cxr.Lines(),
    cxr.LungLines(),
    cxr.LungRadiomics(),
    cxr.LungRadiomics(zones=True),
    imagefeatures.Radiomics(),
    HEADER,
)
"""The families that experiments can use."""


table = imagefeatures.table_of(FAMILIES)
"""The features of an experiment's families; the family header needs facts, as of DICOM files."""


def side_tables(source: contest.Source, side: int) -> dict[str, pd.DataFrame]:
    """Return the features of both sides of the images of `source`, cached where possible."""
    return cxr.extract_sides(source.stack(side), cache_dir=source.features, report=source.report)


def side_labels(source: contest.Source) -> pd.DataFrame:
    """Return for every training image whether its left and its right half contain the lesion.

    Returns:
        int64, 0 or 1, columns "left" and "right" of the picture, indexed by image id. A side is
        positive with at least `SHARE` of the annotated pixels.
    """
    dataset = source.dataset
    labels = pd.DataFrame(
        np.zeros((len(dataset.areas), 2), np.int64), dataset.areas.index, list(cxr.SIDES)
    )
    for image_id in dataset.areas.index[dataset.areas > 0]:
        mask = dataset.truth[image_id].mask()
        middle = mask.shape[1] // 2
        halves = np.array([mask[:, :middle].sum(), mask[:, middle:].sum()])
        labels.loc[image_id] = (halves / halves.sum() >= SHARE).astype(np.int64)
    return labels


SIDES = contest.Sides(side_tables, side_labels)
"""The left and right halves of the image."""


def show(file: Path) -> tuple[np.ndarray, dict[str, Any]]:
    """Return a drawing of the lung fields, their zones and the strongest lines of a radiograph."""
    pixels = imagestack.read_image(file, SIDE)
    fields = cxr.lung_fields(pixels)
    about = {
        "quality": fields.quality,
        "reason": fields.reason,
        "left_share": float(fields.left.mean()),
        "right_share": float(fields.right.mean()),
    }
    return cxr.draw_lungs(pixels), about
