"""The rectangle around both lungs: what lies outside is arms, abdomen and air."""

import numpy as np
from numpy.typing import NDArray

from cxrlungs._fields import SIDE, lung_fields

LEAST = 96
"""Least width and height of both lungs, in 256ths of the side; what is less is no pair of lungs."""

FLATTEST = 0.8
"""Least height of the lungs as a share of their width. A base that is white ends a field too early:
the rectangle goes on to where it should be."""

WHOLE = (0, 0, SIDE, SIDE)


def lung_box(image: NDArray[np.uint8], margin: float) -> tuple[int, int, int, int]:
    """Return the rectangle around both lungs, the whole picture where none is found.

    Args:
        image: uint8 `(h, w)`.
        margin: at each side, as a share of the rectangle's own width and height.

    Returns:
        left, top, right, bottom in 256ths of the side; right and bottom are the first outside.

    Raises:
        ValueError: `image` is not uint8 `(h, w)` of at least 32 x 32.
    """
    fields = lung_fields(image)
    if not fields.quality:
        return WHOLE
    lungs = fields.left | fields.right
    left, right = _ends(np.asarray(lungs.any(axis=0)))
    top, bottom = _ends(np.asarray(lungs.any(axis=1)))
    bottom = max(bottom, min(SIDE, top + round(FLATTEST * (right - left))))
    if min(right - left, bottom - top) < LEAST:
        return WHOLE
    beside, above = round(margin * (right - left)), round(margin * (bottom - top))
    return (
        max(0, left - beside),
        max(0, top - above),
        min(SIDE, right + beside),
        min(SIDE, bottom + above),
    )


def _ends(line: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the first place that is true, and the one after the last."""
    places = np.flatnonzero(line)
    return int(places[0]), int(places[-1]) + 1
