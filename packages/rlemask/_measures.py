"""Area, overlap and Dice of run-length texts, computed on the runs without making a mask."""

from collections.abc import Iterable

import numpy as np

from rlemask import _runkernels
from rlemask._codec import encode
from rlemask._dialects import Dialect, dialect_of
from rlemask._parse import Texts, parse, toggles_of, toggles_of_column


def dice(
    a: Texts, b: Texts, shape: tuple[int, int] = (1024, 1024), dialect: str | Dialect = "siim"
) -> float:
    """Return the Dice coefficient 2 |A and B| / (|A| + |B|) (Dice, Ecology 26:297-302, 1945).

    1.0 where both masks are empty, as the competition counts it. Errors as in `parse`.
    """
    rule = dialect_of(dialect)
    return _dice(toggles_of(a, shape, rule), toggles_of(b, shape, rule))


def iou(a: Texts, b: Texts, shape: tuple[int, int], dialect: str | Dialect) -> float:
    """Return the intersection over union (Jaccard index); 1.0 where both masks are empty."""
    value = dice(a, b, shape, dialect)
    return value / (2 - value)


def dice_column(
    truths: Iterable[Texts],
    predictions: Iterable[Texts],
    shape: tuple[int, int],
    dialect: str | Dialect,
) -> np.ndarray:
    """Return the Dice of every pair of cells, float64 `(n,)`; a whole submission in one call.

    Raises:
        RLEError: all faults of the predictions, or of the truths; `Fault.row` is the cell.
        ValueError: the two columns differ in length.
    """
    rule = dialect_of(dialect)
    theirs = toggles_of_column(predictions, shape, rule)
    ours = toggles_of_column(truths, shape, rule)
    if len(theirs) != len(ours):
        raise ValueError(f"{len(ours)} truths, but {len(theirs)} predictions: align the tables")
    return np.array([_dice(a, b) for a, b in zip(ours, theirs, strict=True)], np.float64)


def area(texts: Texts, shape: tuple[int, int], dialect: str | Dialect) -> int:
    """Return the number of pixels in the union of `texts`."""
    return parse(texts, shape, dialect).area


def area_column(
    column: Iterable[Texts], shape: tuple[int, int], dialect: str | Dialect
) -> np.ndarray:
    """Return the pixels of every cell of a table column, int64 `(n,)`."""
    found = toggles_of_column(column, shape, dialect_of(dialect))
    return np.array([(t[1::2] - t[::2]).sum() for t in found], np.int64)


def union(texts: Texts, shape: tuple[int, int], dialect: str | Dialect) -> str:
    """Return one text for the union of several."""
    return encode(parse(texts, shape, dialect), dialect)


def intersection(a: Texts, b: Texts, shape: tuple[int, int], dialect: str | Dialect) -> str:
    """Return the text of the pixels that both masks hold; its `area` is their number."""
    return encode(parse(a, shape, dialect) & parse(b, shape, dialect), dialect)


def bounding_box(
    texts: Texts, shape: tuple[int, int], dialect: str | Dialect
) -> tuple[int, int, int, int] | None:
    """Return (top, left, bottom, right) in pixels, the last two exclusive; None if empty."""
    return parse(texts, shape, dialect).bounding_box()


def pieces(
    texts: Texts,
    shape: tuple[int, int],
    dialect: str | Dialect,
    *,
    connectivity: int = 8,
) -> list[str]:
    """Return one text per connected piece, the largest first; see `Runs.pieces`."""
    found = parse(texts, shape, dialect).pieces(connectivity)
    return [encode(piece, dialect) for piece in found]


def _dice(a: np.ndarray, b: np.ndarray) -> float:
    pixels_a, pixels_b, shared = _runkernels.overlap(a, b)
    total = pixels_a + pixels_b
    return 2.0 * shared / total if total else 1.0
