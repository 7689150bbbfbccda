"""PNG: all colour types and depths (ISO/IEC 15948), decoded by libpng in OpenCV.

Gamma and colour profiles are not applied; grey levels are the stored values.
"""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import dicomio
from imagestack._errors import Damaged, SeveralPages, Truncated
from imagestack.readers.levels import Form, by_opencv, check_form, described, grey, inflated

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER_END = 33
"""Length of signature and header chunk in bytes."""
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples per pixel by colour type; 1 for a palette."""
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
TAIL = 64
"""Bytes after the picture that are no matter for a remark."""
INTERLACE = 28
"""Offset of the byte that says whether the picture is interlaced."""
PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
          (1, 0, 2, 1))  # fmt: skip
"""First row and column and the steps of both in each pass of an interlaced picture (Adam7)."""
OF_HEADER = struct.Struct(">4sIIBB").unpack_from


class Png:
    """Reader of PNG."""

    name = "png"
    version = 1

    def accepts(self, data: bytes) -> bool:
        return data.startswith(SIGNATURE)

    def record(self, data: bytes, path: str | Path) -> dict[str, Any]:
        """See `Reader.record`; the checksums of the pixel data are verified."""
        form = _form(data, path)
        pixels, end = _checked_chunks(data, path)
        needed, row = _needed(form, interlaced=data[INTERLACE] == 1)
        return described(self.name, form, _excess(pixels, needed, row) or _after(data, end))

    def read(self, data: bytes, path: str | Path, size: int | None) -> NDArray[np.uint8]:
        """See `Reader.read`; libpng rejects truncated data and wrong checksums."""
        _form(data, path)
        try:
            samples = by_opencv(data, path, "PNG")
        except Damaged:
            _checked_chunks(data, path)  # raises a more specific error
            raise
        return dicomio.resize(grey(samples), size)


def _form(data: bytes, path: str | Path) -> Form:
    if len(data) < HEADER_END:
        raise Truncated(path, f"the file ends after {len(data)} bytes, within the PNG header")
    kind, width, height, bits, colour = OF_HEADER(data, 12)
    if kind != b"IHDR" or bits not in DEPTHS.get(colour, ()):
        raise Damaged(path, f"the PNG header has an invalid colour type {colour} of {bits} bits")
    if data.find(b"acTL", HEADER_END, data.find(b"IDAT", HEADER_END)) > 0:
        raise SeveralPages(path, "an animated PNG")
    return check_form(Form(height, width, SAMPLES[colour], bits), path)


def _checked_chunks(data: bytes, path: str | Path) -> tuple[list[memoryview], int]:
    """Check that all chunks are complete, and the checksums of the critical chunks.

    Returns:
        The compressed pixels, and the offset of the end of the picture.
    """
    view, at, pixels = memoryview(data), len(SIGNATURE), []
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        kind, end = data[at + 4 : at + 8], at + 8 + length
        if end + 4 > len(data):
            break
        if kind[:1].isupper() and zlib.crc32(view[at + 4 : end]) != int.from_bytes(
            data[end : end + 4], "big"
        ):
            raise Damaged(path, f"the checksum of the chunk at byte {at} is wrong")
        if kind == b"IDAT":
            pixels.append(view[at + 8 : end])
        if kind == b"IEND":
            if not any(map(len, pixels)):
                raise Damaged(path, "a PNG file without pixels")
            return pixels, end + 4
        at = end + 4
    raise Truncated(path, f"the PNG file ends after {len(data)} bytes, before its end mark")


def _needed(form: Form, *, interlaced: bool) -> tuple[int, int]:
    """Return the bytes of the pixels by the header, with a filter byte for each row; of one row."""

    def rows(height: int, width: int) -> int:
        return height * (1 + -(-width * form.samples * form.bits // 8)) if width else 0

    row = rows(1, form.width)
    if not interlaced:
        return form.height * row, row
    parts = [
        rows(-(-(form.height - y) // down), -(-(form.width - x) // right))
        for y, x, down, right in PASSES
        if y < form.height and x < form.width
    ]
    return sum(parts), row


def _excess(pixels: list[memoryview], needed: int, row: int) -> str | None:
    """Return a remark if the pixels have at least one row more than the header says."""
    if inflated(pixels, needed + row) >= needed + row:
        return "more rows of pixels than the header says, which are not used"
    return None


def _after(data: bytes, end: int) -> str | None:
    """Return what follows the picture, as a remark; None for nothing and for equal bytes."""
    rest = len(data) - end
    if rest <= TAIL or data.count(data[end], end) == rest:
        return None
    if data.find(SIGNATURE, end) >= 0:
        return "another picture follows the first one, which is used"
    return f"{rest:,} bytes follow the picture and are not used"
