"""Reading, enlarging and averaging probability maps, for the fit and for predictions."""

from collections.abc import Sequence

import cv2
import numpy as np

import jobs
from ensembling._errors import EnsemblingError
from ensembling.maps.member import Member


class MapFault(EnsemblingError):
    """A probability map cannot be used; collected by `read_each`."""


def enlarge(prob: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return the probability map bilinearly resampled to `shape` `(h, w)`, uint8.

    Pixel centres lie at half-integers (``align_corners=False`` of torch, `cv2.INTER_LINEAR`) and
    the border is repeated. The result is rounded to integer levels, so that
    thresholds have the same effect in the fit and in predictions.
    """
    h, w = shape
    if prob.shape == (h, w):
        return prob
    return cv2.resize(prob, (w, h), interpolation=cv2.INTER_LINEAR)


def average(maps: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    """Return the weighted mean of probability maps, uint8 `(s, s)`.

    s is the largest side of the maps; smaller maps are enlarged first, so no detail is lost.

    Args:
        weights: with sum 1; maps of weight 0 are ignored.
    """
    used = [(prob, weight) for prob, weight in zip(maps, weights, strict=True) if weight > 0]
    if len(used) == 1:
        return used[0][0]
    side = max(len(prob) for prob, _ in used)
    total = np.zeros((side, side), np.float32)
    for prob, weight in used:
        total += np.float32(weight) * enlarge(prob, (side, side))
    return np.minimum(np.rint(total), 255).astype(np.uint8)


def read_maps(members: Sequence[Member], image_id: str) -> list[np.ndarray]:
    """Return the members' probability maps of one image.

    Raises:
        MapFault: lists all unusable maps of the image.
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
    """Return the spread of an image in each member, 0 if unknown."""
    return [0.0 if m.spread is None else float(m.spread[image_id]) for m in members]


def _read(member: Member, image_id: str) -> np.ndarray:
    assert member.maps is not None, f"{member.name} has a weight but no maps"
    prob = member.maps.read(image_id)
    if prob.dtype != np.uint8 or prob.ndim != 2 or prob.shape[0] != prob.shape[1] or not prob.size:
        raise MapFault(
            f"{member.name}, probability map of {image_id}: {prob.dtype} {prob.shape}, "
            "it must be uint8 (s, s)"
        )
    return np.ascontiguousarray(prob)
