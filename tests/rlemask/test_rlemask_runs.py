"""Arithmetic on runs against the same on masks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

import rlemask
from rlemask._runs import toggles_from

fast = settings(deadline=None, max_examples=60)
EDGES = {4: ndimage.generate_binary_structure(2, 1), 8: np.ones((3, 3), int)}


@pytest.fixture(scope="session")
def twos(masks: st.SearchStrategy[np.ndarray]) -> st.SearchStrategy[tuple[np.ndarray, ...]]:
    """Two masks of one shape."""
    seeds = st.integers(0, 2**32 - 1)
    return st.tuples(masks, seeds).map(
        lambda pair: (
            pair[0] != 0,
            np.random.default_rng(pair[1]).random(pair[0].shape) < pair[1] / 2**32,
        )
    )


@pytest.mark.parametrize("columns", [True, False])
@given(data=st.data())
@fast
def test_sets(twos: st.SearchStrategy, columns: bool, data: st.DataObject) -> None:
    a, b = data.draw(twos)
    x, y = rlemask.runs_of(a, columns=columns), rlemask.runs_of(b, columns=columns)
    for runs, mask in [
        (x | y, a | b), (x & y, a & b), (x - y, a & ~b), (x ^ y, a ^ b), (~x, ~a), (x, a),
    ]:  # fmt: skip
        np.testing.assert_array_equal(runs.mask(), mask)
        assert runs == rlemask.runs_of(mask, columns=columns)
        assert runs.area == mask.sum()
    assert (x == y) == np.array_equal(a, b)
    assert x.in_order(not columns) == rlemask.runs_of(a, columns=not columns)


@given(data=st.data())
@fast
def test_starts_and_lengths(masks: st.SearchStrategy, data: st.DataObject) -> None:
    mask = data.draw(masks) != 0
    runs = rlemask.runs_of(mask)
    flat = mask.ravel(order="F")
    assert len(runs) == runs.starts.size == runs.lengths.size
    assert (runs.lengths > 0).all()
    assert all(flat[s : s + n].all() for s, n in zip(runs.starts, runs.lengths, strict=True))


@pytest.mark.parametrize("columns", [True, False])
@given(data=st.data())
@fast
def test_bounding_box(masks: st.SearchStrategy, columns: bool, data: st.DataObject) -> None:
    mask = data.draw(masks) != 0
    box = rlemask.runs_of(mask, columns=columns).bounding_box()
    if not mask.any():
        assert box is None
        return
    rows, cols = np.nonzero(mask)
    assert box == (rows.min(), cols.min(), rows.max() + 1, cols.max() + 1)


@pytest.mark.parametrize("columns", [True, False])
@pytest.mark.parametrize("connectivity", [4, 8])
@given(data=st.data())
@fast
def test_pieces(
    masks: st.SearchStrategy, columns: bool, connectivity: int, data: st.DataObject
) -> None:
    mask = data.draw(masks) != 0
    pieces = rlemask.runs_of(mask, columns=columns).pieces(connectivity)
    labels, count = ndimage.label(mask, EDGES[connectivity])
    theirs = {(labels == i + 1).tobytes() for i in range(count)}
    assert {np.ascontiguousarray(p.mask() != 0).tobytes() for p in pieces} == theirs
    areas = [piece.area for piece in pieces]
    assert areas == sorted(areas, reverse=True)


def test_the_end_of_a_column_does_not_touch_the_next() -> None:
    mask = np.zeros((8, 3), bool)
    mask[7, 0] = mask[0, 1] = True
    runs = rlemask.runs_of(mask)
    assert len(runs) == 1
    assert [piece.area for piece in runs.pieces()] == [1, 1]


def test_pieces_want_4_or_8() -> None:
    with pytest.raises(ValueError, match="4 or 8"):
        rlemask.parse("0 1", (4, 4), "siim").pieces(6)


@pytest.mark.parametrize("columns", [True, False])
@given(data=st.data())
@fast
def test_iou_equals_numpy(twos: st.SearchStrategy, columns: bool, data: st.DataObject) -> None:
    a, b = data.draw(twos)
    x, y = rlemask.runs_of(a, columns=columns), rlemask.runs_of(b, columns=columns)
    union = (a | b).sum()
    assert x.iou(y) == y.iou(x) == ((a & b).sum() / union if union else 1.0)
    assert x.iou(x) == 1.0


@pytest.mark.parametrize("columns", [True, False])
def test_empty_masks(columns: bool) -> None:
    empty = rlemask.empty((4, 6), columns=columns)
    assert empty == rlemask.runs_of(np.zeros((4, 6), bool), columns=columns)
    assert (len(empty), empty.area, empty.size) == (0, 0, 24)
    assert empty.iou(rlemask.empty((4, 6), columns=columns)) == 1.0
    assert empty.iou(~empty) == (~empty).iou(empty) == 0.0
    assert isinstance(empty.iou(empty), float)
    assert isinstance(empty.iou(~empty), float)


def test_masks_that_do_not_match() -> None:
    with pytest.raises(ValueError, match="do not match"):
        rlemask.parse("0 1", (4, 4), "siim") | rlemask.parse("0 1", (2, 8), "siim")
    with pytest.raises(ValueError, match="in_order"):
        rlemask.parse("0 1", (4, 4), "siim") & rlemask.parse("0 1", (4, 4), "siim-rows")
    with pytest.raises(ValueError, match=r"\(4, 4\) .* and \(2, 8\) .* do not match"):
        rlemask.empty((4, 4)).iou(rlemask.empty((2, 8)))
    with pytest.raises(ValueError, match="in_order"):
        rlemask.empty((4, 4)).iou(rlemask.empty((4, 4), columns=False))
    assert rlemask.parse("0 1", (4, 4), "siim") != rlemask.parse("0 1", (2, 8), "siim")
    assert rlemask.parse("0 1", (4, 4), "siim") != "0 1"


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=20))
@fast
def test_any_intervals_are_united(intervals: list[tuple[int, int]]) -> None:
    flat = np.zeros(41, bool)
    for start, stop in intervals:
        flat[start:stop] = True
    bounds = np.array(intervals, np.int64).reshape(-1, 2)
    toggles = toggles_from(bounds[:, 0], bounds[:, 1])
    np.testing.assert_array_equal(toggles, rlemask.runs_of(flat[:, None]).toggles)
