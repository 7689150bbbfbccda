"""Fewer points of a long curve that draw the same line."""

from itertools import pairwise

import numpy as np

LIMIT = 400


def thinned(y: np.ndarray, limit: int = LIMIT) -> np.ndarray:
    """Return which points of a curve to draw, increasing int `(m,)`, `m <= limit + 2`.

    Of each of `limit // 2` equal stretches the lowest and the highest point stay, and both ends:
    what a screen of that many columns can show of the curve.

    Args:
        y: `(n,)`, finite.
        limit: about how many may stay; a curve of no more stays whole.
    """
    count = len(y)
    if count <= limit:
        return np.arange(count)
    edges = np.linspace(0, count, limit // 2 + 1).astype(int)
    kept = {0, count - 1}
    for start, stop in pairwise(edges.tolist()):
        kept |= {start + int(y[start:stop].argmin()), start + int(y[start:stop].argmax())}
    return np.array(sorted(kept))
