"""What one soft map gives at every level: for pages on which a person moves the threshold."""

from collections.abc import Sequence

import numpy as np

import rlemask
from ensembling._evidence import count, dice_at
from ensembling._maps import enlarge


def levels(
    soft: np.ndarray,
    truth: Sequence[str],
    *,
    shape: tuple[int, int] = (1024, 1024),
    dialect: str = "siim",
) -> tuple[np.ndarray, np.ndarray]:
    """Return area and Dice of the mask cut at each of the 256 levels.

    Args:
        soft: uint8 `(s, s)`; it is enlarged to `shape` first, as a blend does.
        truth: RLE texts of the image.
        shape: `(h, w)` of the masks.
        dialect: of the texts.

    Returns:
        area: int64 `(256,)`, pixels of level c or more.
        dice: float64 `(256,)`, with the truth; 1 where both are empty.
    """
    area, shared = count(
        np.ascontiguousarray(enlarge(soft, shape)), rlemask.parse(list(truth), shape, dialect)
    )
    return area, dice_at(area, shared)
