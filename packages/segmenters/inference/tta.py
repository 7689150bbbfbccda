"""The views of an image that a prediction averages: sides, mirror images and overlapping tiles."""

import math
from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from segmenters.config.groups import STRIDE, Inference

Predict = Callable[[Tensor], tuple[Tensor, Tensor]]
"""From ``(n, c, h, w)`` to maps ``(n, h, w)`` and one number per image, ``(n,)``."""


class View(NamedTuple):
    """One view of an image.

    Attributes:
        side: to which the image is resized, in pixels.
        flipped: left and right are swapped.
    """

    side: int
    flipped: bool


def views_of(size: int, config: Inference) -> list[View]:
    """Return the views over which a model made for images of side `size` is averaged.

    These are `size` itself and `config.tta_scales` times it, rounded to a multiple of 32, each
    side once, and with `config.tta_flip` the mirror images of all.
    """
    scaled = [max(1, round(scale * size / STRIDE)) * STRIDE for scale in config.tta_scales]
    flips = (False, True) if config.tta_flip else (False,)
    return [View(*view) for view in product(dict.fromkeys([size, *scaled]), flips)]


def resized(planes: Tensor, side: int) -> Tensor:
    """Resize ``(n, h, w)``: mean over the area when it shrinks, bilinear when it grows."""
    if planes.shape[1:] == (side, side):
        return planes
    if side < planes.shape[-1]:
        return F.interpolate(planes[:, None], size=(side, side), mode="area")[:, 0]
    grown = F.interpolate(planes[:, None], size=(side, side), mode="bilinear", align_corners=False)
    return grown[:, 0]


def starts(side: int, tile: int, overlap: float) -> list[int]:
    """Return where the tiles begin along one side: evenly, the last ends at the border.

    Args:
        side: of the image, at least `tile`.
        tile: side of the squares.
        overlap: least share of a tile that its neighbour also covers.
    """
    step = max(1.0, tile * (1 - overlap))
    count = math.ceil((side - tile) / step) + 1
    return [round(k * (side - tile) / max(1, count - 1)) for k in range(count)]


def window(tile: int) -> Tensor:
    """Return the weight of a tile's pixels, float32 ``(tile, tile)``: sin² along both sides."""
    line = torch.sin(math.pi * (torch.arange(tile, dtype=torch.float64) + 0.5) / tile) ** 2
    return torch.outer(line, line).float()


def in_tiles(predict: Predict, x: Tensor, tile: int, overlap: float) -> tuple[Tensor, Tensor]:
    """Return what `predict` says of ``(n, c, side, side)`` when it sees one square at a time.

    The maps of the squares are averaged with the weights of `window`, which vanish towards the
    borders, where a network sees least. An image's number is the largest of its squares'.
    Without `tile`, or with one as large as the image, `predict` gets the whole.
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
