"""The walk over a file's bytes: what it finds, and what it refuses before anything is read."""

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

import dicomio
from dicomio._structure import (
    DEFLATED,
    MAX_DEPTH,
    MAX_ELEMENTS,
    MAX_INFLATED_BYTES,
    items,
    parse,
)

Writer = Callable[..., Path]
HEAD = b"\0" * 128 + b"DICM"


def element(group: int, number: int, vr: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", group, number, vr, len(value)) + value


def meta(syntax: str) -> bytes:
    uid = syntax.encode() + b"\0" * (len(syntax) % 2)
    return HEAD + element(2, 0x10, b"UI", uid)


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DEFLATED]
)
def test_finds_the_elements_that_pydicom_finds(write_native: Writer, syntax: str) -> None:
    inner = Dataset()
    inner.PatientID = "inside"
    path = write_native(
        np.arange(12, dtype=np.uint16).reshape(3, 4), syntax=syntax, OtherPatientIDsSequence=[inner]
    )
    found = parse(path.read_bytes(), path)
    dataset = dcmread(path)
    assert {int(tag) for tag in dataset.keys() | dataset.file_meta.keys()} == set(found.elements)
    sequence = found.elements[0x00101002]
    assert [list(item) for item in items(found, sequence)] == [[0x00100020]]
    assert dicomio.read_header(path)["OtherPatientIDsSequence"] == [{"PatientID": "inside"}]


def test_sequences_of_undefined_length(write_native: Writer) -> None:
    path = write_native(np.zeros((2, 2), np.uint8))
    dataset = dcmread(path)
    inner, outer = Dataset(), Dataset()
    inner.PatientID = "deep"
    outer.OtherPatientIDsSequence = [inner, inner]
    dataset.OtherPatientIDsSequence = [outer]
    for sequence in (dataset["OtherPatientIDsSequence"], outer["OtherPatientIDsSequence"]):
        sequence.is_undefined_length = True
        for item in sequence.value:
            item.is_undefined_length_sequence_item = True
    dataset.save_as(path)
    deep = {"OtherPatientIDsSequence": [{"PatientID": "deep"}] * 2}
    assert dicomio.read_header(path)["OtherPatientIDsSequence"] == [deep]


def test_a_file_cut_anywhere_is_named_not_read(write_jpeg: Writer, picture: Callable) -> None:
    path = write_jpeg(picture())
    whole = path.read_bytes()
    kinds = set()
    for length in range(len(whole) - 8):
        path.write_bytes(whole[:length])
        with pytest.raises(dicomio.DicomError) as caught:
            dicomio.read_image(path)
        kinds.add(type(caught.value))
        assert str(path) in str(caught.value)
    assert kinds == {dicomio.NotDicom, dicomio.Truncated, dicomio.NoPixels}


def test_a_missing_end_mark_is_a_truncation(write_jpeg: Writer, picture: Callable) -> None:
    path = write_jpeg(picture())
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(dicomio.Truncated, match="no delimiter"):
        dicomio.read_image(path)


def test_a_tail_of_zeros_is_a_truncation(write_jpeg: Writer, picture: Callable) -> None:
    path = write_jpeg(picture())
    data = bytearray(path.read_bytes())
    data[-200:-8] = bytes(192)  # the size and the structure are right, the content is not
    path.write_bytes(data)
    with pytest.raises(dicomio.Truncated, match="broken transfer"):
        dicomio.read_image(path)


def test_short_native_pixels(write_native: Writer) -> None:
    path = write_native(np.zeros((4, 4), np.uint8), Rows=5)
    with pytest.raises(dicomio.Truncated, match=r"16 bytes, 1 frame\(s\) need 20"):
        dicomio.read_image(path)


def test_nesting_is_bounded(tmp_path: Path) -> None:
    opened = struct.pack("<HH2sHI", 0x0010, 0x1002, b"SQ", 0, 0xFFFFFFFF)
    opened += struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    path = tmp_path / "deep.dcm"
    path.write_bytes(meta(ExplicitVRLittleEndian) + opened * 5000)
    with pytest.raises(dicomio.Unsupported, match=f"nested deeper than {MAX_DEPTH}"):
        dicomio.read_header(path)


def test_nesting_by_defined_lengths_is_bounded_too(tmp_path: Path) -> None:
    body = b""
    for _ in range(200):
        item = struct.pack("<HHI", 0xFFFE, 0xE000, len(body)) + body
        body = struct.pack("<HH2sHI", 0x0010, 0x1002, b"SQ", 0, len(item)) + item
    path = tmp_path / "deep.dcm"
    path.write_bytes(meta(ExplicitVRLittleEndian) + body)
    with pytest.raises(dicomio.Unsupported, match=f"nested deeper than {MAX_DEPTH}"):
        dicomio.read_header(path)


def test_the_number_of_elements_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "many.dcm"
    many = element(0x0011, 0x1001, b"UN", b"")[:4] + b"LO\0\0"
    path.write_bytes(meta(ExplicitVRLittleEndian) + many * (MAX_ELEMENTS + 1))
    with pytest.raises(dicomio.Unsupported, match="elements"):
        dicomio.read_header(path)


def test_a_deflate_bomb_stays_small(tmp_path: Path) -> None:
    path = tmp_path / "bomb.dcm"
    engine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = bytes(1 << 24)
    rounds = MAX_INFLATED_BYTES // len(block) + 2
    packed = b"".join(engine.compress(block) for _ in range(rounds)) + engine.flush()
    assert len(packed) < 400_000
    path.write_bytes(meta(DEFLATED) + packed)
    with pytest.raises(dicomio.Unsupported, match="inflates to more"):
        dicomio.read_header(path)


def test_damaged_deflate(write_native: Writer) -> None:
    path = write_native(np.zeros((64, 64), np.uint8), syntax=DEFLATED)
    data = bytearray(path.read_bytes())
    data[-30:-20] = b"\xff" * 10
    path.write_bytes(data)
    with pytest.raises((dicomio.DecodeFailed, dicomio.Truncated)):
        dicomio.read_image(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"hello", "only 5 bytes"),
        (b"\x89PNG" + b"x" * 300, "no DICM prefix"),
        (bytes(5000), "only zeros"),
    ],
)
def test_what_is_not_dicom(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "other.dcm"
    path.write_bytes(content)
    with pytest.raises(dicomio.NotDicom, match=said):
        dicomio.read_header(path)


def test_what_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(dicomio.NotDicom, match="cannot be read"):
        dicomio.read_header(tmp_path / "absent.dcm")
    pipe = tmp_path / "pipe.dcm"
    os.mkfifo(pipe)
    with pytest.raises(dicomio.NotDicom, match="not a regular file"):
        dicomio.read_header(pipe)


@pytest.mark.parametrize(("rows", "columns"), [(65535, 65535), (8193, 8193)])
def test_a_claimed_size_is_refused_before_it_is_allocated(
    write_jpeg: Writer, picture: Callable, rows: int, columns: int
) -> None:
    path = write_jpeg(picture(), Rows=rows, Columns=columns)
    with pytest.raises(dicomio.Unsupported, match=f"claims {rows} x {columns}"):
        dicomio.read_image(path)


def test_the_size_in_the_picture_is_checked_too(write_frames: Writer, picture: Callable) -> None:
    import simplejpeg

    data = bytearray(simplejpeg.encode_jpeg(picture()[..., None], colorspace="GRAY"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", 65000, 65000)
    path = write_frames([bytes(data)], picture(), "1.2.840.10008.1.2.4.50")
    with pytest.raises(dicomio.Unsupported, match="65000 x 65000"):
        dicomio.read_image(path)
    data[at : at + 4] = struct.pack(">HH", 128, 64)
    path = write_frames([bytes(data)], picture(), "1.2.840.10008.1.2.4.50")
    with pytest.raises(dicomio.DecodeFailed, match="header says 64 x 64 x 1"):
        dicomio.read_image(path)


def test_an_object_without_pixels(write_native: Writer) -> None:
    path = write_native(np.zeros((4, 4), np.uint8))
    dataset = dcmread(path)
    del dataset.PixelData
    dataset.save_as(path)
    with pytest.raises(dicomio.NoPixels):
        dicomio.read_image(path)
    assert dicomio.read_header(path)["Rows"] == 4
