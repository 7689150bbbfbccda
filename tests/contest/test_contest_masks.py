"""Masks of tables: texts outside, runs inside."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import contest
import rlemask

Csv = Callable[[str | bytes], Path]
ROWS = "ImageId, EncodedPixels\nb,0 4\na,-1\nb,1 4\nc,8 2\n"
SHAPE = (8, 10)


@pytest.fixture
def masks(csv: Csv, spec: contest.Spec) -> contest.Masks:
    return contest.read_masks(csv(ROWS), spec)


def test_rows_of_one_image_are_united(masks: contest.Masks) -> None:
    assert list(masks) == ["a", "b", "c"]
    assert len(masks) == 3
    assert masks["a"] == rlemask.empty(SHAPE)
    assert masks["b"] == rlemask.parse(["0 4", "1 4"], SHAPE, "siim")
    assert [mask.area for mask in masks.values()] == [0, 5, 2]
    assert "d" not in masks
    with pytest.raises(KeyError, match="d"):
        masks["d"]


def test_a_table_gives_the_masks_of_its_file(
    csv: Csv, spec: contest.Spec, masks: contest.Masks
) -> None:
    table = contest.read_annotations(csv(ROWS), spec)
    assert dict(contest.masks_of(table, spec)) == dict(masks)
    assert dict(contest.masks_of(table.iloc[:0], spec)) == {}


def test_only_keeps_the_order_that_it_is_given(masks: contest.Masks, spec: contest.Spec) -> None:
    some = masks.only(["c", "a"])
    assert list(some) == ["c", "a"]
    assert some["c"] == masks["c"]
    assert "b" not in some
    assert len(masks) == 3
    with pytest.raises(KeyError, match="d"):
        masks.only(["a", "d"])


def test_the_digest_follows_the_texts(masks: contest.Masks, csv: Csv, spec: contest.Spec) -> None:
    digest = masks.digest({"a": 1})
    assert contest.read_masks(csv(ROWS), spec).digest({"a": 1}) == digest
    moved = csv("ImageId, EncodedPixels\nc,8 2\nb,0 4\nb,1 4\na,-1\n")
    assert contest.read_masks(moved, spec).digest({"a": 1}) == digest
    assert masks.only(["b", "a", "c"]).digest({"a": 1}) == digest
    others = {
        masks.digest(),
        masks.digest({"a": 2}),
        masks.only(["a", "b"]).digest({"a": 1}),
        contest.Masks({"a": ["-1"], "b": ["0 4"], "c": ["8 2"]}, spec).digest({"a": 1}),
    }
    assert len(others - {digest}) == 4


def test_the_digest_of_a_known_table_never_changes(masks: contest.Masks) -> None:
    """Folds and runs are stamped with it."""
    assert masks.digest() == "8af37cb0c49142b8"


def test_texts_are_read_when_they_are_asked_for(
    masks: contest.Masks, spec: contest.Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []

    def parse(texts: list[str], shape: tuple[int, int], dialect: str) -> rlemask.Runs:
        read.append(tuple(texts))
        return rlemask.empty(shape)

    monkeypatch.setattr("contest.tables.masks.rlemask.parse", parse)
    masks.digest()
    assert list(masks.only(["b", "a"])) == ["b", "a"]
    assert read == []
    assert masks["b"].area == 0
    assert read == [("0 4", "1 4")]


def test_faults_are_found_unless_the_file_is_known_to_be_sound(
    csv: Csv, spec: contest.Spec
) -> None:
    path = csv(ROWS.replace("8 2", "8 x"))
    with pytest.raises(contest.AnnotationError, match="image c, token 2"):
        contest.read_masks(path, spec)
    unchecked = contest.read_masks(path, spec, parse=False)
    assert unchecked["b"].area == 5
    with pytest.raises(rlemask.RLEError, match="token 2"):
        unchecked["c"]


@pytest.mark.parametrize("dialect", ["siim", "siim-rows", "kaggle", "kaggle-rows"])
@pytest.mark.parametrize("columns", [True, False])
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 9999), n=st.integers(0, 6))
def test_what_is_encoded_reads_back(
    spec: contest.Spec, dialect: str, columns: bool, seed: int, n: int
) -> None:
    other = dataclasses.replace(spec, dialect=dialect, empty=rlemask.DIALECTS[dialect].empty)
    rng = np.random.default_rng(seed)
    drawn = rng.random((n, *SHAPE)) < rng.choice([0, 0.1, 0.5, 1], (n, 1, 1))
    given_masks = {
        f"i{n - k}": rlemask.runs_of(one, columns=columns) for k, one in enumerate(drawn)
    }
    texts = contest.encoded(given_masks, other)
    assert (texts.name, texts.index.name, texts.dtype) == ("rle", "image_id", object)
    assert list(texts.index) == list(given_masks)
    back = contest.masks_of(texts.reset_index(), other)
    for image_id, mask in given_masks.items():
        assert np.array_equal(back[image_id].mask(), mask.mask())
        assert (texts[image_id] == other.empty) == (mask.area == 0)


def test_encoded_masks_make_a_submission(
    masks: contest.Masks, spec: contest.Spec, tmp_path: Path
) -> None:
    path = tmp_path / "s.csv"
    texts = contest.encoded(masks, spec)
    assert texts.to_dict() == {"a": "-1", "b": "0 5", "c": "8 2"}
    contest.write_submission(texts, list(masks), spec, path)
    assert dict(contest.read_masks(path, spec)) == dict(masks)
    assert contest.score(spec, path, texts.reset_index()).score == 1
