"""Ridges and the arrangement of cells by side."""

from collections.abc import Iterator

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.feature import hessian_matrix_eigvals

from cxr import Ridges, by_side, extract_sides
from imagefeatures import Family

SMALL = Ridges(side=128)


def picture(seed: int, side: int = 128) -> np.ndarray:
    rng = np.random.default_rng(seed)
    smooth = cv2.GaussianBlur(rng.normal(size=(side, side)), (0, 0), 3)
    return np.clip(120 + 400 * smooth, 0, 255).astype(np.uint8)


def table_of(image: np.ndarray, family: Ridges = SMALL) -> pd.DataFrame:
    return pd.DataFrame([family.compute(image)], index=["image"]).add_prefix("ridges_")


def grid(features: dict[str, float], name: str, cells: int = 8) -> np.ndarray:
    return np.array([[features[f"{name}_r{r}c{c}"] for c in range(cells)] for r in range(cells)])


def line(angle: float, side: int = 256) -> np.ndarray:
    """A dim picture with one bright line through its middle, `angle` in degrees to the rows."""
    image = np.full((side, side), 100, np.uint8)
    along = 90 * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    ends = [tuple(int(v) for v in np.round(side / 2 + s * along)) for s in (-1, 1)]
    return cv2.line(image, *ends, 200, 2)


def test_ridges_are_a_family_with_as_many_finite_values_as_maps_and_cells():
    features = Ridges().compute(picture(0, 256))
    assert isinstance(Ridges(), Family)
    assert len(features) == len(Ridges().maps) * 64 == 2496
    assert np.isfinite(list(features.values())).all()


@pytest.mark.parametrize("side", [32, 64, 100, 256, 300, 1024])
def test_any_size_gives_the_same_names(side):
    assert list(Ridges().compute(picture(1, side))) == list(Ridges().compute(picture(1, 128)))


def test_a_constant_image_has_finite_features():
    features = SMALL.compute(np.full((128, 128), 7, np.uint8))
    assert np.isfinite(list(features.values())).all()


@given(st.integers(0, 50), st.sampled_from([128, 256]))
@settings(max_examples=10, deadline=None)
def test_the_mirror_image_swaps_the_sides(seed, size):
    image = picture(seed, size)
    family = Ridges(side=256)
    direct = by_side(table_of(image, family), family)
    mirrored = by_side(table_of(image[:, ::-1].copy(), family), family)
    for one, other in (("left", "right"), ("right", "left")):
        np.testing.assert_allclose(direct[one], mirrored[other], atol=2e-3, rtol=2e-3)


@given(st.floats(0.3, 1.0), st.integers(0, 40))
@settings(max_examples=10, deadline=None)
def test_gain_and_offset_of_the_image_hardly_matter(gain, offset):
    image = picture(5)
    changed = np.round(image * gain + offset * (1 - gain)).astype(np.uint8)
    for name in ("jet2", "jet1x", "mean2"):
        a, b = (grid(SMALL.compute(one), name) for one in (image, changed))
        assert np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.98, name


def test_ridge_strength_is_the_negated_smaller_hessian_eigenvalue():
    image = picture(3)
    grey = (image - image.mean()) / (image.std() + 1e-3)
    blurred = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), SMALL.sigma)
    # Sobel's second derivatives smooth across, so the oracle is fed the same ones
    second = [cv2.Sobel(blurred, cv2.CV_64F, *o, scale=0.25) for o in ((0, 2), (1, 1), (2, 0))]
    strength = np.maximum(-hessian_matrix_eigvals(np.array(second))[1], 0)
    features = SMALL.compute(image)
    fine = strength.reshape(32, 4, 32, 4)
    peaks = fine.max((1, 3)).reshape(8, 4, 8, 4).mean((1, 3))
    np.testing.assert_allclose(grid(features, "peak0"), peaks, rtol=1e-3, atol=1e-5)
    means = np.log(fine.mean((1, 3)) + 1e-6).reshape(8, 4, 8, 4).mean((1, 3))
    np.testing.assert_allclose(grid(features, "mean0"), means, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("angle", "across", "slant"), [(0, 1, 0), (90, -1, 0), (45, 0, 1), (135, 0, -1)]
)
def test_direction_follows_a_line(angle, across, slant):
    """`across` is d2/dx2 - d2/dy2 over its size: a line along the rows bends only
    down; a falling one (45 degrees, rows counted down) has a positive mixed derivative."""
    features = Ridges(side=256).compute(line(angle))
    here = np.s_[3:5, 3:5]
    strongest = grid(features, "fourth0")[here].argmax()
    found = [grid(features, name)[here].ravel()[strongest] for name in ("across0", "slant0")]
    for value, sign in zip(found, (across, slant), strict=True):
        assert np.sign(np.round(value, 1)) == sign


def test_the_side_with_the_line_has_the_stronger_ridges():
    image = picture(2)
    image[20:100, 20] = 255
    tables = by_side(table_of(image), SMALL)
    column = "peak0_apart_r3c1"
    assert tables["left"][column].item() > 0
    assert tables["right"][column].item() == -tables["left"][column].item()


def test_own_cells_start_at_the_edge_of_the_picture_on_both_sides():
    names = [f"ridges_{m}_r{r}c{c}" for m in SMALL.maps for r in range(8) for c in range(8)]
    values = np.arange(2 * len(names), dtype=np.float32).reshape(2, -1)
    table = pd.DataFrame(values, index=["a", "b"], columns=names)
    tables = by_side(table, SMALL)
    assert list(tables) == ["left", "right"]
    assert (tables["left"]["fourth0_own_r2c0"] == table["ridges_fourth0_r2c0"]).all()
    assert (tables["right"]["fourth0_own_r2c0"] == table["ridges_fourth0_r2c7"]).all()
    assert (tables["right"]["slant1_own_r5c3"] == -table["ridges_slant1_r5c4"]).all()
    assert (tables["right"]["jet2xy_own_r0c1"] == -table["ridges_jet2xy_r0c6"]).all()
    assert (tables["right"]["jet2yy_own_r0c1"] == table["ridges_jet2yy_r0c6"]).all()
    apart = table["ridges_jet0_r1c1"] - table["ridges_jet0_r1c6"]
    assert (tables["left"]["jet0_apart_r1c1"] == apart).all()
    assert list(tables["left"].columns) == list(tables["right"].columns)
    assert tables["left"].shape == (2, 2496)


def test_a_second_call_reads_the_cache_and_a_killed_one_goes_on(stack, tmp_path):
    first = extract_sides(stack, family=SMALL, workers=1, cache_dir=tmp_path)
    stack.taken.clear()
    again = extract_sides(stack, family=SMALL, workers=1, cache_dir=tmp_path)
    assert not stack.taken
    for side, table in first.items():
        pd.testing.assert_frame_equal(table, again[side])
        assert list(table.index) == stack.ids
        assert (table.dtypes == np.float32).all()


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(threads)
