"""Soft maps: the one way of averaging and enlarging them, for fitting and for applying."""

from collections.abc import Sequence

import cv2
import numpy as np

import jobs
from ensembling._errors import EnsemblingError
from ensembling.maps.member import Member


class MapFault(EnsemblingError):
    """A soft map that cannot be used; caught by the passes, which collect them."""


def enlarge(soft: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return the soft map bilinearly resampled to `shape` `(h, w)`, uint8.

    Pixel centres lie at half-integers (``align_corners=False`` of torch, `cv2.INTER_LINEAR`) and
    the border is repeated. The result is rounded to whole levels, so a cut at a level means the
    same when thresholds are fitted and when they are applied.
    """
    h, w = shape
    if soft.shape == (h, w):
        return soft
    return cv2.resize(soft, (w, h), interpolation=cv2.INTER_LINEAR)


def average(maps: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    """Return the weighted mean of soft maps, uint8 `(s, s)` with s the largest side among them.

    Smaller maps are enlarged first, so no map loses detail.

    Args:
        weights: adding up to 1; maps of weight 0 take no part.
    """
    used = [(soft, weight) for soft, weight in zip(maps, weights, strict=True) if weight > 0]
    if len(used) == 1:
        return used[0][0]
    side = max(len(soft) for soft, _ in used)
    total = np.zeros((side, side), np.float32)
    for soft, weight in used:
        total += np.float32(weight) * enlarge(soft, (side, side))
    return np.minimum(np.rint(total), 255).astype(np.uint8)


def read_maps(members: Sequence[Member], image_id: str) -> list[np.ndarray]:
    """Return the members' soft maps of one image.

    Raises:
        MapFault: naming every unusable map of the image.
    """
    maps, faults = [], []
    for member in members:
        try:
            maps.append(_read(member, image_id))
        except jobs.UserError as error:
            faults.append(str(error))
    if faults:
        raise MapFault("; ".join(faults))
    return maps


def spreads_of(members: Sequence[Member], image_id: str) -> list[float]:
    """Return how far the views of an image are apart in each member, 0 where it does not know."""
    return [0.0 if m.spread is None else float(m.spread[image_id]) for m in members]


def _read(member: Member, image_id: str) -> np.ndarray:
    assert member.maps is not None, f"{member.name} has a weight but no maps"
    soft = member.maps.read(image_id)
    if soft.dtype != np.uint8 or soft.ndim != 2 or soft.shape[0] != soft.shape[1] or not soft.size:
        raise MapFault(
            f"{member.name}, soft map of {image_id}: {soft.dtype} {soft.shape}, "
            "it must be uint8 (s, s)"
        )
    return np.ascontiguousarray(soft)
