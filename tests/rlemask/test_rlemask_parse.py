"""Faults, their places, repairs, and what counts as empty."""

import math
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rlemask
from rlemask._dialects import Pairs

fast = settings(deadline=None, max_examples=200)
SHAPE = (4, 5)
ALL = list(rlemask.DIALECTS)


@pytest.mark.parametrize("dialect", ALL)
@pytest.mark.parametrize(
    "text",
    ["-1", " -1", "-1\n", "", "  \t          ", None, math.nan, np.nan, pd.NA, -1, -1.0,
     np.int64(-1), b"-1", b" ", [], ["-1", None]],
)  # fmt: skip
def test_empty(text: rlemask.Texts, dialect: str) -> None:
    assert rlemask.parse(text, SHAPE, dialect).area == 0


@pytest.mark.parametrize("dialect", ["siim", "siim-rows", "kaggle", "kaggle-rows"])
def test_a_column_of_minus_ones_that_was_read_as_numbers(dialect: str) -> None:
    column = pd.Series([-1, -1])
    assert rlemask.area_column(column, SHAPE, dialect).tolist() == [0, 0]
    assert rlemask.parse(column, SHAPE, dialect).area == 0


def faults_of(texts: rlemask.Texts, shape: tuple[int, int], dialect: str) -> list[rlemask.Fault]:
    try:
        rlemask.parse(texts, shape, dialect)
    except rlemask.RLEError as error:
        return error.faults
    return []


FAULTY = [
    # dialect, text, (token, position) of each fault, a word of each, what the repair keeps
    ("siim", "1 2 3", [(3, 4)], ["odd"], "1 2"),
    ("siim", "7", [(1, 0)], ["odd"], "-1"),
    ("siim", "1 2 x 3 1 1", [(3, 4)], ["'x' is not"], "1 2 1 1"),
    ("siim", "1 2.0", [(2, 2)], ["'2.0' is not"], "-1"),
    ("siim", "1 2 -3 2", [(3, 4)], ["negative"], "1 2"),
    ("siim", "+1 2", [(1, 0)], ["not a whole"], "-1"),
    ("siim", "1\u00a02", [(1, 0), (1, 0)], ["not a whole", "odd"], "-1"),
    ("siim", "1,2", [(1, 0), (1, 0)], ["not a whole", "odd"], "-1"),
    ("siim", "٣ 2", [(1, 0)], ["not a whole"], "-1"),
    ("siim", "  1 2  9 0", [(4, 9)], ["length 0"], "1 2"),
    ("siim", "9 0 1 2", [(2, 2)], ["length 0"], "10 2"),
    ("siim", "15 6", [(1, 0)], ["1 pixels past"], "15 5"),
    ("siim", "1 2 30 4 1 1", [(3, 4), (5, 9)], ["past", "past"], "1 2"),
    ("siim", "1 99999999999999999999999", [(1, 0)], ["past"], "1 19"),
    ("siim", f"1 {'9' * 5000}", [(2, 2)], ["too large"], "-1"),
    ("siim", "a b c", [(1, 0), (2, 2), (3, 4), (3, 4)], ["not", "not", "not", "odd"], "-1"),
    ("siim", "-1 -1", [(1, 0), (2, 3)], ["negative", "negative"], "-1"),
    ("kaggle", "0 3", [(1, 0)], ["numbered from 1"], "1 2"),
    ("kaggle", "5 3 7 2", [(3, 4)], ["before the end"], "5 4"),
    ("kaggle", "9 2 1 2", [(3, 4)], ["before the end"], "1 2 9 2"),
    ("kaggle", "20 2", [(1, 0)], ["past"], "20 1"),
    ("kaggle", "5 3 5 3", [(3, 4)], ["before the end"], "5 3"),
    ("coco", "[3, 4]", [(0, 0)], ["add up to 7"], "[3, 4, 13]"),
    ("coco", "[3, 18]", [(0, 0)], ["add up to 21"], "[3, 17]"),
    ("coco", "[3, -1, 18]", [(2, 4)], ["not a whole"], "[20]"),
    ("coco", [3, -1, 18], [(2, 1)], ["negative"], "[20]"),
    ("coco", [2, 3, 10**30], [(0, 0)], ["add up to"], "[2, 3, 15]"),
    ("coco", {"counts": [2, 3]}, [(0, 0)], ["add up to 5"], "[2, 3, 15]"),
    ("coco-compressed", "\x7f", [(1, 0)], ["not a character"], None),
    ("coco-compressed", "3!", [(2, 1)], ["not a character"], None),
    ("coco-compressed", "3q", [(2, 1)], ["not a character"], None),
    ("coco-compressed", "3T", [(2, 1)], ["inside a count"], None),
    ("coco-compressed", "O", [(1, 0)], ["negative"], None),
    ("coco-compressed", "o" * 30, [(1, 0)], ["too large"], None),
    ("coco-compressed", "34", [(0, 0)], ["add up to 7"], None),
    ("coco-compressed", "3é", [(2, 1)], ["not a character"], None),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "text", "places", "words", "kept"), FAULTY)
def test_faults_and_repair(
    dialect: str,
    text: rlemask.Texts,
    places: list[tuple[int, int]],
    words: list[str],
    kept: str | None,
) -> None:
    with pytest.raises(rlemask.RLEError) as caught:
        rlemask.decode(text, SHAPE, dialect)
    faults = caught.value.faults
    assert [(fault.token, fault.position) for fault in faults] == places
    assert all(word in fault.message for word, fault in zip(words, faults, strict=True))
    assert "\n" not in str(caught.value)
    runs = rlemask.parse(text, SHAPE, dialect, strict=False)
    if kept is not None:
        assert rlemask.encode(runs, dialect) == kept


def test_a_message_says_where_and_what_to_do() -> None:
    with pytest.raises(rlemask.RLEError) as caught:
        rlemask.parse("5 3 9 x", SHAPE, "siim")
    assert str(caught.value) == (
        "invalid run-length text: token 4, character 7: 'x' is not a whole number "
        "(check dialect and shape, correct the text, or read it with strict=False)"
    )


def test_many_faults_are_all_kept_but_not_all_said() -> None:
    with pytest.raises(rlemask.RLEError, match="and 7 more") as caught:
        rlemask.parse(" ".join("abcdefghij"), SHAPE, "siim")
    assert len(caught.value.faults) == 10


def test_faults_of_a_column_come_together_with_their_rows() -> None:
    with pytest.raises(rlemask.RLEError) as caught:
        rlemask.parse_column(["1 2", "1", ["1 1", "x 1"], "-1"], SHAPE, "siim")
    assert [fault.row for fault in caught.value.faults] == [1, 2]
    assert "row 1, token 1" in str(caught.value)
    kept = rlemask.parse_column(["1 2", "1", ["1 1", "x 1"], "-1"], SHAPE, "siim", strict=False)
    assert [runs.area for runs in kept] == [2, 0, 1, 0]


def test_faults_of_several_rows_name_the_row() -> None:
    with pytest.raises(rlemask.RLEError) as caught:
        rlemask.decode(["1 2", "1 0"], SHAPE)
    assert [fault.row for fault in caught.value.faults] == [1]


def test_the_error_crosses_processes() -> None:
    error = rlemask.RLEError([rlemask.Fault(3, 2, "bad", row=1)])
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.faults) == (str(error), error.faults)


@pytest.mark.parametrize("bad", [3, 2.5, {"a": 1}, [3], [["1 2"]], object(), True])
def test_what_is_no_text_at_all(bad: rlemask.Texts) -> None:
    with pytest.raises(TypeError, match="text"):
        rlemask.parse(bad, SHAPE, "siim")


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (-2, -2)])
def test_impossible_shapes(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        rlemask.decode("-1", shape)


def test_a_wrong_name_lists_the_right_ones() -> None:
    with pytest.raises(ValueError, match=r"did you mean siim.* coco, .*siim-rows"):
        rlemask.decode("-1", SHAPE, "siimm")


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("annotation", [{"size": [5, 4], "counts": [20]}, {"size": [4, 5]}])
def test_a_dict_for_another_mask(annotation: dict, strict: bool) -> None:
    with pytest.raises(rlemask.RLEError, match="dict"):
        rlemask.parse(annotation, SHAPE, "coco", strict=strict)


def test_several_coco_annotations() -> None:
    both = [[0, 3, 17], {"size": [4, 5], "counts": [18, 2]}, "[2, 2, 16]"]
    assert rlemask.parse(both, SHAPE, "coco").area == 6
    assert rlemask.parse(np.array([0, 3, 17]), SHAPE, "coco").area == 3


def test_a_dialect_of_ones_own() -> None:
    from_zero = Pairs(columns=False, relative=False, first=0, empty="none")
    assert rlemask.decode("0 2", (1, 3), from_zero).tolist() == [[1, 1, 0]]
    assert rlemask.encode(np.zeros((1, 3), bool), from_zero) == "none"


TEXTS = st.one_of(
    st.text(),
    st.text("0123456789 -\t,[]x", max_size=60),
    st.text("0123456789 ", max_size=40),
    st.lists(st.integers(-3, 30), max_size=12).map(lambda v: " ".join(map(str, v))),
    st.lists(st.integers(0, 2**70), max_size=6).map(lambda v: " ".join(map(str, v))),
    st.text([chr(c) for c in range(45, 115)], max_size=40),
    st.binary(max_size=40),
)


@pytest.mark.parametrize("dialect", ALL)
@given(text=TEXTS, shape=st.tuples(st.integers(1, 9), st.integers(1, 9)))
@fast
def test_any_text_gives_a_mask_or_an_rle_error(
    dialect: str, text: str | bytes, shape: tuple[int, int]
) -> None:
    runs = rlemask.parse(text, shape, dialect, strict=False)
    faults = faults_of(text, shape, dialect)
    toggles = runs.toggles
    assert toggles.dtype == np.int64
    assert toggles.size % 2 == 0
    assert (np.diff(toggles) > 0).all()
    assert toggles.size == 0 or (toggles[0] >= 0 and toggles[-1] <= runs.size)
    assert all(0 <= fault.position <= max(len(text), 1) for fault in faults)
    if faults:
        with pytest.raises(rlemask.RLEError):
            rlemask.decode(text, shape, dialect)
    else:
        assert rlemask.decode(text, shape, dialect).sum() == runs.area


@pytest.mark.parametrize("dialect", ["siim", "kaggle"])
@given(numbers=st.lists(st.integers(0, 12), max_size=10), blank=st.sampled_from([" ", "\n ", "\t"]))
@fast
def test_the_compiled_reader_and_the_explaining_one_agree(
    dialect: str, numbers: list[int], blank: str
) -> None:
    rule = rlemask.DIALECTS[dialect]
    assert isinstance(rule, Pairs)
    text = blank.join(map(str, numbers))
    toggles, faults = rule.read(text, (5, 8))
    slow, why = rule._read_slowly(text, 40)
    assert faults == why
    np.testing.assert_array_equal(toggles, slow)


def test_a_long_faulty_text_is_read_in_good_time() -> None:
    text = "1 1 " * 100_000 + "x"
    runs = rlemask.parse(text, (1024, 1024), "siim", strict=False)
    assert runs.area == 100_000
    assert len(faults_of(text, (1024, 1024), "siim")) == 2
