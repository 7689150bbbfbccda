"""Zones of the lungs, and the radiomics of lungs and zones."""

import cv2
import numpy as np
import pytest

import cxr.phantom
import radiomics2d
from cxr import ZONES, LungFields, LungRadiomics, draw_lungs, lung_fields, zones
from cxr.lungs.zones import paired, zone_labels
from imagefeatures import normalised

SIDE = 512
CENTRES = (156, 356)


def chest(seed: int = 0) -> np.ndarray:
    """Two dark lungs with fine texture in a bright, symmetric chest, uint8 `(512, 512)`."""
    plain = np.full((SIDE, SIDE), 180, np.uint8)
    lungs = np.zeros_like(plain)
    for x in CENTRES:
        cv2.ellipse(lungs, (x, 220), (60, 120), 0, 0, 360, 1, cv2.FILLED)
    noise = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 25, plain.shape), (0, 0), 1.0)
    return np.where(lungs > 0, 70 + noise, plain).clip(0, 255).astype(np.uint8)


def mirror(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image[:, ::-1])


@pytest.fixture(scope="module")
def phantoms() -> list[cxr.phantom.Phantom]:
    """Twelve synthetic radiographs of different patients."""
    return [cxr.phantom.radiograph(np.random.default_rng(seed), size=512) for seed in range(12)]


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


@pytest.mark.parametrize("shape", [(256, 256), (512, 512), (100, 70), (32, 32)])
def test_labels_of_the_mirror_image_are_mirrored(shape: tuple[int, int]) -> None:
    fields = lung_fields(chest())
    turned = LungFields(fields.right[:, ::-1], fields.left[:, ::-1], fields.quality)
    labels, mirrored = zone_labels(fields, shape), zone_labels(turned, shape)[:, ::-1]
    swapped = np.array([0, 6, 7, 8, 9, 10, 1, 2, 3, 4, 5])[mirrored]
    np.testing.assert_array_equal(labels, swapped)
    assert set(np.unique(labels)) == set(range(11))


def test_pairs_are_the_lower_the_higher_and_their_distance() -> None:
    features = paired("x", np.array([[1.0, 5.0], [3.0, 2.0]]), ("a", "b"))
    assert features == {
        "x_low_a": 1, "x_low_b": 2, "x_high_a": 3, "x_high_b": 5, "x_apart_a": 2, "x_apart_b": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    "family", [LungRadiomics(), LungRadiomics(zones=True)], ids=lambda family: family.name
)
def test_mirror_image_has_the_same_features(family: LungRadiomics) -> None:
    image = chest()
    image[150:190, 130:150] = 200
    one, other = (np.array(list(family.compute(p).values())) for p in (image, mirror(image)))
    np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-3)


def test_zones_are_the_radiomics_of_the_zone() -> None:
    image = chest()
    features = LungRadiomics(zones=True).compute(image)
    grey = np.round(255 * normalised(image)).astype(np.uint8)
    labels = zone_labels(lung_fields(image), image.shape)
    left, right = (radiomics2d.features(grey, labels == k, bin_width=12) for k in (5, 10))
    for name in ("firstorder_Mean", "glcm_Contrast", "ngtdm_Busyness"):
        assert features[f"{name}_low_basal"] == pytest.approx(min(left[name], right[name]))
        assert features[f"{name}_high_basal"] == pytest.approx(max(left[name], right[name]))


def test_lungs_are_the_radiomics_of_all_their_zones() -> None:
    image = chest()
    features = LungRadiomics().compute(image)
    assert len(features) == 93 * 3
    grey = np.round(255 * normalised(image)).astype(np.uint8)
    labels = zone_labels(lung_fields(image), image.shape)
    masks = (labels > 0) & (labels < 6), labels > 5
    left, right = (radiomics2d.features(grey, mask, bin_width=12) for mask in masks)
    for name in left:
        low, high = sorted([left[name], right[name]])
        found = [features[f"{name}_{kind}_lung"] for kind in ("low", "high", "apart")]
        assert found == [low, high, high - low]


def test_a_zone_without_pixels_takes_those_of_both_lungs() -> None:
    empty = np.zeros((64, 64), bool)
    lungs = ~empty
    grey = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    found = LungRadiomics()._region(grey, empty, lungs)
    assert found == radiomics2d.features(grey, bin_width=12)
