"""PNG: every colour type and depth becomes grey by its type, and nothing else becomes anything."""

import io
import struct
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

import imagestack
from imagestack.readers import reader_of
from tests.imagestack.conftest import png_chunk

SIDES = st.tuples(st.integers(1, 20), st.integers(1, 20))
COLOURS = st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(3))


def read(data: bytes, size: int | None = None) -> np.ndarray:
    reader = reader_of(data, "x.png")
    picture = reader.read(data, "x.png", size)
    row = reader.record(data, "x.png")
    if size is None:
        assert (row["height"], row["width"]) == picture.shape
    assert row["format"] == reader.name == "png"
    assert picture.dtype == np.uint8
    return picture


def encoded(samples: np.ndarray) -> bytes:
    return cv2.imencode(".png", samples)[1].tobytes()


def luminance(bgr: np.ndarray, top: int) -> np.ndarray:
    """Return exact luminance, halves rounded up, by whole numbers."""
    blue, green, red = (bgr[..., channel].astype(np.int64) for channel in range(3))
    weighted = (299 * red + 587 * green + 114 * blue) * 255
    return ((2 * weighted + 1000 * top) // (2000 * top)).astype(np.uint8)


@given(hnp.arrays(np.uint8, SIDES))
def test_grey_of_8_bits_comes_back(samples: np.ndarray) -> None:
    np.testing.assert_array_equal(read(encoded(samples)), samples)


@given(hnp.arrays(np.uint16, SIDES))
def test_grey_of_16_bits_is_scaled_by_its_type(samples: np.ndarray) -> None:
    found = read(encoded(samples))
    wanted = [round(Fraction(int(value) * 255, 65535)) for value in samples.ravel()]
    assert found.ravel().tolist() == wanted


def test_the_content_of_16_bits_does_not_change_the_scale() -> None:
    dark = np.array([[0, 1, 128, 129, 255, 256, 257]], np.uint16)
    assert read(encoded(dark)).tolist() == [[0, 0, 0, 1, 1, 1, 1]]
    assert read(encoded(np.array([[65535, 65406, 65407]], np.uint16))).tolist() == [[255, 254, 255]]


@given(hnp.arrays(np.uint8, COLOURS))
def test_colour_becomes_luminance(samples: np.ndarray) -> None:
    np.testing.assert_array_equal(read(encoded(samples)), luminance(samples, 255))


@given(hnp.arrays(np.uint16, COLOURS))
def test_colour_of_16_bits_becomes_luminance(samples: np.ndarray) -> None:
    np.testing.assert_array_equal(read(encoded(samples)), luminance(samples, 65535))


def test_halves_are_rounded_up() -> None:
    """299 * 100 + 587 * 100 + 114 * 350 is half of the 257,000 that one level has."""
    samples = np.array([[[350, 100, 100], [350, 100, 99]]], np.uint16)
    assert read(encoded(samples)).tolist() == [[1, 0]]


def test_luminance_is_exact_for_all_colours() -> None:
    green, red = np.meshgrid(*[np.arange(256, dtype=np.uint8)] * 2)
    for blue in range(0, 256, 5):
        samples = np.dstack([np.full_like(green, blue), green, red])
        found = read(cv2.imencode(".png", samples, [cv2.IMWRITE_PNG_COMPRESSION, 0])[1].tobytes())
        np.testing.assert_array_equal(found, luminance(samples, 255))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_equal_channels_are_exactly_that_grey(dtype: type) -> None:
    levels = np.arange(256) * (np.iinfo(dtype).max // 255)
    samples = np.repeat(levels.astype(dtype)[None, :, None], 3, axis=2)
    np.testing.assert_array_equal(read(encoded(samples))[0], np.arange(256))


@given(hnp.arrays(np.uint8, COLOURS), st.integers(0, 255))
def test_alpha_is_dropped(samples: np.ndarray, alpha: int) -> None:
    with_alpha = np.dstack([samples, np.full(samples.shape[:2], alpha, np.uint8)])
    np.testing.assert_array_equal(read(encoded(with_alpha)), read(encoded(samples)))


@given(hnp.arrays(np.uint8, (5, 7)), hnp.arrays(np.uint8, (16, 3)))
def test_a_palette_is_looked_up(indices: np.ndarray, colours: np.ndarray) -> None:
    image = Image.fromarray(indices % 16).convert("P")
    image.putpalette(colours.tobytes(), "RGB")
    file = io.BytesIO()
    image.save(file, "PNG")
    wanted = luminance(colours[indices % 16][..., ::-1], 255)
    np.testing.assert_array_equal(read(file.getvalue()), wanted)


@pytest.mark.parametrize(
    ("bits", "row", "wanted"),
    [
        (1, b"\xb4", [255, 0, 255, 255, 0, 255, 0, 0]),
        (2, b"\x1b\xe4", [0, 85, 170, 255, 255, 170, 85, 0]),
        (4, b"\x01\x2f\x80\xa5", [0, 17, 34, 255, 136, 0, 170, 85]),
    ],
)
def test_few_bits_are_scaled_by_their_type(
    make_png: Callable[..., bytes], bits: int, row: bytes, wanted: list[int]
) -> None:
    data = make_png([row], 8, bits, 0)
    assert read(data).tolist() == [wanted]
    assert reader_of(data, "x").record(data, "x")["bits"] == bits


def test_grey_with_alpha_is_its_grey(make_png: Callable[..., bytes]) -> None:
    assert read(make_png([b"\x12\0\x34\xff\xff\x80"], 3, 8, 4)).tolist() == [[0x12, 0x34, 0xFF]]
    assert read(make_png([b"\x80\x80\0\0"], 1, 16, 4)).tolist() == [[0x80]]


def test_transparency_and_gamma_change_nothing(make_png: Callable[..., bytes]) -> None:
    extra = png_chunk(b"gAMA", struct.pack(">I", 100_000)) + png_chunk(b"tRNS", b"\0\x34")
    assert read(make_png([b"\x12\x34"], 2, 8, 0, extra)).tolist() == [[0x12, 0x34]]
    colour = png_chunk(b"tRNS", bytes([0, 9, 0, 9, 0, 9]))
    assert read(make_png([b"\x09\x09\x09\xff\xff\xff"], 2, 8, 2, colour)).tolist() == [[9, 255]]


ADAM7 = [
    (0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)
]  # fmt: skip
"""First row and column of each pass, and its steps."""


def test_interlaced_pictures_are_read() -> None:
    samples = np.random.default_rng(0).integers(0, 256, (11, 13), np.uint8)
    passes = [samples[y::down, x::right] for y, x, down, right in ADAM7]
    rows = b"".join(b"\0" + row.tobytes() for part in passes for row in part)
    header = struct.pack(">IIBBBBB", 13, 11, 8, 0, 0, 0, 1)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    data = b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, part) for kind, part in chunks)
    np.testing.assert_array_equal(read(data), samples)


def test_a_size_is_made_as_that_of_dicom(picture: Callable[..., np.ndarray]) -> None:
    samples = picture(1)
    wanted = cv2.resize(samples, (24, 24), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(read(encoded(samples), 24), wanted)


def test_a_file_under_another_name_is_read(tmp_path: Path) -> None:
    samples = np.arange(12, dtype=np.uint8).reshape(3, 4)
    (tmp_path / "a.jpg").write_bytes(encoded(samples))
    np.testing.assert_array_equal(imagestack.read_image(tmp_path / "a.jpg"), samples)
    assert imagestack.read_table(tmp_path, workers=1).loc["a", "format"] == "png"


def refused(data: bytes, kind: type[imagestack.ImageError], match: str) -> None:
    """Both the row and the picture are refused alike."""
    reader = reader_of(data, "x.png")
    with pytest.raises(kind, match=match):
        reader.record(data, "x.png")
    with pytest.raises(kind, match=match):
        reader.read(data, "x.png", None)


def test_huge_claims_are_refused_unread(make_png: Callable[..., bytes]) -> None:
    data = bytearray(make_png([b"\0"], 1, 8, 0))
    data[16:24] = struct.pack(">II", 10_000, 10_000)
    refused(bytes(data), imagestack.TooLarge, "x.png: claims 10000 x 10000 x 1 samples, more than")
    data[16:24] = struct.pack(">II", 0, 5)
    refused(bytes(data), imagestack.Damaged, "claims 5 x 0 pixels")


def test_animated_files_are_refused(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((4, 4), level, np.uint8)) for level in (1, 2)]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:])
    data = (tmp_path / "a.png").read_bytes()
    refused(data, imagestack.SeveralPages, "an animated PNG; save the relevant page")


def test_impossible_headers_are_refused(make_png: Callable[..., bytes]) -> None:
    refused(make_png([b"\0"], 1, 8, 5), imagestack.Damaged, "colour type 5 of 8 bits")
    refused(make_png([b"\0"], 1, 3, 0), imagestack.Damaged, "colour type 0 of 3 bits")
    no_header = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IDAT", b"123456") + png_chunk(b"IEND", bytes(9))
    refused(no_header, imagestack.Damaged, "the PNG header has")


def test_a_wrong_checksum_is_refused(picture: Callable[..., np.ndarray]) -> None:
    data = bytearray(encoded(picture(1)))
    data[data.index(b"IDAT") + 100] ^= 1
    refused(bytes(data), imagestack.Damaged, "the checksum of the chunk at byte 33 is wrong")


def test_no_pixels(make_png: Callable[..., bytes]) -> None:
    data = make_png([b"\0"], 1, 8, 0)
    at = data.index(b"IDAT") - 4
    empty = data[:at] + data[-12:]
    refused(empty, imagestack.Damaged, "a PNG file without pixels")


def test_too_few_pixels_under_right_checksums(make_png: Callable[..., bytes]) -> None:
    data = bytearray(make_png([bytes(4)] * 2, 4, 8, 0))
    data[20:24] = struct.pack(">I", 9)
    data[29:33] = png_chunk(b"IHDR", bytes(data[16:29]))[-4:]
    with pytest.raises(imagestack.Damaged, match="the PNG picture cannot be decoded; fetch"):
        reader_of(bytes(data), "x").read(bytes(data), "x", None)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_stored_levels_are_not_scaled(tmp_path, kind):
    levels = np.random.default_rng(0).integers(0, 100, (7, 9)).astype(kind)
    cv2.imwrite(str(tmp_path / "grey.png"), levels)
    found = imagestack.read_levels(tmp_path / "grey.png")
    assert found.dtype == kind
    assert np.array_equal(found, levels)


def test_of_colours_the_greatest_level_counts_and_alpha_does_not(tmp_path):
    colours = np.random.default_rng(0).integers(0, 100, (7, 9, 4)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "colour.png"), colours)
    found = imagestack.read_levels(tmp_path / "colour.png")
    assert np.array_equal(found, colours[..., :3].max(axis=2))


def test_levels_of_a_damaged_picture_are_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "cut.png"), np.zeros((30, 30), np.uint8))
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:-20])
    with pytest.raises(imagestack.ImageError, match="cut"):
        imagestack.read_levels(tmp_path / "cut.png")
