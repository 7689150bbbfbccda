"""Radiomics against pyradiomics 3.0.1 and published examples, and what must not matter.

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

import radiomics2d
from radiomics2d import features

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
    assert_close(features(image, mask, **case["settings"]), expected)


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
            found = features(arrays[f"{case}__image"], arrays[f"{case}__mask"], **bins)
            assert_close(found, expected, rtol=1e-8)


# Against published examples


def test_contrast_of_the_example_of_haralick() -> None:
    found = features(HARALICK, bin_width=1)
    # From the four matrices printed there, of 24, 24, 18 and 18 ordered pairs.
    assert found["glcm_Contrast"] == pytest.approx((14 / 24 + 24 / 24 + 32 / 18 + 8 / 18) / 4)
    assert found["glcm_MaximumProbability"] == pytest.approx(
        (6 / 24 + 6 / 24 + 3 / 18 + 4 / 18) / 4
    )


def test_ngtdm_of_the_example_of_pyradiomics() -> None:
    image = np.array([[1, 2, 5, 2], [3, 5, 1, 3], [1, 3, 5, 5], [3, 1, 1, 1]])
    n, s = np.array([6, 2, 4, 4]), np.array([13.35, 2.00, 3.03, 10.075])
    found = features(image, bin_width=1)
    assert found["ngtdm_Coarseness"] == pytest.approx(16 / (n @ s), rel=1e-3)


def test_runs_of_one_row() -> None:
    found = features([[1, 1, 2, 3, 3, 3]], bin_width=1)
    assert found["glrlm_ShortRunEmphasis"] == pytest.approx((1 / 4 + 1 + 1 / 9) / 3)
    assert found["glrlm_LongRunEmphasis"] == pytest.approx((4 + 1 + 9) / 3)
    assert found["glrlm_RunPercentage"] == pytest.approx(3 / 6)
    assert found["glszm_ZonePercentage"] == pytest.approx(3 / 6)


def test_first_order_statistics_are_those_of_numpy() -> None:
    pixels = np.random.default_rng(0).integers(0, 4000, 501)
    found = features(pixels[None].astype(np.uint16))
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
    assert features(texture, np.full(texture.shape, 7)) == features(texture)


def test_what_is_outside_the_region_does_not_matter(texture: np.ndarray, blob: np.ndarray) -> None:
    outside = np.full((50, 60), 255, np.uint8)
    shown = np.zeros((50, 60), bool)
    outside[9:42, 3:44] = np.where(blob, texture, 0)
    shown[9:42, 3:44] = blob
    assert features(outside, shown, bin_count=9) == features(texture, blob, bin_count=9)


@pytest.mark.parametrize("turn", [np.transpose, np.flipud, np.fliplr, np.rot90])
def test_turning_the_image_leaves_the_averages(
    texture: np.ndarray, blob: np.ndarray, turn: object
) -> None:
    one = features(texture, blob, distances=(1, 2))
    assert_close(features(turn(texture), turn(blob), distances=(1, 2)), one, rtol=1e-12)


@pytest.mark.parametrize(
    "kind",
    [
        np.uint16,
        np.int8,
        np.int16,
        np.int64,
        np.uint64,
        np.float16,
        np.float32,
        np.float64,
        np.longdouble,
        ">u2",
        ">f4",
    ],
)
def test_how_the_pixels_are_stored_does_not_matter(
    texture: np.ndarray, blob: np.ndarray, kind: str
) -> None:
    image = texture // 2
    stored = np.asfortranarray(image.astype(kind))
    stored.flags.writeable = False
    assert_close(features(stored, blob, bin_width=5), features(image, blob, bin_width=5))


def test_a_bool_image_is_one_of_two_levels(blob: np.ndarray) -> None:
    assert features(blob, bin_width=1) == features(blob.astype(np.uint8), bin_width=1)


def test_wide_integers_are_binned_like_floats(texture: np.ndarray) -> None:
    wide = texture.astype(np.int64) * 10**9 - 10**10
    assert features(wide, bin_count=12) == features(wide.astype(float), bin_count=12)


def test_texture_ignores_a_shift_by_whole_bins_and_a_gain_with_fixed_bins(
    texture: np.ndarray,
) -> None:
    image = texture.astype(np.int16)
    for moved, bins in ((image + 3 * 25, {}), (image * 4 - 50, {"bin_count": 16})):
        found, plain = features(moved, **bins), features(image, **bins)
        for name in found:
            assert found[name] == plain[name] or name.startswith("firstorder"), name


def test_the_default_width_is_25(texture: np.ndarray) -> None:
    assert features(texture) == features(texture, bin_width=25)


def test_the_arguments_are_left_as_they_are(texture: np.ndarray, blob: np.ndarray) -> None:
    before, shown = texture.copy(), blob.copy()
    features(texture, blob)
    np.testing.assert_array_equal(texture, before)
    np.testing.assert_array_equal(blob, shown)


def test_importing_the_package_does_not_import_numba() -> None:
    code = "import sys, radiomics2d; sys.exit('numba' in sys.modules)"
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", code], env={**os.environ, **paths}).returncode == 0


def test_the_name_is_public() -> None:
    assert radiomics2d.features is features
