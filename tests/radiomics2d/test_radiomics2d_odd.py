"""Radiomics of odd regions: empty, tiny, constant or not finite ones, and wrong arguments.

Each has defined values or a named error; that none warns is seen to by pytest, for which every
warning is an error.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import jobs
from radiomics2d import BadRegion, features


def test_an_empty_region_is_named() -> None:
    with pytest.raises(BadRegion, match="no pixel"):
        features(np.ones((4, 4)), np.zeros((4, 4)))
    with pytest.raises(BadRegion, match="no pixel"):
        features(np.ones((0, 4)))
    with pytest.raises(BadRegion, match="no pixel"):
        features(np.ones((4, 4), bool), np.zeros((4, 4), bool))
    assert issubclass(BadRegion, jobs.UserError)


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int64, np.float32, np.float64])
def test_an_image_of_one_pixel_is_named(kind: type) -> None:
    for bins in ({}, {"bin_width": 1}, {"bin_count": 8}):
        with pytest.raises(BadRegion, match="neighbours"):
            features(np.ones((1, 1), kind), **bins)


@pytest.mark.parametrize("places", [[(2, 2)], [(0, 0), (4, 4)], [(0, 0), (0, 2), (4, 1)]])
def test_a_region_without_neighbours_is_named(places: list[tuple[int, int]]) -> None:
    mask = np.zeros((5, 5))
    mask[tuple(np.array(places).T)] = 1
    with pytest.raises(BadRegion, match="neighbours"):
        features(np.arange(25).reshape(5, 5), mask)


def test_neighbours_that_share_no_line_are_named() -> None:
    mask = np.zeros((5, 5))
    mask[0, 0] = mask[1, 2] = 1
    with pytest.raises(BadRegion, match="line"):
        features(np.arange(25).reshape(5, 5), mask, distances=(2,))


@pytest.mark.parametrize("value", [0, 25, 77, 0.1, -3.7, 1e-30, 1e50])
@pytest.mark.parametrize("bins", [{}, {"bin_width": 8}, {"bin_count": 32}])
def test_a_constant_region_has_the_values_of_the_docstring(value: float, bins: dict) -> None:
    found = features(np.full((7, 6), value), **bins)
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


@pytest.mark.parametrize("kind", [bool, np.uint8, np.uint16, np.int16, np.int64, np.float16, "f4"])
def test_a_constant_region_of_any_type_in_other_pixels_is_one_alone(kind: type | str) -> None:
    image = np.arange(30).reshape(5, 6).astype(kind)
    mask = np.zeros((5, 6), bool)
    mask[1:4, 2:5] = True
    image[mask] = 1
    assert features(image, mask, bin_count=4) == features(np.ones((3, 3), kind), bin_count=4)
    assert features(image, mask)["firstorder_Variance"] == 0


def test_different_values_in_one_grey_level_have_flat_texture() -> None:
    found = features(np.arange(12).reshape(3, 4), bin_width=100)
    assert found["firstorder_Variance"] == pytest.approx(np.arange(12).var())
    assert found["glcm_Correlation"] == found["glcm_MCC"] == 1
    assert found["ngtdm_Coarseness"] == 1e6


def test_two_different_pixels_have_no_robust_deviation() -> None:
    found = features([[0, 100]])
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
    found = features(image, **bins)
    assert list(found) == list(features(np.eye(2)))
    assert all(type(value) is float and np.isfinite(value) for value in found.values())


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
        ({"mask": np.ones(16)}, "mask has shape"),
        ({"mask": np.ones((4, 4, 1))}, "mask has shape"),
        ({"mask": np.full((4, 4), np.nan)}, "mask holds NaN"),
        ({"image": np.ones(4)}, r"\(h, w\)"),
        ({"image": np.ones((1, 4, 4))}, r"\(h, w\)"),
        ({"image": np.ones((4, 4), complex)}, "real"),
        ({"image": np.full((4, 4), np.nan)}, "finite"),
        ({"image": np.full((4, 4), np.inf)}, "finite"),
        ({"image": np.full((4, 4), 1e300)}, "finite"),
        ({"image": np.arange(10_000).reshape(100, 100), "bin_width": 1}, "grey levels"),
    ],
)
def test_a_wrong_argument_is_a_value_error(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        features(**{"image": np.arange(16).reshape(4, 4), **arguments})


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("bins", [{}, {"bin_count": 4}])
def test_one_pixel_of_the_region_that_is_not_finite_is_a_value_error(
    kind: type, value: float, bins: dict
) -> None:
    image = np.arange(16).reshape(4, 4).astype(kind)
    image[1, 2] = value
    with pytest.raises(ValueError, match="finite"):
        features(image, **bins)


def test_nan_outside_the_region_does_not_matter() -> None:
    image = np.arange(16.0).reshape(4, 4)
    mask = np.ones((4, 4))
    image[0], mask[0] = np.nan, 0
    assert features(image, mask, bin_width=2) == features(image[1:], bin_width=2)
