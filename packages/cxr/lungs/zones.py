"""Maps summed up over the zones of both lungs, in an order that knows no left and right."""

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from cxrlungs import ZONES, Floats, LungFields, Mask, lung_fields, zones

Labels = NDArray[np.uint8]
Doubles = NDArray[np.float64]


def fields_of(image: NDArray[np.uint8]) -> LungFields:
    """Return `lung_fields` of `image`, found once for all families that look at one image."""
    return _fields(image.shape, image.tobytes())


@lru_cache(maxsize=1)
def _fields(shape: tuple[int, ...], pixels: bytes) -> LungFields:
    return lung_fields(np.frombuffer(pixels, np.uint8).reshape(shape))


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


def around_lungs(labels: Labels, margin: int) -> tuple[slice, slice]:
    """Return the rows and columns that hold all zones and `margin` pixels around them."""
    found = (np.flatnonzero((labels > 0).any(axis)) for axis in (1, 0))
    down, across = (
        slice(max(places[0] - margin, 0), places[-1] + margin + 1) if places.size else slice(None)
        for places in found
    )
    return down, across


def zone_means(values: Floats, labels: Labels) -> Doubles:
    """Return float64 `(2, 5)`: the mean of `values` `(h, w)` in every zone of either lung.

    A zone without a pixel takes the mean of all zones, or 0 where there is none.
    """
    n = 2 * len(ZONES) + 1
    sums = np.bincount(labels.ravel(), values.ravel(), n)[1:]
    counts = np.bincount(labels.ravel(), minlength=n)[1:]
    everywhere = sums.sum() / max(counts.sum(), 1)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), everywhere)
    return means.reshape(2, len(ZONES))


def paired(name: str, values: Doubles, parts: Sequence[str] = ZONES) -> dict[str, float]:
    """Return the lower and the higher value of both lungs, and how far apart they are.

    Args:
        name: first word of the names "<name>_<low|high|apart>_<part>".
        values: float64 `(2, k)`, one row per lung.
        parts: the k last words.
    """
    low, high = values.min(0), values.max(0)
    return {
        f"{name}_{kind}_{part}": float(value)
        for kind, row in (("low", low), ("high", high), ("apart", high - low))
        for part, value in zip(parts, row, strict=True)
    }


def _resized(labels: Labels | Mask, shape: tuple[int, ...]) -> Labels:
    size = (shape[1], shape[0])
    labels = np.ascontiguousarray(labels, np.uint8)
    return np.asarray(cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST), np.uint8)
