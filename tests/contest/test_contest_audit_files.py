"""The audit of files: blank pictures, several frames and other contradictions, of any format."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

import contest
from tests.contest.test_contest_audit import audit, data
from tests.contest.test_contest_prepare import SHAPE
from tests.dicomio.conftest import write_frames, write_jpeg, write_native

__all__ = ["data", "write_frames", "write_jpeg", "write_native"]

Writer = Callable[..., Path]
NOISE = np.random.default_rng(7).integers(0, 256, SHAPE, dtype=np.uint8)
NEARLY = np.full(SHAPE, 90, np.uint8)
NEARLY[1, 2] = 93
DOT = np.full(SHAPE, 90, np.uint8)
DOT[1, 2] = 99
BLANK = {
    "black": (np.zeros(SHAPE, np.uint8), "every pixel is 0"),
    "white": (np.full(SHAPE, 255, np.uint8), "every pixel is 255"),
    "nearly grey": (NEARLY, "every pixel is between 90 and 93"),
    "a dot": (DOT, None),
    "noise": (NOISE, None),
}


@pytest.fixture
def general(spec: contest.Spec) -> contest.Spec:
    """A competition whose code are the general functions."""
    return dataclasses.replace(spec, prepare="competitions.tgs_salt.prepare:prepare")


def found(data: Path, spec: contest.Spec, kind: str) -> dict[str, str]:
    told = audit(data, spec)
    assert [one for one in told.errors if one.id != "a"] == []
    return {one.id: one.message for one in told.warnings if one.kind == kind}


def replaced(data: Path, content: bytes, suffix: str = ".dcm") -> None:
    """Put other content in the place of the training image a."""
    (data / "train" / "a.png").unlink()
    (data / "train" / f"a{suffix}").write_bytes(content)


@pytest.mark.parametrize("name", BLANK)
@pytest.mark.parametrize("form", ["png", "jpg", "bmp", "tif", "native", "compressed"])
def test_blank_pictures_are_found(
    data: Path,
    general: contest.Spec,
    write_native: Writer,
    write_jpeg: Writer,
    name: str,
    form: str,
) -> None:
    values, message = BLANK[name]
    if form in ("native", "compressed"):
        write = write_native if form == "native" else write_jpeg
        replaced(data, write(values).read_bytes())
    else:
        replaced(data, cv2.imencode(f".{form}", values)[1].tobytes(), f".{form}")
    told = found(data, general, "constant")
    if form in ("jpg", "compressed") and name in ("nearly grey", "a dot"):
        return  # how much of single pixels is left is up to the compression
    assert told == ({} if message is None else {"a": message})


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_blank_pictures_of_any_depth_are_found(
    data: Path, general: contest.Spec, write_native: Writer, bits: int
) -> None:
    values = np.full(SHAPE, 77, np.uint8 if bits == 8 else np.uint16)
    replaced(data, write_native(values, BitsStored=bits).read_bytes())
    assert list(found(data, general, "constant")) == ["a"]


FIELDS = {
    "frames": (
        {"NumberOfFrames": 3}, np.stack([NOISE] * 3), "3 frames, of which the first is used"
    ),
    "slope": ({"RescaleSlope": 0}, NOISE, "RescaleSlope 0 is implausible and counts as missing"),
    "window": (
        {"WindowCenter": 9, "WindowWidth": -3}, NOISE,
        "WindowWidth -3 is implausible and counts as missing",
    ),
    "spacing": (
        {"PixelSpacing": [0, 0]}, NOISE, "PixelSpacing 0\\0 is implausible and counts as missing"
    ),
    "high bit": ({"HighBit": 3}, NOISE, "HighBit 3 with BitsStored 8 is read as 7"),
}  # fmt: skip


@pytest.mark.parametrize("name", FIELDS)
def test_contradictions_are_findings_in_every_competition(
    data: Path, general: contest.Spec, write_native: Writer, name: str
) -> None:
    fields, values, message = FIELDS[name]
    replaced(data, write_native(values, **fields).read_bytes())
    assert found(data, general, "file") == {"a": message}
    assert audit(data, general).errors == []


def test_what_most_files_share_is_told_once(
    data: Path, general: contest.Spec, write_native: Writer
) -> None:
    for seed, name in enumerate("abcd"):
        values = np.random.default_rng(seed).integers(0, 256, SHAPE, np.uint8)
        (data / "train" / f"{name}.png").unlink()
        content = write_native(values, PixelSpacing=[0, 0]).read_bytes()
        (data / "train" / f"{name}.dcm").write_bytes(content)
    message = "PixelSpacing 0\\0 is implausible and counts as missing, in 4 of 5 images, first a"
    assert found(data, general, "file") == {"": message}


def test_a_picture_of_another_format_than_its_name(data: Path, general: contest.Spec) -> None:
    replaced(data, (data / "train" / "a.png").read_bytes(), ".jpg")
    assert found(data, general, "file") == {"a": "the content is PNG under the extension .jpg"}


def test_more_pixels_than_the_header_says_are_an_error_that_names_the_file(
    data: Path, general: contest.Spec, write_native: Writer
) -> None:
    path = write_native(NOISE.astype(np.uint16) * 16)
    eight = path.read_bytes().replace(b"\x28\0\0\1US\2\0\x10\0", b"\x28\0\0\1US\2\0\x08\0")
    eight = eight.replace(b"\x28\0\1\1US\2\0\x10\0", b"\x28\0\1\1US\2\0\x08\0")
    replaced(data, eight)
    (error,) = [one for one in audit(data, general).errors if one.kind == "unreadable"]
    assert error.id == "a"
    assert "the pixel data have" in error.message
