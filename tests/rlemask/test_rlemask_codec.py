"""Masks to texts and back, against slow spellings of the same and pycocotools."""

import json
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco

import rlemask

fast = settings(deadline=None, max_examples=50)
PAIRS = ["kaggle", "kaggle-rows", "siim", "siim-rows"]


def slow_decode(text: str, shape: tuple[int, int], dialect: str) -> np.ndarray:
    """The winners' loop (SIIM) and the usual one (Kaggle)."""
    flat = np.zeros(shape[0] * shape[1], np.uint8)
    numbers = [] if text.strip() in ("", "-1") else [int(token) for token in text.split()]
    position = 0
    for number, length in zip(numbers[::2], numbers[1::2], strict=True):
        position = position + number if dialect.startswith("siim") else number - 1
        flat[position : position + length] = 1
        position += length
    return flat.reshape(shape, order="C" if dialect.endswith("rows") else "F")


def slow_encode(mask: np.ndarray, dialect: str) -> str:
    flat = (mask != 0).astype(int).ravel(order="C" if dialect.endswith("rows") else "F")
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flat, [0]))))
    starts, stops = edges[::2], edges[1::2]
    if dialect.startswith("siim"):
        numbers = starts - np.concatenate(([0], stops[:-1]))[: starts.size]
    else:
        numbers = starts + 1
    pairs = np.stack([numbers, stops - starts], axis=1).ravel()
    empty = "-1" if dialect.startswith("siim") else ""
    return " ".join(map(str, pairs.tolist())) or empty


@pytest.mark.parametrize("dialect", rlemask.DIALECTS)
@given(data=st.data())
@fast
def test_round_trip(masks: st.SearchStrategy[np.ndarray], dialect: str, data: st.DataObject):
    mask = data.draw(masks)
    text = rlemask.encode(mask, dialect)
    again = rlemask.decode(text, mask.shape, dialect)
    assert again.dtype == np.uint8
    np.testing.assert_array_equal(again, mask != 0)


@pytest.mark.parametrize("dialect", PAIRS)
@given(data=st.data())
@fast
def test_slow_codec_agrees(masks: st.SearchStrategy[np.ndarray], dialect: str, data: st.DataObject):
    mask = data.draw(masks)
    text = rlemask.encode(mask, dialect)
    assert text == slow_encode(mask, dialect)
    np.testing.assert_array_equal(slow_decode(text, mask.shape, dialect), mask != 0)


@given(data=st.data())
@fast
def test_pycocotools_agrees(masks: st.SearchStrategy[np.ndarray], data: st.DataObject):
    mask = data.draw(masks)
    theirs = coco.encode(np.asfortranarray((mask != 0).astype(np.uint8)))
    assert rlemask.encode(mask, "coco-compressed") == theirs["counts"].decode()
    np.testing.assert_array_equal(rlemask.decode(theirs, mask.shape, "coco"), mask != 0)
    counts = json.loads(rlemask.encode(mask, "coco"))
    plain = {"counts": counts, "size": list(mask.shape)}
    assert coco.frPyObjects(plain, *mask.shape) == theirs
    np.testing.assert_array_equal(rlemask.decode(counts, mask.shape, "coco"), mask != 0)


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "C": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "bool": lambda m: m.astype(bool),
    "bool Fortran": lambda m: np.asfortranarray(m.astype(bool)),
    "int8": lambda m: -m.astype(np.int8),
    "uint16 beyond a byte": lambda m: m.astype(np.uint16) * 256,
    "int64": lambda m: m.astype(np.int64),
    "255": lambda m: m * np.uint8(255),
    "strided": lambda m: np.repeat(np.repeat(m, 2, 0), 3, 1)[::2, ::3],
    "reversed": lambda m: np.ascontiguousarray(m[::-1, ::-1])[::-1, ::-1],
    "unaligned": lambda m: np.concatenate(([0], m.ravel())).astype(np.uint8)[1:].reshape(m.shape),
    "list": lambda m: m.tolist(),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dialect", ["siim", "siim-rows"])
@pytest.mark.parametrize("shape", [(64, 64), (61, 67), (128, 3), (16, 16)])
def test_memory_layout_does_not_matter(layout: str, dialect: str, shape: tuple[int, int]) -> None:
    mask = (np.random.default_rng(0).random(shape) < 0.3).astype(np.uint8)
    mask[:, 1] = 1
    given_mask = LAYOUTS[layout](mask)
    before = np.array(given_mask)
    assert rlemask.encode(given_mask, dialect) == slow_encode(mask, dialect)
    np.testing.assert_array_equal(given_mask, before)


def test_a_read_only_mask_is_fine() -> None:
    mask = np.eye(16, dtype=np.uint8)
    mask.flags.writeable = False
    np.testing.assert_array_equal(rlemask.decode(rlemask.encode(mask), (16, 16)), mask)


@pytest.mark.parametrize(
    ("pixel", "siim", "kaggle"), [((0, 0), "0 1", "1 1"), ((1023, 1023), "1048575 1", "1048576 1")]
)
def test_first_and_last_pixel(pixel: tuple[int, int], siim: str, kaggle: str) -> None:
    mask = np.zeros((1024, 1024), np.uint8)
    mask[pixel] = 1
    for layout in (mask, np.asfortranarray(mask)):
        assert rlemask.encode(layout) == siim
        assert rlemask.encode(layout, "kaggle") == kaggle
    assert rlemask.decode(siim)[pixel] == 1
    assert rlemask.decode(siim).sum() == 1


def test_columns_come_first_and_gaps_are_relative() -> None:
    mask = rlemask.decode("1 2 3 1", (3, 4))
    assert np.argwhere(mask).tolist() == [[0, 2], [1, 0], [2, 0]]
    mask = rlemask.decode("2 2 7 1", (3, 4), "kaggle-rows")
    assert np.argwhere(mask).tolist() == [[0, 1], [0, 2], [1, 2]]


@pytest.mark.parametrize(
    ("dialect", "empty", "full"),
    [
        ("siim", "-1", "0 12"),
        ("siim-rows", "-1", "0 12"),
        ("kaggle", "", "1 12"),
        ("kaggle-rows", "", "1 12"),
        ("coco", "[12]", "[0, 12]"),
        ("coco-compressed", "<", "0<"),
    ],
)
def test_empty_and_full(dialect: str, empty: str, full: str) -> None:
    assert rlemask.encode(np.zeros((3, 4), bool), dialect) == empty
    assert rlemask.encode(np.ones((3, 4), bool), dialect) == full
    assert not rlemask.decode(empty, (3, 4), dialect).any()
    assert rlemask.decode(full, (3, 4), dialect).all()


def test_several_rows_are_united() -> None:
    mask = rlemask.decode(["0 3", "-1", "2 4 3 1", None], (2, 6))
    assert mask.ravel(order="F").tolist() == [1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0]


@given(data=st.data(), source=st.sampled_from(PAIRS), target=st.sampled_from(PAIRS))
@fast
def test_one_dialect_into_another(
    masks: st.SearchStrategy[np.ndarray], data: st.DataObject, source: str, target: str
) -> None:
    mask = data.draw(masks)
    text = rlemask.encode(mask, source)
    runs = rlemask.parse(text, mask.shape, source)
    assert rlemask.encode(runs, target) == rlemask.encode(mask, target)


@pytest.mark.parametrize(
    "mask", [np.zeros(4, np.uint8), np.zeros((2, 2, 2), np.uint8), np.zeros((0, 4), np.uint8)]
)
def test_what_is_no_mask(mask: np.ndarray) -> None:
    with pytest.raises(ValueError, match="two-dimensional"):
        rlemask.encode(mask)


def test_probabilities_are_no_mask() -> None:
    with pytest.raises(ValueError, match="threshold"):
        rlemask.encode(np.full((4, 4), 0.2))
