"""Radiomics against pyradiomics 3.0.1, published examples, and odd regions.

`golden_radiomics.json` and `.npz` hold synthetic images with what pyradiomics 3.0.1 (built from
its source, Python 3.9) returns for them with `force2D`. The golden values of real radiographs are
read from the folder that RADIOMICS_GOLDEN names.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import cxrfeatures
from cxrfeatures import BadRegion, FeatureError, radiomics

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "golden_radiomics.json").read_text())

HARALICK = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [0, 2, 2, 2], [2, 2, 3, 3]])
"""The example of Haralick et al. (1973), figure 3."""


def assert_close(found: dict[str, float], expected: dict[str, float], rtol: float = 1e-9) -> None:
    assert list(found) == list(expected)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=rtol, abs=1e-12), name


# Against pyradiomics


@pytest.mark.parametrize("key", GOLDEN["cases"])
def test_synthetic_images_agree_with_pyradiomics(key: str) -> None:
    case = GOLDEN["cases"][key]
    with np.load(HERE / "golden_radiomics.npz") as arrays:
        image, mask = arrays[f"{case['case']}__image"], arrays[f"{case['case']}__mask"]
    expected = dict(zip(GOLDEN["names"], case["values"], strict=True))
    assert_close(radiomics(image, mask, **case["settings"]), expected)


def golden_folder() -> Path:
    if "RADIOMICS_GOLDEN" in os.environ:
        return Path(os.environ["RADIOMICS_GOLDEN"])
    if "SIIM_DATA" in os.environ:
        folder = Path(os.environ["SIIM_DATA"]).parents[1] / "golden"
        if (folder / "cases.npz").is_file():
            return folder
    pytest.skip("RADIOMICS_GOLDEN names no folder with the golden values")


def test_real_radiographs_agree_with_pyradiomics() -> None:
    folder = golden_folder()
    golden = json.loads((folder / "pyradiomics-3.0.1.json").read_text())
    with np.load(folder / "cases.npz") as arrays:
        for key, expected in golden.items():
            case, setting = key.split("/")
            bins = {"binWidth_8": {"bin_width": 8}, "binCount_32": {"bin_count": 32}}[setting]
            found = radiomics(arrays[f"{case}__image"], arrays[f"{case}__mask"], **bins)
            assert_close(found, expected, rtol=1e-8)


# Against published examples


def test_contrast_of_the_example_of_haralick() -> None:
    found = radiomics(HARALICK, bin_width=1)
    # From the four matrices printed there, of 24, 24, 18 and 18 ordered pairs.
    assert found["glcm_Contrast"] == pytest.approx((14 / 24 + 24 / 24 + 32 / 18 + 8 / 18) / 4)
    assert found["glcm_MaximumProbability"] == pytest.approx(
        (6 / 24 + 6 / 24 + 3 / 18 + 4 / 18) / 4
    )


def test_ngtdm_of_the_example_of_pyradiomics() -> None:
    image = np.array([[1, 2, 5, 2], [3, 5, 1, 3], [1, 3, 5, 5], [3, 1, 1, 1]])
    n, s = np.array([6, 2, 4, 4]), np.array([13.35, 2.00, 3.03, 10.075])
    found = radiomics(image, bin_width=1)
    assert found["ngtdm_Coarseness"] == pytest.approx(16 / (n @ s), rel=1e-3)


def test_runs_of_one_row() -> None:
    found = radiomics([[1, 1, 2, 3, 3, 3]], bin_width=1)
    assert found["glrlm_ShortRunEmphasis"] == pytest.approx((1 / 4 + 1 + 1 / 9) / 3)
    assert found["glrlm_LongRunEmphasis"] == pytest.approx((4 + 1 + 9) / 3)
    assert found["glrlm_RunPercentage"] == pytest.approx(3 / 6)
    assert found["glszm_ZonePercentage"] == pytest.approx(3 / 6)


def test_first_order_statistics_are_those_of_numpy() -> None:
    pixels = np.random.default_rng(0).integers(0, 4000, 501)
    found = radiomics(pixels[None].astype(np.uint16))
    low, high = np.percentile(pixels, [10, 90])
    robust = pixels[(pixels >= low) & (pixels <= high)]
    deviation = pixels - pixels.mean()
    expected = {
        "10Percentile": low,
        "90Percentile": high,
        "Energy": (pixels**2).sum(),
        "InterquartileRange": np.percentile(pixels, 75) - np.percentile(pixels, 25),
        "Kurtosis": (deviation**4).mean() / pixels.var() ** 2,
        "MeanAbsoluteDeviation": np.abs(deviation).mean(),
        "Mean": pixels.mean(),
        "Median": np.median(pixels),
        "RobustMeanAbsoluteDeviation": np.abs(robust - robust.mean()).mean(),
        "Skewness": (deviation**3).mean() / pixels.std() ** 3,
        "Variance": pixels.var(),
    }
    for name, value in expected.items():
        assert found[f"firstorder_{name}"] == pytest.approx(value, rel=1e-12), name


# Odd regions


def test_an_empty_region_is_named() -> None:
    with pytest.raises(BadRegion, match="no pixel"):
        radiomics(np.ones((4, 4)), np.zeros((4, 4)))
    with pytest.raises(BadRegion, match="no pixel"):
        radiomics(np.ones((0, 4)))
    assert issubclass(BadRegion, FeatureError)


@pytest.mark.parametrize("places", [[(2, 2)], [(0, 0), (4, 4)], [(0, 0), (0, 2), (4, 1)]])
def test_a_region_without_neighbours_is_named(places: list[tuple[int, int]]) -> None:
    mask = np.zeros((5, 5))
    mask[tuple(np.array(places).T)] = 1
    with pytest.raises(BadRegion, match="neighbours"):
        radiomics(np.arange(25).reshape(5, 5), mask)


def test_neighbours_that_share_no_line_are_named() -> None:
    mask = np.zeros((5, 5))
    mask[0, 0] = mask[1, 2] = 1
    with pytest.raises(BadRegion, match="line"):
        radiomics(np.arange(25).reshape(5, 5), mask, distances=(2,))


@pytest.mark.parametrize("value", [0, 25, 77, 0.1, -3.7, 1e-30, 1e50])
@pytest.mark.parametrize("bins", [{}, {"bin_width": 8}, {"bin_count": 32}])
def test_a_constant_region_has_the_values_of_the_docstring(value: float, bins: dict) -> None:
    found = radiomics(np.full((7, 6), value), **bins)
    assert all(np.isfinite(list(found.values())))
    assert found["firstorder_Mean"] == value
    ones = ["glcm_Correlation", "glcm_MCC", "glcm_JointEnergy", "firstorder_Uniformity"]
    zeros = [
        "firstorder_Variance", "firstorder_Skewness", "firstorder_Kurtosis", "firstorder_Range",
        "firstorder_Entropy", "glcm_Contrast", "glcm_Imc1", "glcm_Imc2", "glcm_JointEntropy",
        "glrlm_GrayLevelVariance", "ngtdm_Busyness", "ngtdm_Contrast", "ngtdm_Strength",
    ]  # fmt: skip
    assert [found[name] for name in ones] == [1.0] * len(ones)
    assert [found[name] for name in zeros] == pytest.approx([0.0] * len(zeros), abs=1e-15)
    assert found["ngtdm_Coarseness"] == 1e6


def test_different_values_in_one_grey_level_have_flat_texture() -> None:
    found = radiomics(np.arange(12).reshape(3, 4), bin_width=100)
    assert found["firstorder_Variance"] == pytest.approx(np.arange(12).var())
    assert found["glcm_Correlation"] == found["glcm_MCC"] == 1
    assert found["ngtdm_Coarseness"] == 1e6


def test_two_different_pixels_have_no_robust_deviation() -> None:
    found = radiomics([[0, 100]])
    assert found["firstorder_RobustMeanAbsoluteDeviation"] == 0
    assert all(np.isfinite(list(found.values())))


@settings(max_examples=60, deadline=None)
@given(
    image=hnp.arrays(
        st.sampled_from([np.uint8, np.int16, np.float32, np.float64]),
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=6),
        elements=st.integers(0, 100),
    ),
    bins=st.sampled_from([{}, {"bin_width": 0.7}, {"bin_count": 1}, {"bin_count": 7}]),
)
def test_every_feature_of_any_region_is_finite(image: np.ndarray, bins: dict) -> None:
    if image.size == 1:
        return
    found = radiomics(image, **bins)
    assert list(found) == GOLDEN["names"]
    assert all(type(value) is float and np.isfinite(value) for value in found.values())


# What must not matter


@pytest.fixture
def texture() -> np.ndarray:
    noise = np.random.default_rng(5).normal(0, 30, (33, 41)).cumsum(1)
    return (noise - noise.min()).clip(0, 255).astype(np.uint8)


@pytest.fixture
def blob() -> np.ndarray:
    y, x = np.mgrid[:33, :41]
    return (y - 15) ** 2 / 150 + (x - 22) ** 2 / 200 + np.sin(x) / 3 < 1


def test_a_mask_of_the_whole_image_is_no_mask(texture: np.ndarray) -> None:
    assert radiomics(texture, np.full(texture.shape, 7)) == radiomics(texture)


def test_what_is_outside_the_region_does_not_matter(texture: np.ndarray, blob: np.ndarray) -> None:
    outside = np.full((50, 60), 255, np.uint8)
    shown = np.zeros((50, 60), bool)
    outside[9:42, 3:44] = np.where(blob, texture, 0)
    shown[9:42, 3:44] = blob
    assert radiomics(outside, shown, bin_count=9) == radiomics(texture, blob, bin_count=9)


@pytest.mark.parametrize("turn", [np.transpose, np.flipud, np.fliplr, np.rot90])
def test_turning_the_image_leaves_the_averages(
    texture: np.ndarray, blob: np.ndarray, turn: object
) -> None:
    one = radiomics(texture, blob, distances=(1, 2))
    assert_close(radiomics(turn(texture), turn(blob), distances=(1, 2)), one, rtol=1e-12)


@pytest.mark.parametrize(
    "kind",
    [np.uint16, np.int8, np.int16, np.int64, np.uint64, np.float32, np.float64, ">u2", ">f4"],
)
def test_how_the_pixels_are_stored_does_not_matter(
    texture: np.ndarray, blob: np.ndarray, kind: str
) -> None:
    image = texture // 2
    stored = np.asfortranarray(image.astype(kind))
    stored.flags.writeable = False
    assert_close(radiomics(stored, blob, bin_width=5), radiomics(image, blob, bin_width=5))


def test_a_bool_image_is_one_of_two_levels(blob: np.ndarray) -> None:
    assert radiomics(blob, bin_width=1) == radiomics(blob.astype(np.uint8), bin_width=1)


def test_wide_integers_are_binned_like_floats(texture: np.ndarray) -> None:
    wide = texture.astype(np.int64) * 10**9 - 10**10
    assert radiomics(wide, bin_count=12) == radiomics(wide.astype(float), bin_count=12)


def test_texture_ignores_a_shift_by_whole_bins_and_a_gain_with_fixed_bins(
    texture: np.ndarray,
) -> None:
    image = texture.astype(np.int16)
    for moved, bins in ((image + 3 * 25, {}), (image * 4 - 50, {"bin_count": 16})):
        found, plain = radiomics(moved, **bins), radiomics(image, **bins)
        for name in found:
            assert found[name] == plain[name] or name.startswith("firstorder"), name


def test_the_default_width_is_25(texture: np.ndarray) -> None:
    assert radiomics(texture) == radiomics(texture, bin_width=25)


def test_the_arguments_are_left_as_they_are(texture: np.ndarray, blob: np.ndarray) -> None:
    before, shown = texture.copy(), blob.copy()
    radiomics(texture, blob)
    np.testing.assert_array_equal(texture, before)
    np.testing.assert_array_equal(blob, shown)


# Wrong arguments


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"bin_width": 5, "bin_count": 5}, "not both"),
        ({"bin_width": 0}, "bin_width"),
        ({"bin_width": float("nan")}, "bin_width"),
        ({"bin_width": 1e-9}, "more than"),
        ({"bin_count": 0}, "bin_count"),
        ({"bin_count": 2.5}, "bin_count"),
        ({"bin_count": float("inf")}, "bin_count"),
        ({"distances": ()}, "distances"),
        ({"distances": (0, 1)}, "distances"),
        ({"distances": (1, 1)}, "distances"),
        ({"distances": (1.5,)}, "distances"),
        ({"mask": np.ones((3, 3))}, "mask has shape"),
        ({"mask": np.full((4, 4), "x")}, "mask must"),
        ({"image": np.ones(4)}, r"\(h, w\)"),
        ({"image": np.ones((4, 4), complex)}, "real"),
        ({"image": np.full((4, 4), np.nan)}, "finite"),
        ({"image": np.full((4, 4), np.inf)}, "finite"),
        ({"image": np.full((4, 4), 1e300)}, "finite"),
        ({"image": np.arange(10_000).reshape(100, 100), "bin_width": 1}, "grey levels"),
    ],
)
def test_a_wrong_argument_is_a_value_error(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        radiomics(**{"image": np.arange(16).reshape(4, 4), **arguments})


def test_nan_outside_the_region_does_not_matter() -> None:
    image = np.arange(16.0).reshape(4, 4)
    mask = np.ones((4, 4))
    image[0], mask[0] = np.nan, 0
    assert radiomics(image, mask, bin_width=2) == radiomics(image[1:], bin_width=2)


def test_importing_the_package_does_not_import_numba() -> None:
    code = "import sys, cxrfeatures; sys.exit('numba' in sys.modules)"
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", code], env={**os.environ, **paths}).returncode == 0


def test_the_name_is_public() -> None:
    assert cxrfeatures.radiomics is radiomics
