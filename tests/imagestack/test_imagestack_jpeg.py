"""JPEG: the luminance that is stored, turned upright; other processes are refused by name."""

import io
from collections.abc import Callable

import cv2
import numpy as np
import pytest
import simplejpeg
from PIL import Image, ImageOps

import imagestack
from imagestack.readers import reader_of


def read(data: bytes, size: int | None = None) -> np.ndarray:
    reader = reader_of(data, "x.jpg")
    picture = reader.read(data, "x.jpg", size)
    row = reader.record(data, "x.jpg")
    if size is None:
        assert (row["height"], row["width"]) == picture.shape
    assert (row["format"], row["bits"]) == ("jpeg", 8)
    assert picture.flags.c_contiguous
    return picture


def refused(data: bytes, kind: type[imagestack.ImageError], match: str) -> None:
    reader = reader_of(data, "x.jpg")
    with pytest.raises(kind, match=match):
        reader.record(data, "x.jpg")
    with pytest.raises(kind, match=match):
        reader.read(data, "x.jpg", None)


def saved(image: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=95, **options)
    return file.getvalue()


@pytest.fixture
def oblong(picture: Callable[..., np.ndarray]) -> np.ndarray:
    return np.ascontiguousarray(picture(3)[:40])


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"optimize": True}])
def test_grey_is_what_others_decode(oblong: np.ndarray, options: dict[str, bool]) -> None:
    data = saved(Image.fromarray(oblong), **options)
    wanted = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(read(data), wanted)


@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_equal_channels_are_that_grey(oblong: np.ndarray, subsampling: int) -> None:
    grey = read(saved(Image.fromarray(oblong)))
    colour = saved(Image.fromarray(np.dstack([oblong] * 3)), subsampling=subsampling)
    np.testing.assert_array_equal(read(colour), grey)
    kept = saved(Image.fromarray(np.dstack([oblong] * 3)), keep_rgb=True)
    np.testing.assert_array_equal(read(kept), simplejpeg.decode_jpeg(kept)[..., 0])


@pytest.mark.parametrize("options", [{}, {"keep_rgb": True}])
def test_colour_becomes_luminance(
    picture: Callable[..., np.ndarray], options: dict[str, bool]
) -> None:
    """Of soft colours, whose red, green and blue are not cut off, up to rounding."""
    rgb = np.dstack([64 + picture(seed) // 2 for seed in range(3)])
    data = saved(Image.fromarray(rgb), subsampling=0, **options)
    decoded = simplejpeg.decode_jpeg(data).astype(float)
    wanted = decoded @ np.array([0.299, 0.587, 0.114])
    assert np.abs(read(data) - wanted).max() <= 1.5


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [None, 16])
def test_exif_orientation_is_applied(
    oblong: np.ndarray, orientation: int, size: int | None
) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    data = saved(Image.fromarray(oblong), exif=exif)
    upright = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    found = read(data, size)
    if size is not None:
        upright = cv2.resize(upright, (size, size), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(found, upright)


@pytest.mark.parametrize("remark", [b"", b"II*\0\xff\xff\xff\xff", b"nonsense"])
def test_damaged_remarks_do_not_spoil_the_picture(oblong: np.ndarray, remark: bytes) -> None:
    plain, exif = saved(Image.fromarray(oblong)), b"Exif\0\0" + remark
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    np.testing.assert_array_equal(read(plain[:2] + segment + plain[2:]), read(plain))


def test_an_impossible_orientation_is_none(oblong: np.ndarray) -> None:
    exif = Image.Exif()
    exif[274] = 9
    with_exif, plain = saved(Image.fromarray(oblong), exif=exif), saved(Image.fromarray(oblong))
    np.testing.assert_array_equal(read(with_exif), read(plain))


def test_padding_after_the_end_is_no_fault(oblong: np.ndarray) -> None:
    data = saved(Image.fromarray(oblong))
    np.testing.assert_array_equal(read(data + bytes(1000)), read(data))


def test_cmyk_is_refused(oblong: np.ndarray) -> None:
    data = saved(Image.fromarray(np.dstack([oblong] * 4), "CMYK"))
    refused(data, imagestack.UnsupportedForm, "x.jpg: JPEG with CMYK has no defined grey levels; ")


def with_frame(data: bytes, marker: int | None = None, **bytes_of: int) -> bytes:
    """Return a JPEG file whose frame header says something else."""
    changed = bytearray(data)
    at = data.index(b"\xff\xc0")
    if marker is not None:
        changed[at + 1] = marker
    for name, place in (("bits", 4), ("height", 5), ("width", 7), ("samples", 9)):
        if name in bytes_of:
            length = 2 if name in ("height", "width") else 1
            changed[at + place : at + place + length] = bytes_of[name].to_bytes(length, "big")
    return bytes(changed)


def test_other_processes_are_refused(oblong: np.ndarray) -> None:
    data = saved(Image.fromarray(oblong))
    lossless, twelve = with_frame(data, 0xC3), with_frame(data, 0xC1, bits=12)
    refused(lossless, imagestack.UnsupportedForm, "JPEG process 3 is not supported")
    refused(twelve, imagestack.UnsupportedForm, "JPEG of 12 bits per sample is not supported")
    two = with_frame(data, samples=2)
    refused(two, imagestack.UnsupportedForm, "JPEG with 2 samples per pixel has no defined grey")


def test_impossible_sizes_are_refused(oblong: np.ndarray) -> None:
    data = saved(Image.fromarray(oblong))
    huge, none = with_frame(data, height=60_000, width=60_000), with_frame(data, height=0)
    refused(huge, imagestack.TooLarge, "claims 60000 x 60000 x 1 samples")
    refused(none, imagestack.Damaged, "claims 0 x 64 pixels")


def test_a_broken_structure_is_refused(oblong: np.ndarray) -> None:
    data = saved(Image.fromarray(oblong))
    refused(data[:20] + b"\0" + data[21:], imagestack.Damaged, "byte 20 of the JPEG file is not")
    scan = data[:2] + data[data.index(b"\xff\xda") :]
    refused(scan, imagestack.Damaged, "a JPEG scan before the frame header")
    refused(data[:-2], imagestack.Truncated, "ends after .* bytes, before its end mark; fetch")
    refused(data[:30], imagestack.Truncated, "ends after 30 bytes, before its first scan")


def test_damaged_pixels_are_refused(oblong: np.ndarray) -> None:
    data = bytearray(saved(Image.fromarray(oblong)))
    at = data.index(b"\xff\xda") + 30
    data[at : at + 60] = b"\xff" * 60
    with pytest.raises(imagestack.Damaged, match="the JPEG picture is damaged"):
        reader_of(bytes(data), "x").read(bytes(data), "x", None)
