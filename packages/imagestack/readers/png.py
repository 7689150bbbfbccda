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
from imagestack.readers.levels import Form, by_opencv, check_form, described, grey

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER_END = 33
"""Length of signature and header chunk in bytes."""
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples per pixel by colour type; 1 for a palette."""
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
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
        _check_chunks(data, path)
        return described(self.name, form)

    def read(self, data: bytes, path: str | Path, size: int | None) -> NDArray[np.uint8]:
        """See `Reader.read`; libpng rejects truncated data and wrong checksums."""
        _form(data, path)
        try:
            samples = by_opencv(data, path, "PNG")
        except Damaged:
            _check_chunks(data, path)  # raises a more specific error
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


def _check_chunks(data: bytes, path: str | Path) -> None:
    """Check that all chunks are complete, and the checksums of the critical chunks."""
    view, at, pixels = memoryview(data), len(SIGNATURE), 0
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        kind, end = data[at + 4 : at + 8], at + 8 + length
        if end + 4 > len(data):
            break
        if kind[:1].isupper() and zlib.crc32(view[at + 4 : end]) != int.from_bytes(
            data[end : end + 4], "big"
        ):
            raise Damaged(path, f"the checksum of the chunk at byte {at} is wrong")
        pixels += length if kind == b"IDAT" else 0
        if kind == b"IEND":
            if not pixels:
                raise Damaged(path, "a PNG file without pixels")
            return
        at = end + 4
    raise Truncated(path, f"the PNG file ends after {len(data)} bytes, before its end mark")
