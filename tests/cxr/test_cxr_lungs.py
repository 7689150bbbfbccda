"""The lung fields: what holds for every picture, and how near they come to the phantom's truth."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import cxr.phantom
from cxrfeatures import draw_lungs
from cxrlungs import ZONES, LungFields, lung_fields, zones


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


def test_zones_divide_each_lung(phantoms: list[cxr.phantom.Phantom]) -> None:
    for phantom in phantoms:
        fields = lung_fields(phantom.image)
        found = zones(fields)
        for side, lung in (("left", fields.left), ("right", fields.right)):
            parts = np.stack([found[f"{side}_{zone}"] for zone in ZONES])
            np.testing.assert_array_equal(parts.sum(0), lung)


def test_zones_lie_where_their_names_say() -> None:
    left = np.zeros((256, 256), bool)
    left[40:200, 40:100] = True
    found = zones(LungFields(left, left[:, ::-1], 1.0))
    centre = {name: np.argwhere(mask).mean(0) for name, mask in found.items()}
    assert centre["left_apical"][0] < centre["left_middle"][0] < centre["left_basal"][0]
    assert centre["left_lateral"][1] < centre["left_middle"][1] < centre["left_medial"][1]
    assert centre["right_medial"][1] < centre["right_middle"][1] < centre["right_lateral"][1]
    assert found["left_apical"].sum() == 40 * 60


def test_picture_shows_outlines_zones_and_lines(phantoms: list[cxr.phantom.Phantom]) -> None:
    image = phantoms[0].image
    picture = draw_lungs(image, 256)
    assert picture.dtype == np.uint8
    assert picture.shape[1:] == (256, 3)
    plain = cv2.cvtColor(cv2.resize(image, (256, 256), interpolation=cv2.INTER_AREA), 8)
    changed = (picture[:256] != plain).any(-1)
    assert 0.005 < changed.mean() < 0.3
    assert changed[lung_fields(image).left].any()
    marked = (picture[:256] == (0, 94, 213)).all(-1)
    assert 0 < marked.sum() <= 0.01 * marked.size
