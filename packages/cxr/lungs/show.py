"""What the features look at, drawn over the radiograph."""

import cv2
import numpy as np
from numpy.typing import NDArray

import drawing
from cxrlungs import Floats, LungFields, lung_fields, normalised, zones

# Of Okabe & Ito's palette, as cv2 wants them (BGR): green zones, vermilion lines.
ZONE = (115, 158, 0)
LINE = (0, 94, 213)
STRONGEST = 0.004
"""Share of the pixels that are marked as lines."""


def draw_lungs(image: NDArray[np.uint8], size: int = 1024) -> NDArray[np.uint8]:
    """Return a picture of what the features see in `image`, uint8 `(h, w)`.

    The outlines of the lung fields, thin borders of their zones and, marked, the strongest bright
    thin lines in and around the lungs; the caption has the quality of the fields.

    Returns:
        uint8 BGR `(size + caption, size, 3)`.

    Raises:
        ValueError: `image` is not uint8 `(h, w)` of at least 32 x 32.
    """
    fields = lung_fields(image)
    caption = f"lung fields: quality {fields.quality:g} {fields.reason}"
    left, right = (lung.astype(np.uint8) for lung in (fields.left, fields.right))
    picture = drawing.panel(drawing.Panel(image, left, right, caption), size)
    for zone in zones(fields).values():
        cv2.drawContours(picture, _outlines(zone, size), -1, ZONE, 1, cv2.LINE_AA)
    picture[:size][_lines(image, fields, size)] = LINE
    return np.asarray(picture, np.uint8)


def _outlines(mask: NDArray[np.bool_], size: int) -> list[NDArray[np.int32]]:
    large = cv2.resize(mask.astype(np.uint8), (size, size), interpolation=cv2.INTER_NEAREST)
    found = cv2.findContours(large, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    return [np.asarray(outline, np.int32) for outline in found]


def _lines(image: NDArray[np.uint8], fields: LungFields, size: int) -> NDArray[np.bool_]:
    """Return the strongest pixels of the finest bright lines near the lungs, bool."""
    grey = normalised(np.asarray(cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)))
    fine, wide = (cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in (0.8, 2.0))
    near = cv2.dilate((fields.left | fields.right).astype(np.uint8), np.ones((25, 25), np.uint8))
    inside = cv2.resize(near, (size, size), interpolation=cv2.INTER_NEAREST) != 0
    response: Floats = np.where(inside, fine - wide, 0).astype(np.float32)
    cut = float(np.quantile(response, 1 - STRONGEST))
    return np.asarray(response > max(cut, 1e-3))
