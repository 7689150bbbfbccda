"""The lung fields and the box around them: what must hold for every picture, phantoms."""

import dataclasses

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import cxr.phantom
from cxr import LungFields, lung_box, lung_fields

WHOLE = (0, 0, 256, 256)


@pytest.fixture(scope="module")
def phantoms() -> list[cxr.phantom.Phantom]:
    """Twelve synthetic radiographs of different patients."""
    return [cxr.phantom.radiograph(np.random.default_rng(seed), size=512) for seed in range(12)]


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


def test_fields_cover_the_lungs_of_the_phantom(phantoms: list[cxr.phantom.Phantom]) -> None:
    overlap = []
    for phantom in phantoms:
        fields = lung_fields(phantom.image)
        truth = cv2.resize(phantom.lungs, (256, 256), interpolation=cv2.INTER_AREA) > 0
        overlap.append(dice(fields.left | fields.right, truth))
    assert np.median(overlap) > 0.8


def test_mirror_image_has_mirrored_fields(phantoms: list[cxr.phantom.Phantom]) -> None:
    for phantom in phantoms:
        fields = lung_fields(phantom.image)
        mirrored = lung_fields(np.ascontiguousarray(phantom.image[:, ::-1]))
        assert mirrored.quality == fields.quality
        assert dice(mirrored.left[:, ::-1], fields.right) > 0.97
        assert dice(mirrored.right[:, ::-1], fields.left) > 0.97


def test_gain_and_offset_of_the_picture_do_not_matter(phantoms: list[cxr.phantom.Phantom]) -> None:
    for phantom in phantoms[:6]:
        quarter = phantom.image // 4
        dimmer, brighter = lung_fields(quarter * 2 + 40), lung_fields(quarter * 3 + 5)
        assert dice(dimmer.left, brighter.left) > 0.95
        assert dice(dimmer.right, brighter.right) > 0.95


@pytest.mark.parametrize("level", [0, 128, 255])
def test_constant_picture_has_default_fields_of_quality_zero(level: int) -> None:
    fields = lung_fields(np.full((64, 64), level, np.uint8))
    assert fields.quality == 0
    assert fields.reason
    np.testing.assert_array_equal(fields.left, fields.right[:, ::-1])
    assert 0.02 < fields.left.mean() < 0.24


def test_lung_that_cannot_be_seen_is_the_mirror_image_of_the_other() -> None:
    image = np.full((256, 256), 180, np.uint8)
    image[:, 122:134] = 220
    cv2.ellipse(image, (78, 110), (30, 60), 0, 0, 360, 60, cv2.FILLED)
    fields = lung_fields(image)
    assert fields.quality == 0.5
    assert "right" in fields.reason
    assert fields.left[110, 78]
    assert fields.right.sum() == pytest.approx(fields.left.sum(), rel=0.01)
    assert not (fields.left & fields.right).any()


@settings(max_examples=25, deadline=None)
@given(image=hnp.arrays(np.uint8, st.sampled_from([(32, 32), (40, 56), (64, 64)])))
def test_any_picture_has_two_fields_on_their_sides(image: np.ndarray) -> None:
    fields = lung_fields(image)
    assert fields.quality in (0, 0.5, 1)
    assert (fields.quality == 1) == (not fields.reason)
    for lung in (fields.left, fields.right):
        assert lung.shape == (256, 256)
        assert lung.any()
    centres = [np.nonzero(lung)[1].mean() for lung in (fields.left, fields.right)]
    assert centres[0] < centres[1]


def test_small_and_coloured_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="uint8"):
        lung_fields(np.zeros((64, 64, 3), np.uint8))


def lungs(left: slice, right: slice, rows: slice) -> LungFields:
    masks = np.zeros((2, 256, 256), bool)
    masks[0, rows, left] = masks[1, rows, right] = True
    return LungFields(masks[0], masks[1], 1.0)


@pytest.mark.parametrize(
    ("found", "margin", "wanted"),
    [
        (lungs(slice(40, 110), slice(140, 200), slice(50, 210)), 0.1, (24, 34, 216, 226)),
        (lungs(slice(5, 110), slice(140, 251), slice(50, 250)), 0.1, (0, 30, 256, 256)),
        # white bases: 100 high but 160 wide, so it goes on to 128
        (lungs(slice(40, 110), slice(140, 200), slice(50, 150)), 0.0, (40, 50, 200, 178)),
        (lungs(slice(80, 120), slice(130, 160), slice(50, 200)), 0.1, WHOLE),
        (dataclasses.replace(lungs(slice(9), slice(9), slice(9)), quality=0.0), 0.1, WHOLE),
    ],
)
def test_a_box_holds_both_lungs_and_a_margin(
    monkeypatch: pytest.MonkeyPatch,
    found: LungFields,
    margin: float,
    wanted: tuple[int, int, int, int],
) -> None:
    monkeypatch.setattr("cxr.lungs.fields.lung_fields", lambda _: found)
    assert lung_box(np.zeros((128, 128), np.uint8), margin) == wanted


def test_boxes_of_phantoms_hold_their_lungs_and_leave_much_out() -> None:
    held, shares = [], []
    for seed in range(8):
        phantom = cxr.phantom.radiograph(np.random.default_rng(seed), size=128)
        left, top, right, bottom = (edge // 2 for edge in lung_box(phantom.image, 0.12))
        inside = (phantom.lungs > 0)[top:bottom, left:right]
        held.append(inside.sum() / (phantom.lungs > 0).sum())
        shares.append(inside.size / phantom.image.size)
    assert np.median(held) > 0.97
    assert 0.3 < np.median(shares) < 0.9


def test_a_picture_of_one_grey_value_is_left_whole() -> None:
    assert lung_box(np.full((64, 64), 9, np.uint8), 0.1) == WHOLE
