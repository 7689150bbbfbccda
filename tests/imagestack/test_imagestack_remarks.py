"""Remarks of files: a name of another format, several pictures, more pixels than the header says.

Whatever a remark says, the picture is the one that is meant.
"""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import dicomio
import imagestack
from imagestack.readers import SUFFIXES

Writer = Callable[..., Path]
FORMATS = {"png": "PNG", "jpeg": "JPEG", "tiff": "TIFF", "bmp": "BMP"}
VALUES = np.add.outer(np.arange(24), 2 * np.arange(16)).astype(np.uint8)


def saved(kind: str, values: np.ndarray = VALUES) -> bytes:
    file = io.BytesIO()
    Image.fromarray(values).save(file, FORMATS[kind])
    return file.getvalue()


def remarks(path: Path) -> str | None:
    found = imagestack.read_table(path.parent, workers=1).at[
        imagestack.image_id(path.name), "remarks"
    ]
    return None if found != found else str(found)


@pytest.mark.parametrize("suffix", [*SUFFIXES, *(suffix.upper() for suffix in SUFFIXES)])
@pytest.mark.parametrize("kind", ["dicom", *FORMATS])
def test_a_file_is_read_by_its_content_and_its_wrong_name_is_remarked(
    write_native: Writer, tmp_path: Path, kind: str, suffix: str
) -> None:
    path = tmp_path / "images" / f"a{suffix}"
    path.parent.mkdir()
    sound = write_native(VALUES, "sound.dcm").read_bytes() if kind == "dicom" else saved(kind)
    path.write_bytes(sound)
    wanted = imagestack.readers.reader_named(kind).read(sound, "sound", None)
    np.testing.assert_array_equal(imagestack.read_image(path), wanted)
    right = SUFFIXES[suffix.lower()] == kind
    told = f"the content is {kind.upper()} under the extension {suffix}"
    assert remarks(path) == (None if right else told)
    assert imagestack.read_table(path.parent, workers=1).at["a", "format"] == kind


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (b"", None),
        (bytes(3), None),
        (bytes(5000), None),
        (b"\xff" * 5000, None),
        (b"some text" * 100, "900 bytes follow the picture and are not used"),
        (saved("jpeg", VALUES[::-1]), "another picture follows the first one, which is used"),
    ],
)
def test_what_follows_a_jpeg_picture(tmp_path: Path, more: bytes, told: str | None) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(saved("jpeg") + more)
    wanted = imagestack.readers.reader_named("jpeg").read(saved("jpeg"), "a.jpg", None)
    np.testing.assert_array_equal(imagestack.read_image(path), wanted)
    assert remarks(path) == told


@pytest.mark.parametrize("more", [0, 3, 15, 16, 24 * 16])
def test_a_bitmap_longer_than_its_header_says(tmp_path: Path, more: int) -> None:
    path = tmp_path / "a.bmp"
    path.write_bytes(saved("bmp") + bytes(more))
    np.testing.assert_array_equal(imagestack.read_image(path), VALUES)
    told = f"{more} bytes of pixels more than the header says" if more >= 16 else None
    assert remarks(path) == told


@pytest.mark.parametrize(("bits", "told"), [(16, None), (8, "384 bytes of pixels more")])
def test_a_tiff_of_more_bits_than_its_header_says(
    make_tiff: Callable[..., bytes], tmp_path: Path, bits: int, told: str | None
) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(make_tiff(VALUES.astype(np.uint16), t258=[bits]))
    assert imagestack.read_image(path).shape == VALUES.shape
    found = remarks(path)
    assert (found is None) if told is None else (found or "").startswith(told)


def test_remarks_of_dicom_come_first(write_native: Writer) -> None:
    path = write_native(VALUES, "images/a.png", NumberOfFrames=0)
    assert (remarks(path) or "").split("\n") == [
        "NumberOfFrames 0 is read as 1",
        "the content is DICOM under the extension .png",
    ]


def test_remarks_are_kept_with_the_table(write_native: Writer, tmp_path: Path) -> None:
    path = write_native(VALUES, "images/a.png")
    first = imagestack.kept_scan(path.parent, tmp_path / "kept")
    again = imagestack.kept_scan(path.parent, tmp_path / "kept")
    assert first.table["remarks"].tolist() == again.table["remarks"].tolist()
    assert dicomio.COLUMNS["remarks"] == "str"
