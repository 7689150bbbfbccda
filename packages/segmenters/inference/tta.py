"""Test-time augmentation by scales, mirror images and overlapping tiles."""

import math
from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from segmenters.config.groups import STRIDE, Inference

Predict = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Function from ``(n, c, h, w)`` to maps ``(n, h, w)`` and one number per image, ``(n,)``."""


class View(NamedTuple):
    """One view of an image.

    Attributes:
        side: side of the resized image, in pixels.
        flipped: whether the image is mirrored left to right.
    """

    side: int
    flipped: bool


def views_of(size: int, config: Inference) -> list[View]:
    """Return the views over which predictions of a model of side `size` are averaged.

    Their sides are `size` and `size` times `config.tta_scales`, rounded to a multiple of 32,
    without duplicates; with `config.tta_flip` each also has its mirror image.
    """
    scaled = [max(1, round(scale * size / STRIDE)) * STRIDE for scale in config.tta_scales]
    flips = (False, True) if config.tta_flip else (False,)
    return [View(*view) for view in product(dict.fromkeys([size, *scaled]), flips)]


def resized(planes: Tensor, side: int) -> Tensor:
    """Return ``(n, h, w)`` resized to `side`: area mean to shrink, bilinear to enlarge."""
    if planes.shape[1:] == (side, side):
        return planes
    if side < planes.shape[-1]:
        return F.interpolate(planes[:, None], size=(side, side), mode="area")[:, 0]
    grown = F.interpolate(planes[:, None], size=(side, side), mode="bilinear", align_corners=False)
    return grown[:, 0]


def starts(side: int, tile: int, overlap: float) -> list[int]:
    """Return the evenly spaced first pixels of the tiles along one side of an image.

    Args:
        side: side of the image, at least `tile`.
        tile: side of the tiles.
        overlap: smallest overlap of neighbouring tiles, as a share of their side.
    """
    step = max(1.0, tile * (1 - overlap))
    count = math.ceil((side - tile) / step) + 1
    return [round(k * (side - tile) / max(1, count - 1)) for k in range(count)]


def window(tile: int) -> Tensor:
    """Return the weights of a tile's pixels, float32 ``(tile, tile)``: sin² along both sides."""
    line = torch.sin(math.pi * (torch.arange(tile, dtype=torch.float64) + 0.5) / tile) ** 2
    return torch.outer(line, line).float()


def in_tiles(predict: Predict, x: Tensor, tile: int, overlap: float) -> tuple[Tensor, Tensor]:
    """Return the predictions for ``(n, c, side, side)``, merged from overlapping tiles.

    The maps of the tiles are averaged with the weights of `window`, which fall to 0 at the
    borders, where a network has least context. An image's number is the largest of its tiles. If
    `tile` is 0 or not smaller than the image, `predict` gets the whole image.
    """
    side = x.shape[-1]
    if not 0 < tile < side:
        return predict(x)
    weight = window(tile).to(x.device)
    maps = x.new_zeros(len(x), side, side)
    weights = x.new_zeros(side, side)
    numbers = []
    spans = [slice(start, start + tile) for start in starts(side, tile, overlap)]
    for rows, columns in product(spans, spans):
        one, number = predict(x[:, :, rows, columns])
        maps[:, rows, columns] += one * weight
        weights[rows, columns] += weight
        numbers.append(number)
    return maps / weights, torch.stack(numbers).amax(dim=0)
