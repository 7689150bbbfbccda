"""TIFF and BMP: all forms that Pillow and OpenCV write, and the tags that only a hand can write."""

import io
import struct
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageOps

import imagestack
from imagestack.readers import reader_of
from imagestack.readers.levels import grey_of_pillow

SIDES = st.tuples(st.integers(1, 20), st.integers(1, 20))


def read(data: bytes) -> np.ndarray:
    reader = reader_of(data, "x")
    picture, row = reader.read(data, "x", None), reader.record(data, "x")
    assert (row["height"], row["width"]) == picture.shape
    assert picture.dtype == np.uint8
    return picture


def refused(data: bytes, kind: type[imagestack.ImageError], match: str) -> None:
    reader = reader_of(data, "x.tif")
    with pytest.raises(kind, match=match):
        reader.record(data, "x.tif")
    with pytest.raises(kind, match=match):
        reader.read(data, "x.tif", None)


def saved(image: Image.Image, kind: str = "TIFF", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def grey_of(rgb: np.ndarray) -> np.ndarray:
    weighted = rgb.astype(np.int64) @ np.array([299, 587, 114])
    return ((weighted + 500) // 1000).astype(np.uint8)


@pytest.mark.parametrize("kind", ["TIFF", "BMP"])
@given(samples=hnp.arrays(np.uint8, SIDES))
def test_grey_comes_back(kind: str, samples: np.ndarray) -> None:
    np.testing.assert_array_equal(read(saved(Image.fromarray(samples), kind)), samples)


@pytest.mark.parametrize("kind", ["TIFF", "BMP"])
@given(samples=hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))))
def test_colour_becomes_luminance(kind: str, samples: np.ndarray) -> None:
    np.testing.assert_array_equal(read(saved(Image.fromarray(samples), kind)), grey_of(samples))


@pytest.mark.parametrize("kind", ["TIFF", "BMP"])
def test_one_bit_is_black_and_white(kind: str) -> None:
    bits = np.array([[0, 1, 1], [1, 0, 0]], bool)
    data = saved(Image.fromarray(bits), kind)
    np.testing.assert_array_equal(read(data), bits * 255)
    assert reader_of(data, "x").record(data, "x")["bits"] == 1


@pytest.mark.parametrize("kind", ["TIFF", "BMP"])
def test_a_palette_is_looked_up(kind: str) -> None:
    rng = np.random.default_rng(0)
    indices = rng.integers(0, 256, (9, 7), np.uint8)
    colours = rng.integers(0, 256, (256, 3), np.uint8)
    image = Image.fromarray(indices)
    image.putpalette(colours.tobytes(), "RGB")
    np.testing.assert_array_equal(read(saved(image, kind)), grey_of(colours[indices]))


@pytest.mark.parametrize("kind", ["TIFF", "BMP"])
def test_alpha_is_dropped(kind: str) -> None:
    rgba = np.random.default_rng(1).integers(0, 256, (5, 6, 4), np.uint8)
    np.testing.assert_array_equal(read(saved(Image.fromarray(rgba), kind)), grey_of(rgba[..., :3]))


def test_grey_with_alpha_is_its_grey() -> None:
    both = np.random.default_rng(1).integers(0, 256, (5, 6, 2), np.uint8)
    np.testing.assert_array_equal(read(saved(Image.fromarray(both, "LA"))), both[..., 0])


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_compressions(compression: str, picture: Callable[..., np.ndarray]) -> None:
    samples = picture(5)
    data = saved(Image.fromarray(samples), compression=compression)
    np.testing.assert_array_equal(read(data), samples)
    deep = samples.astype(np.uint16) * 257
    data = saved(Image.fromarray(deep), compression=compression)
    np.testing.assert_array_equal(read(data), samples)


def test_jpeg_within_tiff_is_read(picture: Callable[..., np.ndarray]) -> None:
    samples = picture(5)
    data = saved(Image.fromarray(np.dstack([samples] * 3)), compression="jpeg", quality=95)
    assert np.abs(read(data).astype(int) - samples).max() < 16


@pytest.mark.parametrize("order", ["<", ">"])
@given(samples=hnp.arrays(np.uint16, SIDES))
def test_grey_of_16_bits_is_scaled_by_its_type(
    make_tiff: Callable[..., bytes], order: str, samples: np.ndarray
) -> None:
    wanted = (samples.astype(int) * 2 * 255 + 65535) // (2 * 65535)
    np.testing.assert_array_equal(read(make_tiff(samples, order)), wanted)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("channels", [3, 4])
def test_colour_of_16_bits_becomes_luminance(
    make_tiff: Callable[..., bytes], order: str, channels: int
) -> None:
    samples = np.random.default_rng(2).integers(0, 65536, (6, 5, channels), np.uint16)
    extra = {"t338": 2} if channels == 4 else {}
    weighted = samples[..., :3].astype(np.int64) @ np.array([299, 587, 114])
    wanted = (weighted + 128_500) // 257_000
    np.testing.assert_array_equal(read(make_tiff(samples, order, **extra)), wanted)
    blocks = cv2.imencode(".tif", samples[..., [2, 1, 0, 3][:channels]])[1].tobytes()
    np.testing.assert_array_equal(read(blocks), wanted)


def test_white_may_be_zero(make_tiff: Callable[..., bytes]) -> None:
    levels = np.arange(256, dtype=np.uint8)[None]
    np.testing.assert_array_equal(read(make_tiff(levels, t262=0)), 255 - levels)
    deep = levels.astype(np.uint16) * 257
    np.testing.assert_array_equal(read(make_tiff(deep, t262=0)), 255 - levels)


def test_twelve_bits_are_scaled_by_their_type(make_tiff: Callable[..., bytes]) -> None:
    packed = np.frombuffer(bytes.fromhex("000fff800001"), np.uint8)[None]
    data = make_tiff(packed, t256=4, t258=12)
    assert read(data).tolist() == [[0, 255, round(0x800 / 4095 * 255), round(1 / 4095 * 255)]]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_orientation_is_applied(
    make_tiff: Callable[..., bytes], orientation: int, dtype: type, channels: int
) -> None:
    level = np.random.default_rng(3).integers(0, 256, (6, 4), np.uint8)
    samples = (level.astype(dtype) * (257 if dtype == np.uint16 else 1)).astype(dtype)
    if channels == 3:
        samples = np.dstack([samples] * 3)
    image = Image.fromarray(level)
    image.getexif()[274] = orientation
    wanted = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(read(make_tiff(samples, t274=orientation)), wanted)


def test_what_has_no_one_meaning_is_refused(make_tiff: Callable[..., bytes]) -> None:
    four = np.zeros((2, 2, 4), np.uint8)
    grey, floats = np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.float32)
    unsupported = imagestack.UnsupportedForm
    refused(make_tiff(four, t262=5), unsupported, "TIFF with CMYK has no defined grey levels")
    refused(make_tiff(four[..., :3], t262=8), unsupported, "TIFF with CIE Lab has no defined grey")
    refused(make_tiff(grey, t262=77), unsupported, "photometric interpretation 77")
    refused(make_tiff(floats, t339=3), unsupported, "floating-point or 32-bit numbers")
    refused(make_tiff(grey, t339=2), unsupported, "signed")
    refused(make_tiff(four[..., :3], t258=[8, 8, 4]), unsupported, "different numbers of bits")
    refused(
        b"II+\0" + bytes(20), unsupported, "BigTIFF is not supported; convert it to TIFF or PNG"
    )


def test_twelve_bit_colour_is_refused_when_it_is_read(make_tiff: Callable[..., bytes]) -> None:
    data = make_tiff(np.zeros((2, 9, 1), np.uint8), t256=2, t258=[12] * 3, t277=3, t262=2)
    with pytest.raises(imagestack.UnsupportedForm, match="TIFF colour of 12 bits is not supported"):
        reader_of(data, "x").read(data, "x", None)


def test_several_pages_are_refused() -> None:
    pages = [Image.fromarray(np.full((4, 4), level, np.uint8)) for level in (1, 2)]
    data = saved(pages[0], save_all=True, append_images=pages[1:])
    refused(data, imagestack.SeveralPages, "x.tif: a TIFF file of several pages; save the relevant")


def test_sizes_and_places_are_checked(make_tiff: Callable[..., bytes]) -> None:
    grey = np.zeros((2, 2), np.uint8)
    refused(make_tiff(grey, t256=100_000, t257=9_999), imagestack.TooLarge, "claims 9999 x 100000")
    refused(make_tiff(grey, t256=0), imagestack.Damaged, "claims 2 x 0 pixels")
    refused(make_tiff(grey, t273=[]), imagestack.Damaged, "no valid offsets of its pixels")
    refused(make_tiff(grey, t273=4000), imagestack.Truncated, "bytes before the TIFF picture does")
    refused(make_tiff(grey, t256=5), imagestack.Truncated, "picture has 4 bytes, 10 are needed")
    refused(b"II*\0\xff\xff\0\0", imagestack.Truncated, "the TIFF file ends before its tags")
    refused(b"MM\0*", imagestack.Truncated, "the directory is cut off")
    many = make_tiff(grey).replace(
        struct.pack("<HHI", 273, 4, 1), struct.pack("<HHI", 273, 4, 1 << 30)
    )
    refused(many, imagestack.Truncated, "tag 273 claims 1073741824 values")


def test_damaged_pixels_are_refused(picture: Callable[..., np.ndarray]) -> None:
    data = bytearray(saved(Image.fromarray(picture(5)), compression="tiff_adobe_deflate"))
    data[40:80] = bytes(40)
    with pytest.raises(imagestack.Damaged, match="the TIFF picture cannot be decoded"):
        reader_of(bytes(data), "x").read(bytes(data), "x", None)


def test_what_the_decoders_raise_is_named(
    make_tiff: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise cv2.error("two\n lines")

    data = make_tiff(np.zeros((2, 2, 3), np.uint16))
    monkeypatch.setattr(cv2, "imdecode", failing)
    with pytest.raises(imagestack.Damaged, match=r"TIFF picture cannot be decoded \(two lines\)"):
        reader_of(data, "x").read(data, "x", None)
    monkeypatch.setattr(cv2, "imdecode", lambda *_: np.zeros((2, 3, 3), np.uint16))
    with pytest.raises(imagestack.Damaged, match=r"TIFF picture is decoded to \(2, 3\); fetch"):
        reader_of(data, "x").read(data, "x", None)


@pytest.mark.parametrize("error", [MemoryError, TypeError, AttributeError, KeyboardInterrupt])
def test_errors_that_no_damage_explains_are_not_called_damage(
    make_tiff: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise error("not the fault of the file")

    wide, narrow = (make_tiff(np.zeros((2, 2, 3), kind)) for kind in (np.uint16, np.uint8))
    monkeypatch.setattr(cv2, "imdecode", failing)
    monkeypatch.setattr(Image, "open", failing)
    for data in (wide, narrow):
        with pytest.raises(error, match="not the fault of the file"):
            reader_of(data, "x").read(data, "x", None)


def test_a_fault_of_our_own_conversion_is_not_called_damage(
    make_tiff: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise ValueError("our own fault")

    data = make_tiff(np.zeros((2, 2), np.uint16))
    monkeypatch.setattr("imagestack.readers.tiff.scaled", failing)
    with pytest.raises(ValueError, match="our own fault"):
        reader_of(data, "x").read(data, "x", None)


def test_a_mode_of_pillow_that_is_no_grey_is_refused() -> None:
    with pytest.raises(imagestack.UnsupportedForm, match="pixels of the kind HSV have no defined"):
        grey_of_pillow(Image.new("HSV", (2, 2)), "x")


# BMP


def bmp(
    depth: int, rows: bytes, width: int, height: int, colours: bytes = b"", compression: int = 0
) -> bytes:
    """Return a BMP file of the version of Windows 3."""
    start = 54 + len(colours)
    head = struct.pack("<2sIHHI", b"BM", start + len(rows), 0, 0, start)
    info = struct.pack(
        "<IiiHHIIiiII", 40, width, height, 1, depth, compression, len(rows), 0, 0,
        len(colours) // 4, 0,
    )  # fmt: skip
    return head + info + colours + rows


def test_rows_may_go_up_or_down() -> None:
    rows = bytes([10, 10, 10, 0, 20, 20, 20, 0])
    assert read(bmp(24, rows, 1, 2)).tolist() == [[20], [10]]
    assert read(bmp(24, rows, 1, -2)).tolist() == [[10], [20]]


def test_few_bits_and_16_bits() -> None:
    palette = bytes([0, 0, 0, 0, 255, 255, 255, 0, 90, 90, 90, 0, 7, 7, 7, 0])
    assert read(bmp(4, b"\x01\x23\0\0", 4, 1, palette)).tolist() == [[0, 255, 90, 7]]
    assert read(bmp(16, b"\xff\x7f\0\0", 1, 1)).tolist() == [[255]]


def test_runs_of_bmp_are_read() -> None:
    palette = bytes([0, 0, 0, 0, 200, 200, 200, 0])
    assert read(bmp(8, b"\x02\x01\x02\x00\0\x01", 4, 1, palette, 1)).tolist() == [[200, 200, 0, 0]]


def test_the_header_of_os2_is_read() -> None:
    start = 26
    data = struct.pack("<2sIHHI", b"BM", start + 4, 0, 0, start)
    data += struct.pack("<IHHHH", 12, 1, 1, 1, 24) + bytes([50, 50, 50, 0])
    assert read(data).tolist() == [[50]]


def test_faulty_bitmaps_are_refused() -> None:
    rows = bytes(8)
    refused(bmp(24, rows, 1, 3), imagestack.Truncated, "the file ends 4 bytes before the picture")
    refused(bmp(24, rows, 1, 2)[:30], imagestack.Truncated, "the file ends after 30 bytes, in its")
    refused(bmp(7, rows, 1, 2), imagestack.Damaged, "invalid depth, 7 bits per pixel")
    refused(
        bmp(24, rows, 1, 2, b"", 4), imagestack.UnsupportedForm, "compression 4 is not supported"
    )
    refused(bmp(24, rows, 1 << 20, 1 << 20), imagestack.TooLarge, "claims 1048576 x 1048576")
    refused(bmp(24, rows, -1, 2), imagestack.Damaged, "claims 2 x -1 pixels")
    cut = bmp(8, b"\x02\x01", 4, 1, bytes(8), 1)
    with pytest.raises(imagestack.Damaged, match="the BMP picture cannot be decoded"):
        reader_of(cut, "x").read(cut, "x", None)
