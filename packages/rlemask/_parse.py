"""Parsing of run-length texts: of one text, the union of several, or a table column."""

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
"""One run-length text; None, NaN, "", "-1" and the number -1 are an empty mask.

Lists of integers and dicts are accepted in COCO's dialects only.
"""

Texts = Text | Iterable[Text]
"""One run-length text, or several for the union of their masks."""


def parse(
    texts: Texts,
    shape: tuple[int, int],
    dialect: str | Dialect,
    *,
    strict: bool = True,
) -> Runs:
    """Return the runs of one text, or of the union of several texts.

    Args:
        texts: see `Texts`.
        shape: `(h, w)` of the mask.
        dialect: a key of `DIALECTS`, or a `Dialect`.
        strict: raise on any fault; else repair it, see the class of the dialect.

    Raises:
        RLEError: a text is faulty; `.faults` lists the faults of all texts.
        ValueError: unknown dialect or invalid shape.
        TypeError: a value that is not a run-length text.
    """
    rule = dialect_of(dialect)
    toggles = toggles_of(texts, shape, rule, strict=strict)
    return Runs(toggles, (shape[0], shape[1]), rule.columns)


def toggles_of(
    texts: Texts, shape: tuple[int, int], rule: Dialect, *, strict: bool = True
) -> np.ndarray:
    """Return the toggles (int64) of one text or of the union of several; see `parse`."""
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
    """Return the runs of every cell of a table column; see `parse`.

    Raises:
        RLEError: with all faults of the column; `Fault.row` is the index of the cell.
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
            raise TypeError(f"row {row} is not a run-length text but {type(text).__name__}")
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
    """Return whether a table cell is an empty mask: None, NaN, pandas' NA, or the number -1."""
    if isinstance(value, float | int | np.number):
        return value == -1 or math.isnan(value)
    return value is None or type(value).__name__ in ("NAType", "NaTType")
