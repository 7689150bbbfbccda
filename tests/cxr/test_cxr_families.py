"""What holds for every family of pixel features, of pictures of any kind and of chests."""

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import cxr
import imagefeatures
from imagefeatures import Family, Grid, Radiomics

FAMILIES = [
    Grid(),
    Radiomics(),
    cxr.Lines(),
    cxr.LungLines(),
    cxr.LungRadiomics(),
    cxr.LungRadiomics(zones=True),
    cxr.Ridges(),
]
every_family = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)


@every_family
def test_family_keeps_the_protocol(family: Family, picture: np.ndarray) -> None:
    assert isinstance(family, Family)
    before = picture.copy()
    features = family.compute(picture)
    assert all(isinstance(value, float) for value in features.values())
    np.testing.assert_array_equal(picture, before)
    assert json.dumps(features) == json.dumps(family.compute(picture))


@every_family
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
    folders = [Path(package.__file__).parent for package in (cxr, imagefeatures)]
    sources = [path for folder in folders for path in folder.rglob("*.py")]
    assert len(sources) > 20
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
    [family for family in FAMILIES if not isinstance(family, Radiomics | cxr.Ridges)],
    ids=lambda family: family.name,
)
def test_families_of_normalised_pictures_ignore_gain_and_offset(
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
    assert same == (not isinstance(family, Grid | cxr.Ridges))
