"""Masks <-> texts, and area and Dice of texts, computed on the runs without making a mask."""

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
    """Return the mask that `texts` describe: uint8 `(h, w)` of 0 and 1.

    Several texts (an image with several annotation rows) are united. Dialects that number pixels
    down the columns give a Fortran-ordered array, so that no pixel is moved.

    Raises:
        RLEError, ValueError, TypeError: see `parse`, as for `strict`.
    """
    return parse(texts, shape, dialect, strict=strict).mask()


def encode(mask: np.ndarray | Runs, dialect: str | Dialect = "siim") -> str:
    """Return the run-length text of a mask.

    Args:
        mask: boolean or integer `(h, w)` in any memory order, every pixel that is not 0 counts;
            or runs.
        dialect: an empty mask is "-1" in "siim" and "siim-rows", "" in "kaggle" and
            "kaggle-rows", and the one count of all pixels in "coco" ("[1048576]") and
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

    1.0 where both masks are empty, as the competition counts it. Errors as in `parse`.
    """
    rule = dialect_of(dialect)
    return _dice(toggles_of(a, shape, rule), toggles_of(b, shape, rule))


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
    theirs = parse_column(predictions, shape, dialect)
    ours = parse_column(truths, shape, dialect)
    if len(theirs) != len(ours):
        raise ValueError(f"{len(ours)} truths, but {len(theirs)} predictions: align the tables")
    pairs = zip(ours, theirs, strict=True)
    return np.array([_dice(a.toggles, b.toggles) for a, b in pairs], np.float64)


def area_column(
    column: Iterable[Texts], shape: tuple[int, int], dialect: str | Dialect
) -> np.ndarray:
    """Return the pixels of every cell of a table column, int64 `(n,)`."""
    return np.array([runs.area for runs in parse_column(column, shape, dialect)], np.int64)


def _dice(a: np.ndarray, b: np.ndarray) -> float:
    pixels_a, pixels_b, shared = _runkernels.overlap(a, b)
    total = pixels_a + pixels_b
    return 2.0 * shared / total if total else 1.0
