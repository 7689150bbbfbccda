"""What holds for every family of pixel features, and what each one must be able to see."""

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

import cxrfeatures
import cxrlungs
from cxrfeatures import (
    FAMILIES,
    Asymmetry,
    Family,
    Glcm,
    Grid,
    Header,
    Hog,
    Intensity,
    Lines,
    LungLines,
    Spikes,
)

PIXEL_FAMILIES = [family for family in FAMILIES.values() if not isinstance(family, Header)]
every_family = pytest.mark.parametrize("family", PIXEL_FAMILIES, ids=lambda family: family.name)


@every_family
def test_family_keeps_the_protocol(family: Family, picture: np.ndarray) -> None:
    assert isinstance(family, Family)
    before = picture.copy()
    features = family.compute(picture)
    assert all(isinstance(value, float) for value in features.values())
    np.testing.assert_array_equal(picture, before)
    assert json.dumps(features) == json.dumps(family.compute(picture))


@pytest.mark.parametrize(
    "family", [*PIXEL_FAMILIES, cxrfeatures.Ridges()], ids=lambda family: family.name
)
def test_the_last_bit_does_not_depend_on_where_the_pixels_lie(
    family: Family, picture: np.ndarray
) -> None:
    """Some functions of OpenCV treat arrays at odd addresses apart, as processes have them."""
    image = cv2.resize(picture, (512, 512), interpolation=cv2.INTER_CUBIC)
    kept, first = [], family.compute(image)
    for number in range(1, 7):
        kept.append(np.empty(16 * 9973 * number + number, np.uint8))
        assert family.compute(shifted(image, number)) == first


def test_no_family_uses_what_depends_on_addresses() -> None:
    """cv2.magnitude gave other last bits at other addresses of its result (OpenCV 4 with IPP)."""
    sources = Path(cxrfeatures.__file__).parent.glob("*.py")
    unsteady = re.compile(r"cv2\.(magnitude|phase|cartToPolar|polarToCart)\(")
    assert [path.name for path in sources if unsteady.search(path.read_text())] == []


def shifted(image: np.ndarray, by: int) -> np.ndarray:
    """Return a copy that begins so many bytes further into a block of memory."""
    block = np.empty(image.size + by, np.uint8)
    copy = block[by:].reshape(image.shape)
    copy[:] = image
    return copy


@every_family
@settings(max_examples=15, deadline=None)
@given(image=hnp.arrays(np.uint8, st.sampled_from([(32, 32), (40, 40), (64, 64)])))
def test_any_picture_gives_finite_values_under_the_same_names(
    family: Family, image: np.ndarray
) -> None:
    features = family.compute(image)
    assert all(np.isfinite(value) for value in features.values())
    assert list(features) == list(family.compute(np.zeros((48, 48), np.uint8)))


@pytest.mark.parametrize(
    "family",
    [family for family in PIXEL_FAMILIES if not isinstance(family, Intensity | Spikes)],
    ids=lambda family: family.name,
)
def test_families_other_than_intensity_and_spikes_ignore_gain_and_offset(
    family: Family, picture: np.ndarray
) -> None:
    dimmer = (picture // 4 * 2 + 40).astype(np.uint8)
    brighter = (picture // 4 * 3 + 5).astype(np.uint8)
    first, second = (np.array(list(family.compute(p).values())) for p in (dimmer, brighter))
    np.testing.assert_allclose(first, second, atol=0.02)


@every_family
def test_all_but_the_mirror_invariant_families_tell_left_from_right(
    family: Family, picture: np.ndarray
) -> None:
    mirrored = np.ascontiguousarray(picture[:, ::-1])
    same = np.allclose(
        list(family.compute(picture).values()), list(family.compute(mirrored).values()), atol=1e-4
    )
    assert same == (not isinstance(family, Grid | Asymmetry | Hog))


def test_intensity_agrees_with_scipy(picture: np.ndarray) -> None:
    features = Intensity().compute(picture)
    pixels = picture.ravel().astype(float)
    assert features["mean"] == pytest.approx(pixels.mean())
    assert features["std"] == pytest.approx(pixels.std())
    assert features["skew"] == pytest.approx(stats.skew(pixels))
    assert features["kurtosis"] == pytest.approx(stats.kurtosis(pixels))
    share = np.unique(picture, return_counts=True)[1] / picture.size
    assert features["entropy"] == pytest.approx(stats.entropy(share, base=2))
    assert features["q50"] == np.quantile(picture, 0.5, method="inverted_cdf")
    assert features["q99"] == np.quantile(picture, 0.99, method="inverted_cdf")


def test_grid_mean_is_the_mean_of_the_cell(picture: np.ndarray) -> None:
    grey = cxrlungs.normalised(picture)
    features = Grid().compute(picture)
    cell = grey[8:16, 24:32]
    assert features["mean_r1c3"] == pytest.approx(cell.mean(), abs=1e-5)
    assert features["spread_r1c3"] == pytest.approx(cell.std(), abs=1e-4)


def test_asymmetry_is_the_difference_of_the_grid(picture: np.ndarray) -> None:
    grid, asymmetry = Grid().compute(picture), Asymmetry().compute(picture)
    wanted = grid["gradient_r2c1"] - grid["gradient_r2c6"]
    assert asymmetry["gradient_r2c1"] == pytest.approx(wanted, abs=1e-6)
    assert asymmetry["gradient_abs_r2c1"] == pytest.approx(abs(wanted), abs=1e-6)


def test_asymmetry_of_a_symmetric_picture_is_zero(picture: np.ndarray) -> None:
    half = picture[:, :32]
    symmetric = np.hstack([half, half[:, ::-1]])
    np.testing.assert_allclose(list(Asymmetry().compute(symmetric).values()), 0, atol=1e-4)


def test_lines_see_a_thin_line_on_one_side_only() -> None:
    plain = np.tile(np.linspace(40, 200, 256).astype(np.uint8)[:, None], (1, 256))
    lined = plain.copy()
    cv2.line(lined, (20, 66), (26, 92), 255, 1)  # inside the cells r2c0
    before, after = Lines().compute(plain), Lines().compute(lined)
    gained = {name: after[name] - before[name] for name in after if "bright0_apart" in name}
    assert max(gained, key=gained.__getitem__) == "bright0_apart_r2c0"
    assert after["bright0_low_r2c0"] == pytest.approx(before["bright0_low_r2c0"], abs=0.1)
    assert after["bright0_high_r2c0"] > before["bright0_high_r2c0"] + 1


def test_lung_lines_see_a_line_wherever_it_lies_in_a_lung() -> None:
    chest = np.full((256, 256), 180, np.uint8)
    for centre in (78, 178):
        cv2.ellipse(chest, (centre, 110), (30, 60), 0, 0, 360, 60, cv2.FILLED)
    before, gains = LungLines().compute(chest), []
    assert before["quality"] == 1
    for x, y in ((70, 80), (80, 130), (185, 110)):
        lined = chest.copy()
        cv2.line(lined, (x, y), (x + 3, y + 20), 255, 1)
        after = LungLines().compute(lined)
        assert after["quality"] == 1
        gains.append(after["bright0_high_max"] - before["bright0_high_max"])
        assert after["bright0_low_max"] == pytest.approx(before["bright0_low_max"], abs=0.1)
    assert min(gains) > 0.5


def test_spikes_of_noise_do_not_depend_on_its_strength_but_a_line_shows() -> None:
    rng = np.random.default_rng(3)
    noise = rng.normal(0, 1, (256, 256))
    noise[:, :8], noise[:, -8:] = -6, 6
    quiet, loud = ((128 + gain * noise).clip(0, 255).astype(np.uint8) for gain in (8, 16))
    quiet[:, :8] = loud[:, :8] = 0
    quiet[:, -8:] = loud[:, -8:] = 255
    first, second = Spikes().compute(quiet), Spikes().compute(loud)
    assert first["bright1_high_r3c2"] == pytest.approx(second["bright1_high_r3c2"], abs=0.1)
    cv2.line(loud, (70, 100), (90, 124), 255, 1)
    lined = Spikes().compute(loud)
    assert lined["bright1_high_r3c2"] > second["bright1_high_r3c2"] + 0.5
    assert lined["bright1_high_r5c2"] == pytest.approx(second["bright1_high_r5c2"], abs=0.05)


def test_hog_sees_the_direction_of_an_edge() -> None:
    across = np.zeros((128, 128), np.uint8)
    across[:, 68:] = 255
    features = {name: value for name, value in Hog().compute(across).items() if "r4c4" in name}
    rotated = Hog().compute(np.ascontiguousarray(across.T))
    strongest = max(features, key=features.__getitem__)
    assert features[strongest] > 0.9
    assert rotated[strongest] < 0.1


def test_glcm_contrast_is_that_of_the_definition() -> None:
    rng = np.random.default_rng(2)
    grey = rng.integers(0, 4, (32, 32)).astype(np.uint8)
    features = Glcm(side=32, levels=4, distances=(1,)).compute(grey * 85)
    steps = grey.astype(int)
    contrast = [
        np.mean((a - b) ** 2)
        for a, b in (
            (steps[:, 1:], steps[:, :-1]),
            (steps[1:], steps[:-1]),
            (steps[1:, 1:], steps[:-1, :-1]),
            (steps[1:, :-1], steps[:-1, 1:]),
        )
    ]
    assert features["contrast_d1"] == pytest.approx(np.mean(contrast))
    assert features["contrast_d1_range"] == pytest.approx(np.ptp(contrast))


def test_normalisation_moves_the_quantiles(picture: np.ndarray) -> None:
    grey = cxrlungs.normalised(picture)
    assert grey.dtype == np.float32
    assert grey.min() == 0
    assert grey.max() == 1
    assert 0.005 < (grey == 0).mean() < 0.05
    assert not cxrlungs.normalised(np.full((40, 40), 9, np.uint8)).any()


def test_large_pictures_are_reduced_and_small_ones_are_not() -> None:
    reduced = cxrfeatures._family.reduced
    checker = np.indices((64, 64)).sum(axis=0).astype(np.uint8) % 2 * 200
    assert (reduced(checker, 32) == 100).all()
    assert reduced(checker, 128) is checker
