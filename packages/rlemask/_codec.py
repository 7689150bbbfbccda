"""Masks <-> texts, one image or a table column at once."""

from collections.abc import Iterable

import numpy as np

from rlemask import _maskkernels
from rlemask._dialects import Dialect, dialect_of
from rlemask._parse import Texts, parse, toggles_of_column
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


def decode_column(
    column: Iterable[Texts],
    shape: tuple[int, int],
    dialect: str | Dialect,
    *,
    strict: bool = True,
) -> np.ndarray:
    """Return the masks of every cell of a table column, uint8 `(n, h, w)` of 0 and 1.

    A cell is one text or a list of texts to unite. 1024 x 1024 masks take 1 MiB each.

    Raises:
        RLEError: see `parse_column`.
    """
    rule = dialect_of(dialect)
    found = toggles_of_column(column, shape, rule, strict=strict)
    h, w = shape
    masks = np.zeros((len(found), h * w), np.uint8)
    for flat, toggles in zip(masks, found, strict=True):
        _maskkernels.fill(flat, toggles)
    if rule.columns:
        return masks.reshape(-1, w, h).transpose(0, 2, 1)
    return masks.reshape(-1, h, w)


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


def encode_column(masks: Iterable[np.ndarray | Runs], dialect: str | Dialect) -> list[str]:
    """Return the text of every mask, see `encode`; `masks` may be an array `(n, h, w)`."""
    return [encode(mask, dialect) for mask in masks]


def recode(
    texts: Texts,
    source: str | Dialect,
    target: str | Dialect,
    shape: tuple[int, int],
) -> str:
    """Return the text in dialect `target` of texts in dialect `source`, united."""
    return encode(parse(texts, shape, source), target)
