"""Texts -> runs: one, several united, or a table column of them."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from rlemask import _runkernels
from rlemask._dialects import BLANKS, NOTHING, Dialect, dialect_of
from rlemask._errors import Fault, RLEError
from rlemask._runs import UNION, Runs

Text = str | bytes | float | None | list[int] | Mapping[str, Any]
"""One text; None, NaN, "" and "-1" (also the number -1) mean no pixel.

A list of whole numbers or a dict only in COCO's dialects.
"""

Texts = Text | Iterable[Text]
"""One text, or several whose masks are united."""


def parse(
    texts: Texts,
    shape: tuple[int, int],
    dialect: str | Dialect,
    *,
    strict: bool = True,
) -> Runs:
    """Return the runs of one text, or of the union of several.

    Args:
        texts: see `Texts`.
        shape: `(h, w)` of the mask.
        dialect: a name of `DIALECTS`, or one of your own.
        strict: raise on any fault; else repair it as the dialect's class documents.

    Raises:
        RLEError: a text is faulty; its `.faults` are those of all texts.
        ValueError: unknown dialect or impossible shape.
        TypeError: something is no text at all.
    """
    rule = dialect_of(dialect)
    toggles = toggles_of(texts, shape, rule, strict=strict)
    return Runs(toggles, (shape[0], shape[1]), rule.columns)


def toggles_of(
    texts: Texts, shape: tuple[int, int], rule: Dialect, *, strict: bool = True
) -> np.ndarray:
    """Return the toggles (int64) of one text or of the union of several, see `parse`."""
    toggles, faults = _examined(texts, shape, rule)
    if faults and strict:
        raise RLEError(faults)
    return toggles


def parse_column(
    column: Iterable[Texts],
    shape: tuple[int, int],
    dialect: str | Dialect,
    *,
    strict: bool = True,
) -> list[Runs]:
    """Return the runs of every cell of a table column, see `parse`.

    Raises:
        RLEError: holds all faults of the whole column; `Fault.row` is the index of the cell.
    """
    rule = dialect_of(dialect)
    found, faults = [], []
    for row, texts in enumerate(column):
        toggles, wrong = _examined(texts, shape, rule)
        found.append(Runs(toggles, (shape[0], shape[1]), rule.columns))
        faults += [replace(fault, row=row) for fault in wrong]
    if faults and strict:
        raise RLEError(faults)
    return found


def _examined(
    texts: Texts, shape: tuple[int, int], rule: Dialect
) -> tuple[np.ndarray, list[Fault]]:
    if shape[0] <= 0 or shape[1] <= 0:
        raise ValueError(f"a shape is (height, width), both at least 1, not {shape}")
    if isinstance(texts, str) or _is_missing(texts) or rule.is_one(texts):
        return _one(texts, shape, rule)
    if isinstance(texts, bytes | Mapping) or not isinstance(texts, Iterable):
        raise TypeError(f"a run-length text is a str, not {type(texts).__name__}: {texts!r:.60}")
    united, faults = NOTHING, []
    for row, text in enumerate(texts):
        if not (isinstance(text, str) or _is_missing(text) or rule.is_one(text)):
            raise TypeError(f"row {row} of the texts is no text but {type(text).__name__}")
        toggles, wrong = _one(text, shape, rule)
        united = _runkernels.combine(united, toggles, UNION) if united.size else toggles
        faults += [replace(fault, row=row) for fault in wrong]
    return united, faults


def _one(text: Any, shape: tuple[int, int], rule: Dialect) -> tuple[np.ndarray, list[Fault]]:
    if not isinstance(text, str):
        empty = _is_missing(text) or (isinstance(text, bytes) and text.strip() in (b"", b"-1"))
    else:
        empty = text.strip(BLANKS) in ("", "-1")
    return (NOTHING, []) if empty else rule.read(text, shape)


def _is_missing(value: object) -> bool:
    """Say whether a table cell holds no text: None, NaN, pandas' NA, or -1 read as a number."""
    if isinstance(value, float | int | np.number):
        return value == -1 or math.isnan(value)
    return value is None or type(value).__name__ in ("NAType", "NaTType")
