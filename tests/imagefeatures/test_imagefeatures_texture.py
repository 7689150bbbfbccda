"""Families of texture against numpy, scipy and scikit-image, and on images of known texture."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage.feature import local_binary_pattern

import imagefeatures
from imagefeatures import Energies, LocalPatterns, Orientation

FAMILIES = (Energies(), Orientation(), LocalPatterns())
SIDE = 64


@pytest.fixture
def rough() -> np.ndarray:
    """An image of 64 px with other texture in each quarter, none of it constant."""
    rng = np.random.default_rng(3)
    image = rng.normal(110, 25, (SIDE, SIDE))
    image[:32] = ndimage.gaussian_filter(image[:32], 1.5)
    image[:, 40:] += 30 * np.sin(np.arange(24) * 0.9)
    return image.clip(0, 255).astype(np.uint8)


def cells_of(plane: np.ndarray, cells: int) -> np.ndarray:
    """Return the means of equal cells, of sides that the image's side is a multiple of."""
    side = len(plane) // cells
    return plane.reshape(cells, side, cells, side).mean(axis=(1, 3))


def cells_in(features: dict[str, float], name: str, cells: int) -> np.ndarray:
    return np.array(
        [[features[f"{name}_{cells}_r{r}c{c}"] for c in range(cells)] for r in range(cells)]
    )


def ranks_in(features: dict[str, float], name: str, cells: int) -> np.ndarray:
    return np.array([features[f"{name}_{cells}_rank{k}"] for k in range(cells**2)])


def sobel(grey: np.ndarray) -> list[np.ndarray]:
    """Return the derivatives across and down; "mirror" is the border that OpenCV has."""
    return [ndimage.sobel(grey, axis=axis, mode="mirror") for axis in (1, 0)]


def blurred(grey: np.ndarray, sigma: float) -> np.ndarray:
    """Return the convolution with a Gaussian of the width at which OpenCV ends it."""
    radius = (round(8 * sigma + 1) | 1) // 2
    return ndimage.gaussian_filter(grey, sigma, mode="mirror", radius=radius)


def wave(angle: float, side: int = SIDE, period: float = 9.0) -> np.ndarray:
    """Return a plane wave whose gradient has this angle from the rows, in radians."""
    down, across = np.mgrid[:side, :side]
    phase = 2 * np.pi * (np.cos(angle) * across + np.sin(angle) * down) / period
    return np.rint(128 + 100 * np.sin(phase)).astype(np.uint8)


# energies


@pytest.mark.parametrize("cells", [4, 8])
def test_energies_are_means_of_cells(rough, cells):
    features, grey = Energies().compute(rough), rough.astype(float)
    planes = {
        "mean": grey,
        "gradient": np.hypot(*sobel(grey)),
        "laplacian": np.abs(ndimage.laplace(grey, mode="mirror")),
    }
    for name, plane in planes.items():
        wanted = cells_of(plane, cells)
        np.testing.assert_allclose(cells_in(features, name, cells), wanted, rtol=1e-5)


@pytest.mark.parametrize("sigma", Energies().sigmas)
def test_band_energies_are_logarithms_of_differences_of_gaussians(rough, sigma):
    features, grey = Energies().compute(rough), rough.astype(float)
    band = blurred(grey, sigma) - blurred(grey, 1.6 * sigma)
    for cells in (4, 8):
        wanted = np.log(cells_of(band**2, cells) + 1e-3)
        found = cells_in(features, f"band{sigma:g}", cells)
        np.testing.assert_allclose(found, wanted, atol=1e-3)


def test_energies_of_the_whole_image(rough):
    features, grey = Energies().compute(rough), rough.astype(float)
    for rank in (1, 5, 25, 50, 75, 95, 99):
        assert features[f"p{rank}"] == pytest.approx(np.percentile(grey, rank), rel=1e-6)
    rows, columns = grey.mean(axis=1), grey.mean(axis=0)
    wanted = {
        "spread": grey.std(),
        "rows": rows.std(),
        "columns": columns.std(),
        "row_steps": (rows[1:] - rows[:-1]).std(),
        "down": np.abs(grey[1:] - grey[:-1]).mean(),
        "across": np.abs(grey[:, 1:] - grey[:, :-1]).mean(),
    }
    assert {name: features[name] for name in wanted} == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("side", [101, 128])
def test_cells_of_any_image_are_weighted_by_area(side):
    image = np.random.default_rng(0).integers(0, 256, (side, side), dtype=np.uint8)
    fine = np.repeat(np.repeat(image.astype(float), 8, axis=0), 8, axis=1)
    features = Energies().compute(image)
    for cells in (4, 8):
        wanted = cells_of(fine, cells)
        np.testing.assert_allclose(cells_in(features, "mean", cells), wanted, rtol=1e-5)


# orientation


@pytest.mark.parametrize("sigma", [1.0, 2.0])
@pytest.mark.parametrize("cells", [4, 8])
def test_orientation_is_that_of_the_structure_tensor(rough, sigma, cells):
    across, down = sobel(blurred(rough.astype(float), sigma))
    xx, yy, xy = (cells_of(k, cells) for k in (across**2, down**2, across * down))
    tensors = np.moveaxis(np.array([[xx, xy], [xy, yy]]), (0, 1), (2, 3))
    values, vectors = np.linalg.eigh(tensors)
    coherence = (values[..., 1] - values[..., 0]) / values.sum(axis=-1)
    first = np.abs(vectors[..., 1])
    features = Orientation().compute(rough)
    found = cells_in(features, f"coherence{sigma:g}", cells)
    np.testing.assert_allclose(found, coherence, atol=1e-3)
    found = cells_in(features, f"angle{sigma:g}", cells)
    np.testing.assert_allclose(found, np.arctan2(first[..., 1], first[..., 0]), atol=5e-3)


@pytest.mark.parametrize("degrees", [0, 10, 30, 45, 60, 85, 90])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_plane_wave_is_coherent_and_has_its_angle(degrees, sign):
    angle = math.radians(degrees)
    features = Orientation().compute(wave(sign * angle, side=96))
    for sigma in (1, 2):
        assert (cells_in(features, f"coherence{sigma}", 4)[1:-1, 1:-1] > 0.98).all()
        inner = cells_in(features, f"angle{sigma}", 4)[1:-1, 1:-1]
        np.testing.assert_allclose(inner, angle, atol=math.radians(2))


def test_noise_is_less_coherent_than_stripes():
    noise = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE), dtype=np.uint8)
    stripes = Orientation().compute(wave(0.0))
    assert ranks_in(Orientation().compute(noise), "coherence1", 4).max() < 0.5
    assert ranks_in(stripes, "coherence1", 4).min() > 0.98


# patterns


@pytest.mark.parametrize("radius", [1, 2, 4])
def test_patterns_are_the_histogram_of_scikit_image(rough, radius):
    features = LocalPatterns().compute(rough)
    codes = local_binary_pattern(rough, 8, radius, method="nri_uniform")
    shares = [(codes == code).mean() for code in range(59)]
    found = [features[f"r{radius}_{code}"] for code in range(59)]
    assert found == pytest.approx(shares, abs=1e-12)
    assert sum(found) == pytest.approx(1)
    assert sum(value > 0 for value in found) > 20


# all families


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
@pytest.mark.parametrize("flip", [np.flipud, np.fliplr, lambda k: k[::-1, ::-1]])
def test_rank_features_do_not_change_with_a_flip(family, flip, rough):
    features = family.compute(rough)
    flipped = family.compute(np.ascontiguousarray(flip(rough)))
    same = [name for name in features if "_rank" in name]
    assert (family.name == "patterns") == (not same)
    one, other = ([found[name] for name in same] for found in (features, flipped))
    np.testing.assert_allclose(other, one, rtol=1e-3, atol=1e-4)
    assert any(features[name] != pytest.approx(flipped[name]) for name in features)


@pytest.mark.parametrize("family", FAMILIES[:2], ids=lambda family: family.name)
def test_ranks_are_the_sorted_cells(family, rough):
    features = family.compute(rough)
    maps = {name.partition("_4_rank0")[0] for name in features if name.endswith("_4_rank0")}
    assert len(maps) == (7 if family.name == "energies" else 4)
    for name in maps:
        for cells in (4, 8):
            ranks = ranks_in(features, name, cells)
            assert np.array_equal(ranks, np.sort(cells_in(features, name, cells), axis=None))


@pytest.mark.parametrize("grey", [0, 93, 255])
@pytest.mark.parametrize("side", [33, 101])
def test_a_constant_image_has_finite_values_and_no_direction(grey, side):
    image = np.full((side, side), grey, np.uint8)
    features = imagefeatures.compute(image, FAMILIES)
    assert np.isfinite(list(features.values())).all()
    directions = [value for name, value in features.items() if name.startswith("orientation_")]
    assert len(directions) == 2 * 4 * (16 + 64)
    assert directions == pytest.approx([0] * len(directions), abs=1e-5)
    bands = [value for name, value in features.items() if "band" in name]
    assert bands == pytest.approx([math.log(1e-3)] * len(bands), abs=1e-3)
    means = [value for name, value in features.items() if name.startswith("energies_mean_")]
    assert means == pytest.approx([grey] * len(means))


@settings(max_examples=15, deadline=None)
@given(st.integers(32, 140), st.integers(32, 140), st.sampled_from(["noise", "black", "edge"]))
def test_names_are_the_same_for_all_images_and_values_are_finite(height, width, kind):
    image = np.zeros((height, width), np.uint8)
    if kind == "noise":
        image[:] = np.random.default_rng(height).integers(0, 256, image.shape)
    elif kind == "edge":
        image[:, width // 2 :] = 255
    wanted = imagefeatures.compute(np.zeros((SIDE, SIDE), np.uint8), FAMILIES)
    found = imagefeatures.compute(image, FAMILIES)
    assert list(found) == list(wanted)
    assert np.isfinite(list(found.values())).all()


def test_names_are_unique_and_count_all_cells_and_ranks(rough):
    sizes = [len(family.compute(rough)) for family in FAMILIES]
    assert sizes == [13 + 7 * 2 * (16 + 64), 4 * 2 * (16 + 64), 3 * 59]
    assert len(imagefeatures.compute(rough, FAMILIES)) == sum(sizes)


def test_fields_choose_cells_widths_and_radii(rough):
    few = dataclasses.replace(Energies(), cells=(2,), sigmas=(3.0,)).compute(rough)
    assert len(few) == 13 + 4 * 2 * 4
    assert {"mean_2_r1c1", "band3_2_rank3"} <= few.keys()
    assert len(Orientation(cells=(3,), sigmas=(1.5,)).compute(rough)) == 2 * 2 * 9
    assert list(LocalPatterns(radii=(3,)).compute(rough)) == [f"r3_{code}" for code in range(59)]
