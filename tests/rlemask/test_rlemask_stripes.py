"""Masks that consist of whole columns or whole rows."""

import numpy as np
import pytest

import rlemask

SHAPE = (60, 50)


def drawn(*parts: tuple[slice, slice]) -> np.ndarray:
    mask = np.zeros(SHAPE, np.uint8)
    for part in parts:
        mask[part] = 1
    return mask


EVERY = slice(None)
MASKS = {
    "empty": (drawn(), ""),
    "full": (drawn((EVERY, EVERY)), ""),
    "columns": (drawn((EVERY, slice(3, 9)), (EVERY, slice(20, 21))), "vertical"),
    "last column": (drawn((EVERY, slice(49, 50))), "vertical"),
    "rows": (drawn((slice(10, 30), EVERY), (slice(40, 41), EVERY)), "horizontal"),
    "first and last row": (drawn((slice(0, 1), EVERY), (slice(59, 60), EVERY)), "horizontal"),
    "most of a column": (drawn((slice(1, 60), slice(3, 9))), ""),
    "of the area of a row": (drawn((slice(5, 15), slice(5, 10))), ""),
    "of the area of a column": (drawn((slice(5, 15), slice(5, 11))), ""),
}


@pytest.mark.parametrize("columns", [True, False])
@pytest.mark.parametrize("name", MASKS)
def test_stripes_are_whole_columns_or_whole_rows(name: str, columns: bool) -> None:
    mask, kind = MASKS[name]
    assert rlemask.runs_of(mask, columns=columns).stripes() == kind


def test_stripes_agree_with_numpy() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        mask = (rng.random((3, 4)) < 0.5).astype(np.uint8)
        rows, columns = (mask == mask[:1]).all(), (mask == mask[:, :1]).all()
        kind = "vertical" if rows else "horizontal" if columns else ""
        assert rlemask.runs_of(mask).stripes() == ("" if rows and columns else kind)
