"""Pictures at a size: area averages, and how close scaled JPEG decoding comes to them."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from pydicom import dcmread

import dicomio

Writer = Callable[..., Path]


@pytest.mark.parametrize("size", [1, 7, 32, 48])
def test_native_pictures_are_averaged(
    write_native: Writer, picture: Callable[..., np.ndarray], size: int
) -> None:
    values = picture(1)[:, :48]
    image = dicomio.read_image(write_native(np.ascontiguousarray(values)), size)
    expected = cv2.resize(values, (size, size), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize(("size", "seen"), [(64, (64, 48)), (56, (56, 48)), (100, (64, 48))])
def test_each_axis_is_resized_in_its_own_direction(
    picture: Callable[..., np.ndarray], size: int, seen: tuple[int, int]
) -> None:
    """64 x 48 pixels: what shrinks is averaged first, then what grows is interpolated."""
    values = np.ascontiguousarray(picture(1)[:, :48])
    shrunk = cv2.resize(values, seen[::-1], interpolation=cv2.INTER_AREA)
    expected = cv2.resize(shrunk, (size, size), interpolation=cv2.INTER_CUBIC)
    np.testing.assert_array_equal(dicomio.resize(values, size), expected)


def test_enlarging_makes_no_blocks_and_stays_in_range() -> None:
    ramp = np.tile(np.arange(0, 256, 8, dtype=np.uint8), (32, 1))
    grown = dicomio.resize(ramp, 128).astype(int)
    steps = np.diff(grown, axis=1)[:, 8:-8]
    assert steps.min() >= 1
    assert steps.max() <= 3
    edge = np.zeros((8, 8), np.uint8)
    edge[:, 4:] = 255
    assert set(np.unique(dicomio.resize(edge, 64))) >= {0, 255}
    for level in (0, 1, 200, 255):
        np.testing.assert_array_equal(dicomio.resize(np.full((5, 3), level, np.uint8), 17), level)


def test_resizing_nothing_changes_nothing(picture: Callable[..., np.ndarray]) -> None:
    values = picture(1)
    assert dicomio.resize(values, None) is values
    assert dicomio.resize(values, 64) is values


def test_halves_are_means_of_four(write_native: Writer, picture: Callable) -> None:
    values = picture(2)
    image = dicomio.read_image(write_native(values), 32)
    means = values.reshape(32, 2, 32, 2).mean((1, 3))
    assert np.abs(image - means).max() <= 0.5


@pytest.mark.parametrize("size", [0, -1, 9000])
def test_impossible_sizes(write_native: Writer, picture: Callable, size: int) -> None:
    with pytest.raises(ValueError, match="size must be"):
        dicomio.read_image(write_native(picture()), size)


@pytest.mark.parametrize("size", [48, 100])
def test_other_sizes_are_decoded_whole(write_jpeg: Writer, picture: Callable, size: int) -> None:
    path = write_jpeg(picture(3))
    whole = dicomio.read_image(path)
    np.testing.assert_array_equal(dicomio.read_image(path, size), dicomio.resize(whole, size))


def test_a_window_is_applied_before_averaging(write_jpeg: Writer, picture: Callable) -> None:
    path = write_jpeg(picture(3), WindowCenter=100, WindowWidth=20)
    whole = dicomio.read_image(path)
    np.testing.assert_array_equal(dicomio.read_image(path, 32), dicomio.resize(whole, 32))


def test_monochrome1_is_turned_at_every_size(write_jpeg: Writer, picture: Callable) -> None:
    plain = write_jpeg(picture(4), "plain.dcm")
    turned = write_jpeg(picture(4), "turned.dcm", PhotometricInterpretation="MONOCHROME1")
    for size in (None, 32, 48):
        a, b = dicomio.read_image(plain, size), dicomio.read_image(turned, size)
        assert np.abs(a.astype(int) - (255 - b.astype(int))).max() <= (0 if size != 48 else 1)


def test_real_pictures_are_those_of_pydicom(siim: Path) -> None:
    for path in sorted(siim.rglob("*.dcm"))[:20]:
        dataset = dcmread(path)
        np.testing.assert_array_equal(dicomio.read_image(path), dataset.pixel_array)


@pytest.mark.parametrize(
    ("size", "mean", "greatest"), [(512, 0.2, 6), (256, 0.1, 3), (128, 0.1, 3)]
)
def test_scaled_decoding_is_close_on_real_pictures(
    siim: Path, size: int, mean: float, greatest: int
) -> None:
    differences = []
    for path in sorted(siim.rglob("*.dcm"))[::25]:
        full = dicomio.resize(dicomio.read_image(path), size).astype(int)
        differences.append(np.abs(full - dicomio.read_image(path, size)))
    found = np.stack(differences)
    assert found.mean() <= mean
    assert found.max() <= greatest
    assert (found <= 1).mean() >= 0.999
