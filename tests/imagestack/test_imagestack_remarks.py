"""Remarks of files: a name of another format, several pictures, more pixels than the header says.

Whatever a remark says, the picture is the one that is meant.
"""

import io
import itertools
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image

import dicomio
import imagestack
from imagestack.readers import SUFFIXES
from imagestack.readers.png import PASSES
from tests.imagestack.conftest import png_chunk

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


PNG_AFTER = {
    "nothing": (b"", None),
    "few bytes": (b"GPS\n" * 9, None),
    "zeros": (bytes(5000), None),
    "text": (b"some text" * 100, "900 bytes follow the picture and are not used"),
    "chunk": (png_chunk(b"IDAT", b"x" * 200), "212 bytes follow the picture and are not used"),
    "picture": (saved("png", VALUES[::-1]), "another picture follows the first one, which is used"),
}


@pytest.mark.parametrize("case", PNG_AFTER)
def test_what_follows_a_png_is_remarked(tmp_path: Path, case: str) -> None:
    more, told = PNG_AFTER[case]
    path = tmp_path / "a.png"
    path.write_bytes(saved("png") + more)
    np.testing.assert_array_equal(imagestack.read_image(path), VALUES)
    assert remarks(path) == told


MORE_ROWS = "more rows of pixels than the {} say{}, which are not used"


def png_of(rows: np.ndarray, height: int, bits: int, colour: int, parts: int) -> bytes:
    """Return a PNG of packed rows, uint8 `(n, bytes)`, whose header says `height`."""
    samples = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    width = rows.shape[1] * 8 // (bits * samples)
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    stream = zlib.compress(np.pad(rows, ((0, 0), (1, 0))).tobytes())
    cuts = np.linspace(0, len(stream), parts + 1).astype(int)
    chunks = [(b"IHDR", header)]
    chunks += [(b"IDAT", stream[a:b]) for a, b in itertools.pairwise(cuts)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*one) for one in [*chunks, (b"IEND", b"")])


@pytest.mark.parametrize("more", [0, 1, 7, 400])
@pytest.mark.parametrize(
    ("bits", "colour"), [(1, 0), (4, 0), (8, 0), (16, 0), (8, 2), (16, 2), (8, 4), (16, 6)]
)
@pytest.mark.parametrize("parts", [1, 3])
def test_a_png_of_more_rows_than_its_header_says(
    tmp_path: Path, bits: int, colour: int, parts: int, more: int
) -> None:
    rows = np.random.default_rng(more).integers(0, 256, (24 + more, 48), np.uint8)
    path = tmp_path / "a.png"
    path.write_bytes(png_of(rows[:24], 24, bits, colour, parts))
    wanted = imagestack.read_image(path)
    assert remarks(path) is None
    path.write_bytes(png_of(rows, 24, bits, colour, parts))
    np.testing.assert_array_equal(imagestack.read_image(path), wanted)
    assert remarks(path) == (MORE_ROWS.format("header", "s") if more else None)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (5, 3), (8, 8), (23, 17), (64, 65)])
def test_an_interlaced_png_has_no_remark(tmp_path: Path, shape: tuple[int, int]) -> None:
    samples = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    parts = [samples[y::down, x::right] for y, x, down, right in PASSES]
    rows = b"".join(b"\0" + row.tobytes() for part in parts if part.size for row in part)
    path = tmp_path / "a.png"
    for more in (b"", bytes(shape[1] + 1)):
        header = struct.pack(">IIBBBBB", shape[1], shape[0], 8, 0, 0, 0, 1)
        chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows + more)), (b"IEND", b"")
        start = b"\x89PNG\r\n\x1a\n"
        path.write_bytes(start + b"".join(png_chunk(*one) for one in chunks))
        np.testing.assert_array_equal(imagestack.read_image(path), samples)
        assert remarks(path) == (MORE_ROWS.format("header", "s") if more else None)


@pytest.mark.parametrize("name", ["height", "width"])
@pytest.mark.parametrize("less", [1, 8, 12])
@pytest.mark.parametrize(
    "kind", ["png", "jpeg", "tiff", "tiff adobe_deflate", "tiff lzw", "packbits", "bmp"]
)
def test_a_header_that_says_less_than_the_stream(
    tmp_path: Path, kind: str, name: str, less: int
) -> None:
    """The picture is refused by name, or the part that the header says, or there is a remark."""
    values = np.random.default_rng(1).integers(0, 256, (24, 24), np.uint8)
    if kind == "packbits":
        values[:, 8:] = 7  # which it compresses
    name_of = "tiff" if kind == "packbits" else kind.split()[0]
    path, form = tmp_path / f"a.{name_of}", FORMATS[name_of]
    how = {"compression": kind.replace(" ", "_")} if kind[:5] in ("tiff ", "packb") else {}
    file = io.BytesIO()
    Image.fromarray(values).save(file, form, **how)
    whole = imagestack.readers.reader_of(file.getvalue(), path).read(file.getvalue(), path, None)
    path.write_bytes(smaller(file.getvalue(), form, name, 24 - less))
    try:
        found = imagestack.read_image(path)
    except imagestack.ImageError as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert refusal.startswith(f"{path}: ")
    elif not np.array_equal(found, whole[: found.shape[0], : found.shape[1]]):
        assert remarks(path) is not None


def smaller(data: bytes, form: str, name: str, size: int) -> bytes:
    """Return a file of 24 x 24 pixels whose header says less."""
    changed = bytearray(data)
    if form == "PNG":
        at = 20 if name == "height" else 16
        changed[at : at + 4] = struct.pack(">I", size)
        changed[29:33] = struct.pack(">I", zlib.crc32(bytes(changed[12:29])))
    elif form == "JPEG":
        at = data.index(b"\xff\xc0") + (5 if name == "height" else 7)
        changed[at : at + 2] = struct.pack(">H", size)
    elif form == "BMP":
        at = 22 if name == "height" else 18
        changed[at : at + 4] = struct.pack("<i", size)
    else:
        (start,) = struct.unpack_from("<I", data, 4)
        (count,) = struct.unpack_from("<H", data, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind = struct.unpack_from("<HH", data, entry)
            if tag == (257 if name == "height" else 256) or (tag == 278 and name == "height"):
                struct.pack_into("<I" if kind == 4 else "<H", changed, entry + 8, size)
    return bytes(changed)


@pytest.mark.parametrize("strips", [2, 3, 9])
def test_a_tiff_of_more_strips_than_it_needs(
    make_tiff: Callable[..., bytes], tmp_path: Path, strips: int
) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(make_tiff(VALUES, t273=[8] * strips, t279=[VALUES.size] * strips))
    np.testing.assert_array_equal(imagestack.read_image(path), VALUES)
    assert remarks(path) == f"{strips} strips, of which 1 are used"


@pytest.mark.parametrize("compression", ["deflate", "lzw", "packbits"])
@pytest.mark.parametrize(("rows", "told"), [(16, False), (17, True), (40, True)])
def test_a_tile_of_more_rows_than_the_tags_say(
    make_tiff: Callable[..., bytes], tmp_path: Path, compression: str, rows: int, told: bool
) -> None:
    values = np.random.default_rng(2).integers(0, 256, (16, 16), np.uint8)
    stream = np.resize(values, (rows, 16)).tobytes()
    pack, code = {
        "deflate": (zlib.compress, 8),
        "lzw": (imagecodecs.lzw_encode, 5),
        "packbits": (imagecodecs.packbits_encode, 32773),
    }[compression]
    packed = pack(stream)
    tags = {"t259": [code], "t322": [16], "t323": [16], "t324": [8], "t325": [len(packed)],
            "t273": None, "t279": None, "t278": None}  # fmt: skip
    path = tmp_path / "a.tif"
    path.write_bytes(make_tiff(values, pixels=packed, **tags))
    np.testing.assert_array_equal(imagestack.read_image(path), values)
    assert (remarks(path) is not None) == told


def several(kind: str) -> bytes:
    """Return a file of two pictures."""
    pictures = [Image.fromarray(VALUES), Image.fromarray(VALUES[::-1].copy())]
    file = io.BytesIO()
    pictures[0].save(file, kind, save_all=True, append_images=pictures[1:])
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "MPO"])
def test_a_file_of_several_pictures_is_refused_or_remarked(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(several(kind))
    reader = imagestack.readers.reader_of(path.read_bytes(), path)
    if kind == "MPO":
        row = reader.record(path.read_bytes(), path)
        assert row["remarks"] == "another picture follows the first one, which is used"
        assert np.abs(imagestack.read_image(path).astype(int) - VALUES).max() < 9
        return
    for use in (reader.record, lambda data, path: reader.read(data, path, None)):
        with pytest.raises(imagestack.SeveralPages, match="save the relevant page"):
            use(path.read_bytes(), path)


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
