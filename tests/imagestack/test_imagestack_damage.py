"""Files that are cut off or changed: an error by name, never a wrong picture in silence."""

import io
from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import dicomio
import imagestack
from imagestack.readers import reader_of

NAMED = (imagestack.ImageError, dicomio.DicomError)


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@cache
def samples() -> dict[str, bytes]:
    """Return whole files of all formats and forms, large enough to have several chunks."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (12, 12, 3), np.uint8)
    colour = cv2.resize(coarse, (150, 120), interpolation=cv2.INTER_LINEAR)
    colour = np.clip(colour + rng.integers(0, 9, colour.shape), 0, 255).astype(np.uint8)
    grey = np.ascontiguousarray(colour[..., 0])
    exif = Image.Exif()
    exif[274] = 6
    thumbnail = b"Exif\0\0" + exif.tobytes()[6:] + b"\xff\xd8\xff\xd9" * 8
    of = Image.fromarray
    return {
        "png": cv2.imencode(".png", grey)[1].tobytes(),
        "png colour": _saved(of(colour), "PNG"),
        "png 16": cv2.imencode(".png", grey.astype(np.uint16) * 250)[1].tobytes(),
        "jpeg": _saved(of(grey), "JPEG"),
        "jpeg colour": _saved(of(colour), "JPEG", exif=exif),
        "jpeg progressive": _saved(of(colour), "JPEG", progressive=True),
        "jpeg with a thumbnail": _saved(of(grey), "JPEG", exif=thumbnail),
        "tiff": _saved(of(grey), "TIFF"),
        "tiff lzw": _saved(of(colour), "TIFF", compression="tiff_lzw"),
        "tiff deflate": _saved(of(grey), "TIFF", compression="tiff_adobe_deflate"),
        "tiff opencv": cv2.imencode(".tif", colour.astype(np.uint16) * 250)[1].tobytes(),
        "bmp": _saved(of(colour), "BMP"),
    }


def outcome(data: bytes) -> np.ndarray | None:
    """Return the picture, or None where an error named what is wrong."""
    try:
        reader = reader_of(data, "x")
        reader.record(data, "x")
        return reader.read(data, "x", None)
    except NAMED:
        return None


def unchecked(data: bytes) -> np.ndarray | None:
    """Return the picture of `read` alone, as the cache does it."""
    try:
        return reader_of(data, "x").read(data, "x", None)
    except NAMED:
        return None


@pytest.mark.parametrize("name", samples())
@settings(max_examples=60)
@given(share=st.floats(0, 1))
def test_a_file_that_is_cut_off_gives_its_picture_or_an_error(name: str, share: float) -> None:
    whole = samples()[name]
    wanted = outcome(whole)
    assert wanted is not None
    found = unchecked(whole[: int(share * len(whole))])
    assert found is None or np.array_equal(found, wanted)
    if share < 0.95:
        assert found is None


@pytest.mark.parametrize("name", samples())
@pytest.mark.parametrize("missing", [1, 2, 4, 8, 12, 13, 16, 64])
def test_the_last_bytes_matter(name: str, missing: int) -> None:
    whole = samples()[name]
    wanted = outcome(whole)
    for data in (whole[:-missing], whole[:-missing] + bytes(missing)):
        found = unchecked(data)
        if not name.startswith(("tiff", "bmp")) or len(data) < len(whole):
            assert found is None or np.array_equal(found, wanted)


@pytest.mark.parametrize("name", [name for name in samples() if name.startswith("png")])
@settings(max_examples=80)
@given(share=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_changed_bit_of_png_is_found(name: str, share: float, bit: int) -> None:
    whole = samples()[name]
    data = bytearray(whole)
    data[int(share * len(data))] ^= 1 << bit
    found = unchecked(bytes(data))
    assert found is None or np.array_equal(found, outcome(whole))


@pytest.mark.parametrize("name", samples())
@settings(max_examples=80)
@given(
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6),
    early=st.booleans(),
)
def test_changed_bytes_end_in_a_picture_or_a_named_error(
    name: str, changes: list[tuple[float, int]], early: bool
) -> None:
    data = bytearray(samples()[name])
    reach = 200 if early else len(data)
    for share, value in changes:
        data[int(share * reach)] = value
    found = outcome(bytes(data))
    assert found is None or (found.dtype == np.uint8 and found.ndim == 2)


@settings(max_examples=200)
@given(st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*"]), st.binary())
def test_nonsense_after_a_signature_is_refused(start: bytes, rest: bytes) -> None:
    assert outcome(start + rest) is None


def test_the_message_says_that_the_file_is_cut_off() -> None:
    for name, whole in samples().items():
        data = whole[: len(whole) * 2 // 3]
        with pytest.raises(imagestack.Truncated, match=r"x: .*; fetch the file again"):
            reader_of(data, "x").record(data, "x")
        with pytest.raises(imagestack.Truncated, match=r"x: .*; fetch the file again"):
            reader_of(data, "x").read(data, "x", None)
        assert name
