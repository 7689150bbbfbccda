"""Dice and the rest on texts against the same on masks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco

import rlemask

fast = settings(deadline=None, max_examples=60)

SIIM = (1024, 1024), "siim"


def mask_dice(a: np.ndarray, b: np.ndarray) -> float:
    total = int(a.sum()) + int(b.sum())
    return 2.0 * int((a & b).sum()) / total if total else 1.0


@pytest.mark.parametrize("dialect", rlemask.DIALECTS)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
@fast
def test_against_masks(masks: st.SearchStrategy, dialect: str, data: st.DataObject, seed: int):
    a = data.draw(masks) != 0
    b = np.random.default_rng(seed).random(a.shape) < seed / 2**32
    x, y, shape = rlemask.encode(a, dialect), rlemask.encode(b, dialect), a.shape
    assert rlemask.dice(x, y, shape, dialect) == mask_dice(a, b)
    assert rlemask.dice(y, x, shape, dialect) == mask_dice(a, b)
    assert rlemask.dice(x, x, shape, dialect) == 1.0
    assert rlemask.dice([x, y], None, shape, dialect) == float(not (a | b).any())
    expected = (a & b).sum() / (a | b).sum() if (a | b).any() else 1.0
    ours, theirs = (rlemask.parse(text, shape, dialect) for text in (x, y))
    assert ours.iou(theirs) == pytest.approx(expected, abs=1e-12)
    assert rlemask.parse([x, y], shape, dialect).area == (a | b).sum()
    united = rlemask.parse([x, y], shape, dialect)
    assert rlemask.encode(united, dialect) == rlemask.encode(a | b, dialect)
    assert rlemask.encode(ours & theirs, dialect) == rlemask.encode(a & b, dialect)


@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
@fast
def test_pycocotools_agrees(masks: st.SearchStrategy, data: st.DataObject, seed: int) -> None:
    a = data.draw(masks) != 0
    b = np.random.default_rng(seed).random(a.shape) < 0.3
    b.flat[0] = True  # both empty is 0 / 0 to pycocotools
    x, y = (coco.encode(np.asfortranarray(m.astype(np.uint8))) for m in (a, b))
    shape, packed = a.shape, "coco-compressed"
    assert rlemask.parse(x, shape, packed).area == coco.area(x)
    ours, theirs = (rlemask.parse(text, shape, packed) for text in (x, y))
    assert ours.iou(theirs) == pytest.approx(coco.iou([x], [y], [0])[0, 0])
    united = rlemask.parse([x, y], shape, packed)
    assert rlemask.encode(united, packed).encode() == coco.merge([x, y])["counts"]
    both = coco.merge([x, y], intersect=True)
    assert rlemask.encode(ours & theirs, packed).encode() == both["counts"]
    if a.any():
        left, top, width, height = coco.toBbox(x)
        box = (top, left, top + height, left + width)
        assert ours.bounding_box() == box


@pytest.mark.parametrize("empty", ["-1", " -1", "", None, float("nan"), [], ["-1", ""]])
def test_both_empty_is_one(empty: rlemask.Texts) -> None:
    assert rlemask.dice(empty, "-1") == 1.0
    none, some = (rlemask.parse(text, *SIIM) for text in (empty, "5 3"))
    assert none.iou(rlemask.empty(SIIM[0])) == 1.0
    assert rlemask.dice(empty, "5 3") == 0.0
    assert some.iou(none) == 0.0


def test_overlapping_rows_count_once() -> None:
    assert rlemask.parse(["0 10", "5 10"], *SIIM).area == 15
    assert rlemask.dice(["0 10", "5 10"], "0 15") == 1.0
    assert rlemask.encode(rlemask.parse(["5 10", "0 10", "-1"], *SIIM)) == "0 15"


def test_rows_that_touch_are_merged() -> None:
    assert rlemask.encode(rlemask.parse(["0 5", "5 5", "10 1"], *SIIM)) == "0 11"
    assert rlemask.encode(rlemask.parse("0 5 0 6", *SIIM)) == "0 11"


def test_columns_of_a_table() -> None:
    truths = [["0 4", "8 4"], "-1", "10 5", None]
    predictions = ["0 4 4 4", "0 3", ["10 5"], ""]
    scores = rlemask.dice_column(truths, predictions, *SIIM)
    assert scores.dtype == np.float64
    assert scores.tolist() == [1.0, 0.0, 1.0, 1.0]
    assert rlemask.area_column(truths, *SIIM).tolist() == [8, 0, 5, 0]
    assert rlemask.area_column(truths, *SIIM).dtype == np.int64
    assert rlemask.dice_column([], [], *SIIM).shape == (0,)


def test_columns_must_have_one_length() -> None:
    with pytest.raises(ValueError, match="2 truths, but 1 predictions"):
        rlemask.dice_column(["-1", "-1"], ["-1"], *SIIM)


def test_pieces_come_largest_first() -> None:
    def pieces(text: str, connectivity: int = 8) -> list[str]:
        found = rlemask.parse(text, (8, 8), "siim").pieces(connectivity)
        return [rlemask.encode(piece) for piece in found]

    assert pieces("0 1 20 3") == ["21 3", "0 1"]
    assert pieces("0 1 8 1") == ["0 1 8 1"]
    assert pieces("0 1 8 1", connectivity=4) == ["0 1", "9 1"]
    assert pieces("-1") == []
    assert rlemask.parse("-1", *SIIM).bounding_box() is None
    assert rlemask.parse("9 2", (8, 8), "siim").bounding_box() == (1, 1, 3, 2)
