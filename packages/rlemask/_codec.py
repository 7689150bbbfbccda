"""Encoding and decoding of masks; area and Dice of texts, computed on runs without decoding."""

from collections.abc import Iterable

import numpy as np

from rlemask import _runkernels
from rlemask._dialects import Dialect, dialect_of
from rlemask._parse import Texts, parse, parse_column, toggles_of
from rlemask._runs import Runs, runs_of


def decode(
    texts: Texts,
    shape: tuple[int, int] = (1024, 1024),
    dialect: str | Dialect = "siim",
    *,
    strict: bool = True,
) -> np.ndarray:
    """Return the mask of `texts`, uint8 `(h, w)` of 0 and 1.

    Several texts (an image with several annotation rows) give the union of their masks. The array
    is in Fortran order if the dialect numbers pixels down the columns. For the arguments see
    `parse`.

    Raises:
        RLEError, ValueError, TypeError: see `parse`.
    """
    return parse(texts, shape, dialect, strict=strict).mask()


def encode(mask: np.ndarray | Runs, dialect: str | Dialect = "siim") -> str:
    """Return the run-length text of a mask.

    Args:
        mask: runs, or a boolean or integer array `(h, w)` in any memory order, whose non-zero
            pixels are the mask.
        dialect: an empty mask is "-1" in "siim" and "siim-rows", "" in "kaggle" and
            "kaggle-rows", and a single count of all pixels in "coco" ("[1048576]") and
            "coco-compressed".

    Raises:
        ValueError: not two-dimensional, no pixels, floating point, or unknown dialect.
    """
    rule = dialect_of(dialect)
    if isinstance(mask, Runs):
        runs = mask.in_order(rule.columns)
    else:
        runs = runs_of(mask, columns=rule.columns)
    return rule.write(runs.toggles, runs.size)


def dice(
    a: Texts, b: Texts, shape: tuple[int, int] = (1024, 1024), dialect: str | Dialect = "siim"
) -> float:
    """Return the Dice coefficient 2 |A and B| / (|A| + |B|) (Dice, Ecology 26:297-302, 1945).

    The result is 1.0 if both masks are empty. Raises the errors of `parse`.
    """
    rule = dialect_of(dialect)
    return _dice(toggles_of(a, shape, rule), toggles_of(b, shape, rule))


def dice_column(
    truths: Iterable[Texts],
    predictions: Iterable[Texts],
    shape: tuple[int, int],
    dialect: str | Dialect,
) -> np.ndarray:
    """Return the Dice coefficient of every pair of cells of two columns, float64 `(n,)`.

    Raises:
        RLEError: with all faults of the predictions, or else of the truths; `Fault.row` is the
            index of the cell.
        ValueError: the columns differ in length.
    """
    theirs = parse_column(predictions, shape, dialect)
    ours = parse_column(truths, shape, dialect)
    if len(theirs) != len(ours):
        raise ValueError(f"{len(ours)} truths, but {len(theirs)} predictions: align the tables")
    pairs = zip(ours, theirs, strict=True)
    return np.array([_dice(a.toggles, b.toggles) for a, b in pairs], np.float64)


def area_column(
    column: Iterable[Texts], shape: tuple[int, int], dialect: str | Dialect
) -> np.ndarray:
    """Return the mask area of every cell of a table column in pixels, int64 `(n,)`."""
    return np.array([runs.area for runs in parse_column(column, shape, dialect)], np.int64)


def _dice(a: np.ndarray, b: np.ndarray) -> float:
    pixels_a, pixels_b, shared = _runkernels.overlap(a, b)
    total = pixels_a + pixels_b
    return 2.0 * shared / total if total else 1.0
