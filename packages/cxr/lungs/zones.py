"""The zones of both lungs, values of them in an order that knows no left and right, a picture."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

import drawing
from cxr.lungs.fields import SIDE, LungFields, Mask, lung_fields
from imagefeatures import Floats, normalised

ZONES = ("apical", "lateral", "middle", "medial", "basal")

# Of Okabe & Ito's palette, as cv2 wants them (BGR): green zones, vermilion lines.
ZONE = (115, 158, 0)
LINE = (0, 94, 213)
STRONGEST = 0.004
"""Share of the pixels that are marked as lines."""

Labels = NDArray[np.uint8]


def zones(fields: LungFields) -> dict[str, Mask]:
    """Return the zones of both lungs, "<left|right>_<zone>" -> bool `(256, 256)`.

    The highest and the lowest quarter of a lung's rows are its apical and basal zone; between
    them every row is cut into three equal parts, lateral, middle and medial. The five zones of a
    lung do not overlap and together are the lung.
    """
    found = {}
    for side, lung in (("left", fields.left), ("right", fields.right[:, ::-1])):
        down, inwards = _coordinates(lung)
        within = {
            "apical": down < 0.25,
            "lateral": inwards < 1 / 3,
            "middle": (inwards >= 1 / 3) & (inwards < 2 / 3),
            "medial": inwards >= 2 / 3,
            "basal": down >= 0.75,
        }
        between = ~(within["apical"] | within["basal"])
        for zone in ZONES:
            ends = zone in ("apical", "basal")
            mask = lung & (within[zone] if ends else within[zone] & between)
            found[f"{side}_{zone}"] = mask if side == "left" else mask[:, ::-1]
    return found


def zone_labels(fields: LungFields, shape: tuple[int, ...]) -> Labels:
    """Return uint8 `shape`: 1 to 5 in the zones of the left lung, 6 to 10 of the right, else 0.

    The zones keep the order of `ZONES`; what both lungs claim is in neither.
    """
    found = zones(fields)
    left, right = (
        sum(np.uint8(k) * found[f"{side}_{zone}"] for k, zone in enumerate(ZONES, start=1))
        for side in ("left", "right")
    )
    # The right lung is resized mirrored, so that rounding treats both alike.
    one, other = _resized(np.asarray(left), shape), _resized(np.asarray(right)[:, ::-1], shape)
    other = other[:, ::-1]
    other = np.where(other > 0, other + np.uint8(len(ZONES)), other)
    return np.where((one > 0) & (other > 0), np.uint8(0), one + other)


def paired(name: str, values: NDArray[np.floating], parts: Sequence[str]) -> dict[str, float]:
    """Return the lower and the higher value of both lungs, and how far apart they are.

    Args:
        name: first word of the names "<name>_<low|high|apart>_<part>".
        values: `(2, k)`, one row per lung.
        parts: the k last words.
    """
    low, high = values.min(0), values.max(0)
    return {
        f"{name}_{kind}_{part}": float(value)
        for kind, row in (("low", low), ("high", high), ("apart", high - low))
        for part, value in zip(parts, row, strict=True)
    }


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
    picture[:size][_strongest_lines(image, fields, size)] = LINE
    return np.asarray(picture, np.uint8)


def _outlines(mask: NDArray[np.bool_], size: int) -> list[NDArray[np.int32]]:
    large = cv2.resize(mask.astype(np.uint8), (size, size), interpolation=cv2.INTER_NEAREST)
    found = cv2.findContours(large, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    return [np.asarray(outline, np.int32) for outline in found]


def _strongest_lines(image: NDArray[np.uint8], fields: LungFields, size: int) -> NDArray[np.bool_]:
    """Return the strongest pixels of the finest bright lines near the lungs, bool."""
    grey = normalised(np.asarray(cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)))
    fine, wide = (cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in (0.8, 2.0))
    near = cv2.dilate((fields.left | fields.right).astype(np.uint8), np.ones((25, 25), np.uint8))
    inside = cv2.resize(near, (size, size), interpolation=cv2.INTER_NEAREST) != 0
    response: Floats = np.where(inside, fine - wide, 0).astype(np.float32)
    threshold = float(np.quantile(response, 1 - STRONGEST))
    return np.asarray(response > max(threshold, 1e-3))


def _coordinates(lung: Mask) -> tuple[Floats, Floats]:
    """Return for a left lung the place of a pixel from top to base and from wall to middle, 0..1.

    Outside the lung the values mean nothing.
    """
    rows = np.flatnonzero(lung.any(1))
    top, height = (rows[0], np.ptp(rows) + 1) if rows.size else (0, 1)
    down = (np.arange(SIDE, dtype=np.float32)[:, None] + 0.5 - top) / np.float32(height)
    first = lung.argmax(1)[:, None]
    width = np.maximum(SIDE - lung[:, ::-1].argmax(1)[:, None] - first, 1)
    inwards = ((np.arange(SIDE)[None] + 0.5 - first) / width).astype(np.float32)
    return np.broadcast_to(down, lung.shape), inwards


def _resized(labels: Labels | Mask, shape: tuple[int, ...]) -> Labels:
    size = (shape[1], shape[0])
    labels = np.ascontiguousarray(labels, np.uint8)
    return np.asarray(cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST), np.uint8)
