"""Prediction in overlapping squares, for images larger than the network should see at once."""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

Look = Callable[[Tensor], tuple[Tensor, Tensor]]
"""From ``(n, c, h, w)`` to maps ``(n, h, w)`` and one number per image, ``(n,)``."""


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


def in_tiles(look: Look, x: Tensor, tile: int, overlap: float) -> tuple[Tensor, Tensor]:
    """Return what `look` says of ``(n, c, side, side)`` when it sees one square at a time.

    The maps of the squares are averaged with the weights of `window`, which vanish towards the
    borders where a network knows least. An image's number is the largest of its squares'.
    Without `tile`, or with one as large as the image, `look` sees the whole.
    """
    side = x.shape[-1]
    if not 0 < tile < side:
        return look(x)
    weight = window(tile).to(x.device)
    maps = x.new_zeros(len(x), side, side)
    weights = x.new_zeros(side, side)
    numbers = []
    for rows, columns in _squares(side, tile, overlap):
        one, number = look(x[:, :, rows, columns])
        maps[:, rows, columns] += one * weight
        weights[rows, columns] += weight
        numbers.append(number)
    return maps / weights, torch.stack(numbers).amax(dim=0)


def _squares(side: int, tile: int, overlap: float) -> Iterator[tuple[slice, slice]]:
    begins = starts(side, tile, overlap)
    for top in begins:
        for left in begins:
            yield slice(top, top + tile), slice(left, left + tile)
