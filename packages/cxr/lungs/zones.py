"""Zones of both lungs, features independent of the side, and a drawing of the lung fields."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

import drawing
from cxr.lungs.fields import SIDE, LungFields, Mask, lung_fields
from imagefeatures import Floats, normalised

ZONES = ("apical", "lateral", "middle", "medial", "basal")
"""The zones of a lung."""

# Okabe & Ito palette in BGR: green zones, vermilion lines.
ZONE = (115, 158, 0)
LINE = (0, 94, 213)
STRONGEST = 0.004
"""Share of the pixels marked as lines."""

Labels = NDArray[np.uint8]


def zones(fields: LungFields) -> dict[str, Mask]:
    """Return the zones of both lungs as a dict `<left|right>_<zone>` -> bool `(256, 256)`.

    The top and bottom quarters of a lung's rows are the apical and basal zones; each row in
    between is divided into three equal parts, lateral, middle and medial. The five zones of a lung
    are a partition of the lung.
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
    """Return labels, uint8 `shape`: 1 to 5 in zones of the left lung, 6 to 10 in the right, else 0.

    The zones are in the order of `ZONES`; pixels inside both lungs are 0.
    """
    found = zones(fields)
    left, right = (
        sum(np.uint8(k) * found[f"{side}_{zone}"] for k, zone in enumerate(ZONES, start=1))
        for side in ("left", "right")
    )
    # The right lung is mirrored before resizing, so that rounding is equal for both lungs.
    one, other = _resized(np.asarray(left), shape), _resized(np.asarray(right)[:, ::-1], shape)
    other = other[:, ::-1]
    other = np.where(other > 0, other + np.uint8(len(ZONES)), other)
    return np.where((one > 0) & (other > 0), np.uint8(0), one + other)


def paired(name: str, values: NDArray[np.floating], parts: Sequence[str]) -> dict[str, float]:
    """Return the lower and higher value of both lungs and their difference.

    Args:
        name: prefix of the feature names `<name>_<low|high|apart>_<part>`.
        values: `(2, k)`, one row per lung.
        parts: k suffixes of the feature names.
    """
    low, high = values.min(0), values.max(0)
    return {
        f"{name}_{kind}_{part}": float(value)
        for kind, row in (("low", low), ("high", high), ("apart", high - low))
        for part, value in zip(parts, row, strict=True)
    }


def draw_lungs(image: NDArray[np.uint8], size: int = 1024) -> NDArray[np.uint8]:
    """Draw lung fields, zones and the strongest thin bright lines of `image`, uint8 `(h, w)`.

    The lines are marked in and around the lungs; the caption gives the quality of the fields.

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
    """Return the relative position of every pixel in a left lung, float32 `(256, 256)` each.

    The first runs from 0 (top) to 1 (base), the second from 0 (chest wall) to 1 (midline); both
    are undefined outside the lung.
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
