"""Stored values: every bit depth, sign, byte order, planar form and frame."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import simplejpeg
from pydicom import dcmread
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

import dicomio
from dicomio._decode import stored_values
from dicomio._form import pixel_form
from dicomio._structure import parse

Writer = Callable[..., Path]
NATIVE = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)


def stored(path: Path, index: int = 0) -> np.ndarray:
    file = parse(path.read_bytes(), path)
    values, _ = stored_values(file, pixel_form(file), index)
    return values


def samples(dtype: str, bits: int, shape: tuple[int, ...]) -> np.ndarray:
    low = -(1 << bits - 1) if dtype[0] == "i" else 0
    drawn = np.random.default_rng(bits).integers(low, low + (1 << bits), shape)
    return drawn.astype(dtype)


@pytest.mark.parametrize("syntax", NATIVE)
@pytest.mark.parametrize(
    ("dtype", "bits"),
    [("u1", 8), ("u1", 5), ("i1", 8), ("u2", 16), ("u2", 12), ("i2", 16), ("i2", 12), ("u4", 32)],
)
def test_native_values(write_native: Writer, syntax: str, dtype: str, bits: int) -> None:
    values = samples(dtype, bits, (7, 6))
    path = write_native(values, syntax=syntax, BitsStored=bits)
    np.testing.assert_array_equal(stored(path), values)


def test_unused_bits_do_not_count(write_native: Writer) -> None:
    values = samples("u2", 12, (5, 4))
    path = write_native(values | 0xA000, BitsStored=12)
    np.testing.assert_array_equal(stored(path), values)


def test_one_bit_a_pixel(write_native: Writer) -> None:
    bits = np.random.default_rng(1).integers(0, 2, (4, 8)).astype(np.uint8)
    packed = np.packbits(bits, bitorder="little").reshape(4, 1)
    path = write_native(packed, Rows=4, Columns=8, BitsAllocated=1, BitsStored=1)
    np.testing.assert_array_equal(stored(path), bits)
    np.testing.assert_array_equal(dicomio.read_image(path), bits * 255)


@pytest.mark.parametrize("planar", [0, 1])
def test_colour_by_pixel_and_by_plane(write_native: Writer, planar: int) -> None:
    values = samples("u1", 8, (5, 4, 3))
    laid = values if planar == 0 else np.ascontiguousarray(values.transpose(2, 0, 1))
    path = write_native(
        laid.reshape(5, 4, 3),
        SamplesPerPixel=3,
        PhotometricInterpretation="RGB",
        PlanarConfiguration=planar,
        BitsStored=8,
    )
    np.testing.assert_array_equal(stored(path), values)
    grey = np.rint(values @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
    np.testing.assert_array_equal(dicomio.read_image(path), grey)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
@pytest.mark.parametrize(("dtype", "bits"), [("u1", 8), ("u2", 12), ("u2", 16), ("i2", 16)])
def test_lossless_compression(write_native: Writer, syntax: str, dtype: str, bits: int) -> None:
    values = samples(dtype, bits, (40, 36))
    path = write_native(values, BitsStored=bits)
    dataset = dcmread(path)
    dataset.compress(syntax, generate_instance_uid=False)
    dataset.save_as(path)
    np.testing.assert_array_equal(stored(path), values)


def test_native_frames(write_native: Writer) -> None:
    values = samples("u2", 16, (3, 4, 5))
    path = write_native(values, NumberOfFrames=3)
    for index in range(3):
        np.testing.assert_array_equal(stored(path, index), values[index])
    with pytest.raises(dicomio.NoPixels, match="ask for one of 0 to 2"):
        dicomio.read_image(path, index=3)
    with pytest.raises(dicomio.NoPixels, match="no image -1"):
        dicomio.read_image(path, index=-1)


def encoded(picture: np.ndarray) -> bytes:
    return bytes(simplejpeg.encode_jpeg(picture[..., None], colorspace="GRAY"))


def test_compressed_frames_and_split_fragments(
    write_frames: Writer, picture: Callable[..., np.ndarray]
) -> None:
    frames = [encoded(picture(seed)) for seed in range(3)]
    path = write_frames(frames, np.stack([picture()] * 3), JPEGBaseline8Bit)
    for number, frame in enumerate(frames):
        wanted = simplejpeg.decode_jpeg(frame, colorspace="GRAY")[..., 0]
        np.testing.assert_array_equal(dicomio.read_image(path, index=number), wanted)
    from pydicom.encaps import encapsulate

    dataset = dcmread(path)
    dataset.PixelData = encapsulate(frames, fragments_per_frame=4)
    dataset.save_as(path)
    wanted = simplejpeg.decode_jpeg(frames[2], colorspace="GRAY")[..., 0]
    np.testing.assert_array_equal(dicomio.read_image(path, index=2), wanted)


@pytest.mark.parametrize(
    ("tags", "error"),
    [
        ({"SamplesPerPixel": 4}, dicomio.Unsupported),
        ({"BitsAllocated": 7}, dicomio.NotDicom),
        ({"BitsStored": 20}, dicomio.NotDicom),
        ({"Rows": 0}, dicomio.NoPixels),
        ({"NumberOfFrames": 1000}, dicomio.Truncated),
    ],
)
def test_contradictions(write_native: Writer, tags: dict[str, Any], error: type[Exception]) -> None:
    path = write_native(np.zeros((1, 4, 4), np.uint8)[0])
    dataset = dcmread(path)
    for keyword, value in tags.items():
        setattr(dataset, keyword, value)
    dataset.save_as(path)
    with pytest.raises(error):
        dicomio.read_image(path)


def test_a_syntax_without_decoder(write_frames: Writer, picture: Callable) -> None:
    path = write_frames([b"\0\0\0\x01" * 8], picture(), "1.2.840.10008.1.2.4.102")
    with pytest.raises(dicomio.Unsupported, match=r"4\.102 has no decoder"):
        dicomio.read_image(path)


def test_native_syntax_over_compressed_pixels(write_jpeg: Writer, picture: Callable) -> None:
    path = write_jpeg(picture())
    uid = b"1.2.840.10008.1.2.4.50"
    data = path.read_bytes().replace(uid, b"1.2.840.10008.1.2.1".ljust(len(uid), b"\0"))
    path.write_bytes(data)
    with pytest.raises(dicomio.NotDicom, match="compressed pixel data under the native"):
        dicomio.read_image(path)
