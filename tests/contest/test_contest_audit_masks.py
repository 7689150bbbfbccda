"""The audit of masks and grey levels: stripes, few pixels, whole images, bit depths, constants."""

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

import contest
import rlemask
from contest.audit.findings import Findings
from contest.audit.masks import areas_of, check_shapes
from tests.contest.test_contest_audit import audit
from tests.contest.test_contest_prepare import annotate, write
from tests.rlemask.test_rlemask_guess import blobs, ellipses, other, resized
from tests.rlemask.test_rlemask_stripes import EVERY, drawn


def found(masks: dict[str, np.ndarray]) -> set[tuple[str, str, str]]:
    runs = {name: rlemask.runs_of(mask) for name, mask in masks.items()}
    log = Findings()
    check_shapes(runs, areas_of(runs), log)
    assert log.errors == []
    return {(one.kind, one.id, one.message) for one in log.warnings}


def test_few_pixels_are_few_of_the_image_and_of_the_median_mask() -> None:
    large = {f"l{k}": drawn((slice(0, 40), slice(1, 40))) for k in range(3)}
    one, several = drawn((slice(0, 2), slice(0, 3))), drawn((slice(0, 7), slice(0, 1)))
    told = ("few pixels", "a", "its mask has 6 of 3,000 pixels")
    assert found({**large, "a": one, "b": several, "c": drawn()}) == {told}
    assert found({"a": one, "b": one, "c": one, "d": drawn()}) == set(), "all are that small"
    assert found({"c": drawn()}) == set()


def test_whole_images_are_named() -> None:
    nearly, less = drawn((EVERY, EVERY)), drawn((EVERY, EVERY))
    nearly[:5, 0], less[:30, 0] = 0, 0
    assert found({"a": nearly, "b": less, "c": drawn((EVERY, EVERY))}) == {
        ("whole image", "a", "its mask covers 99.83% of the image"),
        ("whole image", "c", "its mask covers 100.00% of the image"),
    }


@pytest.fixture
def general(spec: contest.Spec) -> contest.Spec:
    """A competition with a place for mask pictures, whose code are the general functions."""
    places = {**spec.data, "masks": ("masks",)}
    return dataclasses.replace(spec, data=places, prepare="competitions.tgs_salt.prepare:prepare")


@pytest.fixture
def data(tmp_path: Path, spec: contest.Spec) -> Path:
    """Training images a, b, c, d and test image z, with annotations."""
    root = tmp_path / "data"
    for seed, name in enumerate("abcd"):
        write(root / "train" / f"{name}.png", seed)
    write(root / "test" / "z.png", 10)
    annotate(root, spec, "abcd")
    return root


def of_kind(audit_of: contest.Audit, kind: str) -> dict[str, str]:
    return {one.id: one.message for one in audit_of.warnings if one.kind == kind}


def picture(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(exist_ok=True)
    assert cv2.imwrite(str(path), pixels)


def test_constant_images_of_both_parts_are_named(data: Path, general: contest.Spec) -> None:
    assert of_kind(audit(data, general), "constant") == {}
    flat = np.full((101, 101, 3), 7, np.uint8)
    picture(data / "train" / "b.png", flat)
    picture(data / "test" / "z.png", flat)
    dot = np.zeros((900, 900), np.uint8)
    dot[5, 5] = 1
    picture(data / "train" / "a.png", dot)
    told = audit(data, general)
    assert of_kind(told, "constant") == {
        "a": "every pixel is between 0 and 1",
        **dict.fromkeys("bz", "every pixel is 7"),
    }
    assert told.errors == []


@pytest.mark.parametrize("table", [True, False])
def test_bit_depths_that_tell_which_masks_are_empty(
    data: Path, general: contest.Spec, table: bool
) -> None:
    masks = {name: np.zeros(general.shape, np.uint8) for name in "abcd"}
    for name in "ab":
        masks[name][2:5, 3:6] = 255
    rows = [f"{n},{rlemask.encode(m > 0, general.dialect)}" for n, m in masks.items()]
    (data / "train.csv").write_text("\n".join(["ImageId,EncodedPixels", *rows]) + "\n")
    if not table:
        (data / "train.csv").unlink()
    for name, mask in masks.items():
        picture(data / "masks" / f"{name}.png", mask)
    assert of_kind(audit(data, general), "bit depth") == {}
    deep = {name: masks[name].astype(np.uint16) * 257 for name in "ab"}
    picture(data / "masks" / "b.png", deep["b"])
    told = audit(data, general)
    assert of_kind(told, "bit depth") == {"": "3 of 8 bits, first a; 1 of 16 bits, first b"}
    picture(data / "masks" / "a.png", deep["a"])
    told = audit(data, general)
    message = (
        "2 of 8 bits, first c; 2 of 16 bits, first a; the depth alone tells which masks are empty"
    )
    assert of_kind(told, "bit depth") == {"": message}
    assert of_kind(told, "mask picture") == {}
    assert told.errors == []


def test_areas_are_pixels_by_id() -> None:
    areas = areas_of({"1e5": rlemask.runs_of(drawn((slice(0, 2), slice(0, 3))))})
    expected = pd.Series([6], pd.Index(["1e5"], dtype="str", name="image_id"))
    pd.testing.assert_series_equal(areas, expected)


def zero_based(text: str) -> str:
    return " ".join(str(int(one) - 1 + place % 2) for place, one in enumerate(text.split()))


def bordered() -> list[np.ndarray]:
    masks = blobs(SIDES)
    for mask in masks:
        mask[:9, 30:60] = 1
    return masks


def encoded(masks: list[np.ndarray], dialect: str) -> list[str]:
    return [rlemask.encode(mask, dialect) for mask in masks]


SIDES = (101, 101)
STARTS = {"siim": "absolute starts", "kaggle": "starts relative to the end of the run before"}
IN_FORMS: dict[str, tuple[str, Callable[[], list[str]], str]] = {
    "kaggle, from 0": (
        "kaggle",
        lambda: [zero_based(text) for text in encoded(bordered(), "kaggle")],
        "pixels numbered from 0, not 1",
    )
}
for _dialect, _told in STARTS.items():
    IN_FORMS |= {
        f"{_dialect}, own": (_dialect, partial(encoded, blobs(SIDES), _dialect), ""),
        f"{_dialect}, empty": (_dialect, lambda: ["-1"] * 12, ""),
        f"{_dialect}, starts": (_dialect, partial(encoded, blobs(SIDES), other(_dialect)), _told),
        f"{_dialect}, size": (
            _dialect,
            partial(encoded, resized(ellipses(SIDES), (256, 256)), _dialect),
            "images of a height of 256 pixels, not 101",
        ),
    }
"""Dialect of the competition, texts of the masks, and the guess."""


@pytest.mark.parametrize("faulty", [False, True])
@pytest.mark.parametrize("name", IN_FORMS)
def test_masks_in_another_form_are_one_warning_with_the_guess(
    tmp_path: Path, general: contest.Spec, name: str, faulty: bool
) -> None:
    dialect, texts, told = IN_FORMS[name]
    spec = dataclasses.replace(general, shape=SIDES, dialect=dialect)
    root, ids = tmp_path / "data", "abcdefghijkl"
    for seed, image_id in enumerate(ids):
        write(root / "train" / f"{image_id}.png", seed)
    write(root / "test" / "z.png", 20)
    rows = [f"{image_id},{text}" for image_id, text in zip(ids, texts(), strict=True)]
    more = ["a,nonsense"] if faulty else []
    (root / "train.csv").write_text("\n".join(["ImageId,EncodedPixels", *rows, *more]) + "\n")
    found = audit(root, spec)
    assert not [one for one in found.errors if one.kind == "form"], "a warning only"
    assert bool([one for one in found.errors if one.kind == "annotation"]) >= faulty
    warnings = of_kind(found, "form")
    assert list(warnings) == ([""] if told else [])
    for message in warnings.values():
        assert f"are plausible only with {told}" in message
        assert "first of image " in message
        assert f"; this competition has {STARTS[other(dialect)]}" in message
        assert message.endswith("of 101 x 101 pixels")
