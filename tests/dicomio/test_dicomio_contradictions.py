"""Header and pixels that disagree: right, refused by name, or right with a remark."""

import dataclasses
import io
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import simplejpeg
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.dataelem import DataElement
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

import dicomio

SIDE = 32
PICTURE = (np.add.outer(np.arange(SIDE) * 5, np.arange(SIDE) * 3) % 251).astype(np.uint8)
OTHER = np.ascontiguousarray(PICTURE[::-1])
Change = Callable[[Dataset], None]


def jpeg(values: np.ndarray) -> bytes:
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(values)[..., None], colorspace="GRAY"))


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(simplejpeg.decode_jpeg(data, colorspace="GRAY"))[..., 0]


def with_thumbnail(data: bytes) -> bytes:
    """Return a JPEG picture with a smaller one in an application segment, with its own marks."""
    small = jpeg(PICTURE[:8, :8])
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(small) + 2) + small + data[2:]


CODED = jpeg(PICTURE)
SHOWN = decoded(CODED)
ODD = b"\0" if len(CODED) % 2 else b""


@dataclasses.dataclass(frozen=True)
class Situation:
    """A change of a sound file, and what comes out.

    Attributes:
        change: of the data set of a native or a JPEG file.
        outcome: a part of a remark; "" for no remark; or an error.
        shown: the picture, unless refused.
        native: whether the sound file is native.
    """

    change: Change
    outcome: str | type[dicomio.DicomError]
    shown: np.ndarray
    native: bool


def native(outcome: Any, shown: np.ndarray = PICTURE, **fields: Any) -> Situation:
    return Situation(lambda dataset: put(dataset, fields), outcome, shown, True)


def coded(outcome: Any, *fragments: bytes, shown: np.ndarray = SHOWN, **fields: Any) -> Situation:
    def change(dataset: Dataset) -> None:
        put(dataset, fields)
        if fragments:
            even = [part + b"\0" * (len(part) % 2) for part in fragments]
            dataset.PixelData = encapsulate(even, has_bot=False)

    return Situation(change, outcome, shown, False)


def put(dataset: Dataset, fields: dict[str, Any]) -> None:
    for keyword, value in fields.items():
        if value is None:
            del dataset[keyword]
        else:
            setattr(dataset, keyword, value)


BYTES = PICTURE.tobytes()
WIDE = (PICTURE.astype(np.uint16) * 16).tobytes()
NOISE = np.random.default_rng(0).integers(0, 256, 4096, np.uint8).tobytes()
SITUATIONS = {
    "sound": native(""),
    "one byte of padding": native(
        "", PICTURE[1:, 1:], Rows=SIDE - 1, Columns=SIDE - 1, PixelData=PICTURE[1:, 1:].tobytes()
    ),
    "padding with zeros": native("100 bytes follow", PixelData=BYTES + bytes(100)),
    "padding with ones": native("100 bytes follow", PixelData=BYTES + b"\xff" * 100),
    "less than a row more": native("20 bytes follow", PixelData=BYTES + NOISE[:20]),
    "a row more": native(dicomio.NotDicom, PixelData=BYTES + NOISE[:SIDE]),
    "16 bits under 8": native(dicomio.NotDicom, PixelData=WIDE),
    "a frame more": native(dicomio.NotDicom, PixelData=BYTES + OTHER.tobytes()),
    "fewer rows in the header": native(dicomio.NotDicom, Rows=SIDE - 1),
    "fewer columns in the header": native(dicomio.NotDicom, Columns=SIDE - 1),
    "more rows in the header": native(dicomio.Truncated, Rows=SIDE + 1),
    "8 bits under 16": native(dicomio.Truncated, BitsAllocated=16),
    "16 bits without the field": native(
        dicomio.NotDicom, PixelData=WIDE, BitsAllocated=None, BitsStored=None, HighBit=None
    ),
    "three samples in the header": native(
        dicomio.Truncated, SamplesPerPixel=3, PhotometricInterpretation="RGB"
    ),
    "three samples of grey": native(
        dicomio.Unsupported, SamplesPerPixel=3, PixelData=BYTES * 3
    ),
    "three samples of HSV": native(
        dicomio.Unsupported, SamplesPerPixel=3, PixelData=BYTES * 3,
        PhotometricInterpretation="HSV",
    ),
    "three samples, planes 7": native(
        dicomio.NotDicom, SamplesPerPixel=3, PixelData=BYTES * 3,
        PhotometricInterpretation="RGB", PlanarConfiguration=7,
    ),
    "no pixels": native(dicomio.Truncated, PixelData=b""),
    "no element of pixels": native(dicomio.NoPixels, PixelData=None),
    "no rows": native(dicomio.NoPixels, Rows=None),
    "several frames": native(
        "2 frames, of which the first", NumberOfFrames=2, PixelData=BYTES + OTHER.tobytes()
    ),
    "no frames": native("NumberOfFrames 0 is read as 1", NumberOfFrames=0),
    "minus one frame": native("NumberOfFrames -1 is read as 1", NumberOfFrames=-1),
    "high bit": native("HighBit 3 with BitsStored 8", HighBit=3),
    "bits above the stored ones": native(
        "bits above BitsStored 4 are set",
        (PICTURE & 15) * np.uint8(17), BitsStored=4, HighBit=3,
    ),
    "no photometric field": native("read as MONOCHROME2", PhotometricInterpretation=None),
    "unknown photometric": native("GRAY: the picture is", PhotometricInterpretation="GRAY"),
    "colour of one sample": native("RGB: the picture is", PhotometricInterpretation="RGB"),
    "small letters": native("", 255 - PICTURE, PhotometricInterpretation="monochrome1"),
    "inverse shape": native("INVERSE with MONOCHROME2", PresentationLUTShape="INVERSE"),
    "palette without one": native(
        dicomio.NotDicom, PhotometricInterpretation="PALETTE COLOR"
    ),
    "a jpeg": coded(""),
    "200 zeros after it": coded("", CODED + ODD + bytes(200)),
    "5,000 zeros after it": coded("", CODED + ODD + bytes(5000)),
    "ones after it": coded("", CODED + b"\xff" * 301),
    "few other bytes after it": coded("", CODED + NOISE[:40]),
    "other bytes after it": coded("bytes follow the picture", CODED + b"noise" * 100),
    "a fragment of padding": coded("", CODED, bytes(300)),
    "in three fragments": coded("", CODED[:200], CODED[200:400], CODED[400:]),
    "another picture after it": coded("another picture follows", CODED + jpeg(OTHER)),
    "another picture in a fragment": coded("another picture follows", CODED, jpeg(OTHER)),
    "an embedded thumbnail": coded("", with_thumbnail(CODED)),
    "a thumbnail, cut": coded(dicomio.Truncated, with_thumbnail(CODED)[:-60]),
    "cut": coded(dicomio.Truncated, CODED[:-60]),
    "cut and padded": coded(dicomio.Truncated, CODED[:-60] + bytes(400)),
    "only marks": coded(dicomio.DecodeFailed, b"\xff\xd8\xff\xd9"),
    "only zeros": coded(dicomio.Truncated, bytes(100)),
    "fewer rows than the picture": coded(dicomio.DecodeFailed, Rows=SIDE - 8),
    "fewer columns than the picture": coded(dicomio.DecodeFailed, Columns=SIDE - 8),
    "rows and columns changed over": coded(
        dicomio.DecodeFailed, jpeg(PICTURE[:, :24]), Rows=24, Columns=SIDE
    ),
    "12 bits by the header": coded(
        "12 bits a sample by the header, 8 by the compressed picture",
        BitsAllocated=16, BitsStored=12, HighBit=11,
    ),
    "signed by the header": coded("signed samples by the header", PixelRepresentation=1),
    "three samples by the header": coded(
        dicomio.DecodeFailed, SamplesPerPixel=3, PhotometricInterpretation="RGB"
    ),
    "two frames by the header": coded(dicomio.Truncated, NumberOfFrames=2),
    "two frames": coded(
        "2 frames, of which the first", CODED, jpeg(OTHER), NumberOfFrames=2
    ),
    "two frames, the last cut": coded(
        dicomio.Truncated, CODED, jpeg(OTHER)[:-60], NumberOfFrames=2
    ),
}  # fmt: skip


def check(path: Path, outcome: str | type[dicomio.DicomError], shown: np.ndarray) -> None:
    """Check a file: the right picture and remark, or an error by the name of the file.

    A missing palette is found when the picture is made, all else with the header.
    """
    data = path.read_bytes()
    if isinstance(outcome, str):
        np.testing.assert_array_equal(dicomio.read_image(path), shown)
        remarks = dicomio.record(data, path)["remarks"]
        assert outcome in (remarks or "")
        assert bool(outcome) == bool(remarks)
        assert "\n" not in (remarks or "")
        return
    with pytest.raises(outcome, match=str(path)):
        dicomio.read_image(path)
    if "palette" not in str(path):
        with pytest.raises(outcome, match=str(path)):
            dicomio.record(data, path)


SYNTAXES = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian)


@pytest.mark.parametrize("name", SITUATIONS)
@pytest.mark.filterwarnings("ignore:Invalid value for VR CS:UserWarning")
def test_header_and_pixels(
    name: str, write_native: Callable[..., Path], write_frames: Callable[..., Path]
) -> None:
    situation = SITUATIONS[name]
    for syntax in SYNTAXES if situation.native else (JPEGBaseline8Bit,):
        if situation.native:
            path = write_native(PICTURE, f"{name}.dcm", syntax)
        else:
            path = write_frames([CODED], PICTURE, syntax, f"{name}.dcm")
        dataset = dcmread(path)
        situation.change(dataset)
        if syntax == ImplicitVRLittleEndian and "PixelData" in dataset:
            dataset["PixelData"].VR = "OW"
        dataset.save_as(path)
        check(path, situation.outcome, situation.shown)


def compressed(values: np.ndarray, syntax: str, path: Path, **fields: Any) -> Path:
    """Write a losslessly compressed file whose header then says something else."""
    dataset = dcmread(path)
    dataset.compress(syntax, generate_instance_uid=False)
    put(dataset, fields)
    dataset.save_as(path)
    return path


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless, RLELossless])
@pytest.mark.parametrize("field", ["Rows", "Columns"])
@pytest.mark.parametrize("change", [-8, -1, 1, 8])
def test_another_size_in_the_picture_is_refused(
    write_native: Callable[..., Path], syntax: str, field: str, change: int
) -> None:
    path = compressed(PICTURE, syntax, write_native(PICTURE), **{field: SIDE + change})
    with pytest.raises(dicomio.DecodeFailed, match=str(path)):
        dicomio.read_image(path)


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless])
@pytest.mark.parametrize("bits", [10, 12, 16])
def test_more_bits_in_the_picture_than_the_header_has_room_for(
    write_native: Callable[..., Path], syntax: str, bits: int
) -> None:
    values = (np.arange(SIDE * SIDE).reshape(SIDE, SIDE) % (1 << bits)).astype(np.uint16)
    values[0, 0] = (1 << bits) - 1
    sound = compressed(values, syntax, write_native(values, "sound.dcm", BitsStored=bits))
    fields = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
    path = compressed(values, syntax, write_native(values, BitsStored=bits), **fields)
    check(path, f"8 bits a sample by the header, {bits} by the compressed picture",
          dicomio.read_image(sound))  # fmt: skip


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless])
@pytest.mark.parametrize("padding", [bytes(200), b"\xff" * 201, bytes(5001)])
def test_padding_after_the_other_codes(
    write_native: Callable[..., Path], syntax: str, padding: bytes
) -> None:
    path = compressed(PICTURE, syntax, write_native(PICTURE))
    dataset = dcmread(path)
    picture = next(generate_frames(dataset.PixelData, number_of_frames=1)).rstrip(b"\0")
    padded = picture + padding + b"\0" * ((len(picture) + len(padding)) % 2)
    dataset.PixelData = encapsulate([padded])
    dataset.save_as(path)
    check(path, "", PICTURE)


@pytest.mark.parametrize("bits", [9, 12, 15])
@pytest.mark.parametrize("signed", [False, True])
def test_bits_above_the_stored_ones(
    write_native: Callable[..., Path], bits: int, signed: bool
) -> None:
    top = 1 << bits
    values = np.arange(SIDE * SIDE).reshape(SIDE, SIDE) * 7 % top - (top // 2 if signed else 0)
    typed = values.astype(np.int16 if signed else np.uint16)
    sound = write_native(typed, "sound.dcm", BitsStored=bits)
    check(sound, "", dicomio.read_image(sound))
    more = typed.view(np.uint16).copy()
    more[3, 4] ^= np.uint16(1 << bits)
    path = write_native(more.view(typed.dtype), BitsStored=bits)
    check(path, f"bits above BitsStored {bits} are set", dicomio.read_image(sound))


def test_private_elements_and_an_icon_change_nothing(write_native: Callable[..., Path]) -> None:
    icon = Dataset()
    icon.Rows = icon.Columns = 8
    icon.SamplesPerPixel, icon.BitsAllocated, icon.BitsStored, icon.HighBit = 1, 8, 8, 7
    icon.PhotometricInterpretation, icon.PixelRepresentation = "MONOCHROME2", 0
    icon.PixelData = bytes(64)
    path = write_native(PICTURE, IconImageSequence=[icon])
    dataset = dcmread(path)
    block = dataset.private_block(0x7FE1, "SOMEONE", create=True)
    block.add_new(0x10, "OB", NOISE)
    dataset.private_block(0x0029, "SOMEONE", create=True).add_new(0x10, "DS", "7")
    dataset.add(DataElement(0x00280120, "US", 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.save_as(path)
    check(path, "", PICTURE)


def test_native_pixels_under_a_compressed_syntax(write_native: Callable[..., Path]) -> None:
    path = write_native(PICTURE)
    uid = b"\x02\0\x10\0UI\x14\0" + b"1.2.840.10008.1.2.1\0"
    other = b"\x02\0\x10\0UI\x16\0" + b"1.2.840.10008.1.2.4.50"
    assert uid in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(uid, other))
    check(path, dicomio.Truncated, PICTURE)


RGB = np.dstack([PICTURE, OTHER, PICTURE.T])
SAID = ("RGB", "YBR_FULL", "YBR_FULL_422")


def colours(values: np.ndarray, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(values).save(file, "JPEG", quality=95, **options)
    return file.getvalue()


def without_segment(data: bytes, marker: int) -> bytes:
    """Return a JPEG picture without an application segment."""
    at = data.index(bytes([0xFF, marker]))
    return data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]


BARE = without_segment(colours(RGB, subsampling="4:2:0"), 0xE0)
COLOURS = {
    "JFIF": colours(RGB, subsampling="4:4:4"),
    "subsampled": BARE,
    "named RGB": colours(RGB, keep_rgb=True),
    "Adobe, YBR": BARE[:2] + b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\1" + BARE[2:],
}


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("name", COLOURS)
def test_colours_are_those_of_the_compressed_picture(
    name: str, said: str, write_frames: Callable[..., Path]
) -> None:
    data = COLOURS[name]
    fields = {"SamplesPerPixel": 3, "PlanarConfiguration": 1, "PhotometricInterpretation": said}
    path = write_frames([data], RGB, JPEGBaseline8Bit, **fields)
    wanted = np.rint(np.asarray(Image.open(io.BytesIO(data))) @ np.array([0.299, 0.587, 0.114]))
    assert np.abs(dicomio.read_image(path) - wanted).max() <= 1
    kind = "RGB" if name == "named RGB" else "YBR"
    remark = dicomio.record(path.read_bytes(), path)["remarks"]
    told = f"{said} by the header, {kind} by the compressed picture, which is right"
    assert remark == (None if said.startswith(kind) else told)
