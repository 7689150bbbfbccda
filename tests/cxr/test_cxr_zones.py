"""Families that look at the zones of the lungs: what each must see, and whom it agrees with."""

import cv2
import numpy as np
import pytest
from skimage.feature import local_binary_pattern

from cxrfeatures import (
    FAMILIES,
    Alignment,
    Edges,
    Emptiness,
    Family,
    Gabor,
    Lbp,
    Wavelets,
    ZoneRadiomics,
    radiomics,
)
from cxrfeatures._alignment import middle
from cxrfeatures._edges import outline
from cxrfeatures._gabor import gabor_kernel
from cxrfeatures._zonal import paired, zone_labels, zone_means
from cxrlungs import ZONES, LungFields, lung_fields, normalised

SIDE = 512
CENTRES = (156, 356)
ZONAL = [Lbp(), Wavelets(), Gabor(), Emptiness(), Edges(), ZoneRadiomics(), Alignment()]


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


@pytest.mark.parametrize("family", ZONAL, ids=lambda family: family.name)
def test_mirror_image_has_the_same_features(family: Family) -> None:
    image = chest()
    image[150:190, 130:150] = 200
    one, other = (np.array(list(family.compute(p).values())) for p in (image, mirror(image)))
    np.testing.assert_allclose(one, other, atol=0.005 if family.name == "lbp" else 1e-3)


def test_zonal_families_are_known_by_name() -> None:
    assert [FAMILIES[family.name] for family in ZONAL] == ZONAL


@pytest.mark.parametrize("shape", [(256, 256), (512, 512), (100, 70), (32, 32)])
def test_labels_of_the_mirror_image_are_mirrored(shape: tuple[int, int]) -> None:
    fields = lung_fields(chest())
    turned = LungFields(fields.right[:, ::-1], fields.left[:, ::-1], fields.quality)
    labels, mirrored = zone_labels(fields, shape), zone_labels(turned, shape)[:, ::-1]
    swapped = np.array([0, 6, 7, 8, 9, 10, 1, 2, 3, 4, 5])[mirrored]
    np.testing.assert_array_equal(labels, swapped)
    assert set(np.unique(labels)) == set(range(11))


def test_means_of_a_zone_are_those_of_its_pixels_and_empty_zones_take_the_mean() -> None:
    labels = np.zeros((4, 4), np.uint8)
    labels[0], labels[1] = 1, 7
    values = np.arange(16, dtype=np.float32).reshape(4, 4)
    means = zone_means(values, labels)
    assert means[0, 0] == 1.5
    assert means[1, 1] == 5.5
    assert means[0, 3] == means[1, 4] == 3.5
    np.testing.assert_array_equal(zone_means(values, np.zeros_like(labels)), 0)


def test_pairs_are_the_lower_the_higher_and_their_distance() -> None:
    features = paired("x", np.array([[1.0, 5.0], [3.0, 2.0]]), ("a", "b"))
    assert features == {
        "x_low_a": 1, "x_low_b": 2, "x_high_a": 3, "x_high_b": 5, "x_apart_a": 2, "x_apart_b": 3,
    }  # fmt: skip


def test_lbp_is_the_histogram_that_scikit_image_gives_in_the_zone() -> None:
    image = chest()
    features = Lbp().compute(image)
    labels = zone_labels(lung_fields(image), image.shape)
    for radius in (1, 3):
        patterns = local_binary_pattern(image, 8, radius, "uniform")
        zone = 1 + ZONES.index("lateral")
        left, right = (
            np.bincount(patterns[labels == k].astype(int), minlength=10) / (labels == k).sum()
            for k in (zone, zone + 5)
        )
        for kind, wanted in (("low", np.minimum(left, right)), ("high", np.maximum(left, right))):
            found = [features[f"radius{radius}_pattern{k}_{kind}_lateral"] for k in range(10)]
            # The place in the array decides how ties are rounded: two pixels may differ.
            np.testing.assert_allclose(found, wanted, atol=2 / (labels == zone).sum())


def test_finest_wavelets_are_the_haar_differences_of_the_definition() -> None:
    image = chest()
    features = Wavelets().compute(image)
    a, b, c, d = (normalised(image)[i::2, j::2] for i in (0, 1) for j in (0, 1))
    labels = zone_labels(lung_fields(image), a.shape)
    details = {
        "down1": (a + b - c - d) / 2,
        "across1": (a - b + c - d) / 2,
        "diagonal1": (a - b - c + d) / 2,
    }
    for name, detail in details.items():
        energies = [np.mean(detail[labels == k].astype(np.float64) ** 2) for k in (3, 8)]
        fourths = [np.mean(detail[labels == k].astype(np.float64) ** 4) for k in (3, 8)]
        assert features[f"{name}_energy_low_middle"] == pytest.approx(
            np.log(min(energies)), abs=1e-3
        )
        assert features[f"{name}_fourth_high_middle"] == pytest.approx(
            np.log(max(fourths)), abs=1e-3
        )


def test_gabor_kernels_ignore_even_grey_and_answer_their_own_direction_most() -> None:
    for k in range(4):
        picture = np.zeros((65, 65), np.float32)
        step = np.array([np.sin(np.pi * k / 4), -np.cos(np.pi * k / 4)]) * 25
        lower, upper = (np.round(32 + sign * step).astype(int).tolist() for sign in (-1, 1))
        cv2.line(picture, lower, upper, 1.0, 3)
        kernels = [gabor_kernel(6.0, np.pi * turn / 4) for turn in range(4)]
        answers = [float(cv2.filter2D(picture, -1, kernel)[32, 32]) for kernel in kernels]
        assert max(range(4), key=answers.__getitem__) == k
        assert all(abs(float(kernel.sum())) < 1e-5 for kernel in kernels)


def test_gabor_sees_a_line_in_its_zone_and_direction_in_either_lung() -> None:
    before = Gabor().compute(chest())
    lined = chest()
    cv2.line(lined, (146, 230), (166, 210), 255, 2)  # top towards the middle: o1 of the left lung
    for image in (lined, mirror(lined)):
        after = Gabor().compute(image)
        gained = {
            name: after[name] - before[name] for name in after if "_bright_high_middle" in name
        }
        best = max((name for name in gained if "wave5" in name), key=gained.__getitem__)
        assert best == "wave5_o1_bright_high_middle"
        assert gained[best] > 1


def test_emptied_apex_raises_the_emptiness_of_that_apex() -> None:
    full, emptied = chest(), chest()
    apex = np.zeros_like(full)
    cv2.ellipse(apex, (CENTRES[0], 220), (58, 118), 0, 0, 360, 1, cv2.FILLED)
    apex[165:] = 0
    emptied[apex > 0] = 70
    before, after = Emptiness().compute(full), Emptiness().compute(emptied)
    assert before["empty_high_apical"] < 0.2
    assert after["empty_high_apical"] > 0.6
    assert after["empty_low_apical"] == pytest.approx(before["empty_low_apical"], abs=0.1)
    assert after["calm_high_apical"] > before["calm_high_apical"] + 0.5
    assert after["empty_high_basal"] < 0.2
    assert after["lung_high_largest"] > before["lung_high_largest"] + 0.08
    assert after["lung_high_apex"] > 0.5
    assert after["lung_high_wall"] < 0.3


def test_emptied_wall_is_an_empty_region_along_the_wall() -> None:
    emptied = chest()
    emptied[150:300, 104:122] = 70
    after = Emptiness().compute(emptied)
    assert after["lung_high_wall"] > 0.5
    assert after["lung_high_apex"] < 0.3


def pleura(image: np.ndarray, x: int, depth: int) -> np.ndarray:
    """Draw a thin bright line, `depth` pixels inside the border of the lung at column `x`."""
    lined = image.copy()
    cv2.ellipse(lined, (x, 220), (60 - depth, 120 - depth), 0, 90, 270, 230, 1, cv2.LINE_AA)
    return mirror(lined) if x == CENTRES[1] else lined


@pytest.mark.parametrize("depth", [14, 24])
def test_drawn_pleural_lines_show_at_their_depth(depth: int) -> None:
    image = chest()
    lined = pleura(image, CENTRES[0], depth)
    other = mirror(pleura(mirror(lined), SIDE - 1 - CENTRES[1], depth))
    features, plain = Edges().compute(other), Edges().compute(image)
    for kind in ("low", "high"):
        assert features[f"depth_{kind}_lateral"] == pytest.approx(depth / SIDE, abs=6 / SIDE)
        strength = features[f"strength_{kind}_lateral"]
        assert strength > 2 * plain[f"strength_{kind}_lateral"]


def test_line_in_one_lung_raises_only_the_higher_strength() -> None:
    image = chest()
    before, after = Edges().compute(image), Edges().compute(pleura(image, CENTRES[0], 18))
    assert after["strength_high_lateral"] > 2 * before["strength_high_lateral"]
    assert after["strength_low_lateral"] < 1.3 * before["strength_high_lateral"]
    assert after["strength_high_medial"] < 1.5 * before["strength_high_medial"]


def test_edges_tell_emptiness_outside_of_the_line() -> None:
    full = pleura(chest(), CENTRES[0], 20)
    emptied = full.copy()
    rim = np.zeros_like(full)
    cv2.ellipse(rim, (CENTRES[0], 220), (59, 119), 0, 90, 270, 1, cv2.FILLED)
    cv2.ellipse(rim, (CENTRES[0], 220), (44, 104), 0, 0, 360, 0, cv2.FILLED)
    emptied[rim > 0] = 70
    before, after = Edges().compute(full), Edges().compute(emptied)
    assert after["texture_low_lateral"] < before["texture_low_lateral"] - 1


def test_rays_point_into_the_lung() -> None:
    lung = lung_fields(chest()).left
    border, inwards = outline(lung)
    x, y = np.round(border + 6 * inwards).astype(int).T
    assert lung[y, x].all()
    np.testing.assert_allclose(np.hypot(*inwards.T), 1)
    point = np.zeros((256, 256), bool)
    point[9, 9] = True
    assert all(np.isfinite(part).all() for part in outline(point))


def test_zones_are_the_radiomics_of_the_zone() -> None:
    image = cv2.resize(chest(), (256, 256), interpolation=cv2.INTER_AREA)
    features = ZoneRadiomics().compute(image)
    grey = np.round(255 * normalised(image)).astype(np.uint8)
    labels = zone_labels(lung_fields(image), image.shape)
    left, right = (radiomics(grey, labels == k, bin_width=12) for k in (5, 10))
    for name in ("firstorder_Mean", "glcm_Contrast", "ngtdm_Busyness"):
        assert features[f"{name}_low_basal"] == pytest.approx(min(left[name], right[name]))
        assert features[f"{name}_high_basal"] == pytest.approx(max(left[name], right[name]))


def symmetric() -> np.ndarray:
    half = chest()[:, : SIDE // 2]
    return np.hstack([half, half[:, ::-1]])


def moved(image: np.ndarray, angle: float, across: float) -> np.ndarray:
    matrix = cv2.getRotationMatrix2D((255.5, 255.5), angle, 1.0)
    matrix[0, 2] += across
    return cv2.warpAffine(image, matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)


def test_symmetric_chest_has_no_asymmetry() -> None:
    features = Alignment().compute(symmetric())
    np.testing.assert_allclose(list(features.values()), 0, atol=1e-3)


def test_alignment_finds_a_turned_and_shifted_chest_symmetric() -> None:
    features = Alignment().compute(moved(symmetric(), 4.0, 20.0))
    assert features["lean"] == pytest.approx(0.75 * np.tan(np.radians(4.0)), abs=0.01)
    assert features["offset"] == pytest.approx(20 / SIDE, abs=0.012)
    assert max(features[f"mean_{zone}"] for zone in ZONES) < 0.06


def test_middle_leans_as_the_chest_does() -> None:
    column, lean = middle(lung_fields(moved(symmetric(), -5.0, -16.0)))
    assert lean == pytest.approx(-0.75 * np.tan(np.radians(5.0)), abs=0.01)
    assert column == pytest.approx(128 - 8, abs=2.5)


def test_brighter_zone_on_one_side_shows_in_that_zone() -> None:
    before = Alignment().compute(symmetric())
    brighter = symmetric()
    brighter[180:280, 100:125] += 40
    after = Alignment().compute(brighter)
    gained = {zone: after[f"mean_{zone}"] - before[f"mean_{zone}"] for zone in ZONES}
    assert max(gained, key=gained.__getitem__) == "lateral"
    assert gained["lateral"] > 0.05
