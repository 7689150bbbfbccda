"""BMP, the device-independent bitmap of Windows and OS/2, decoded by Pillow."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import dicomio
from imagestack._errors import Damaged, Truncated, UnsupportedForm
from imagestack.readers.levels import Form, by_pillow, check_form, described, excess, grey_of_pillow

OS2_HEADER = 12
WITH_PROFILE = 124
HEADERS = frozenset({OS2_HEADER, 40, 52, 56, 64, 108, WITH_PROFILE})
"""Lengths of the information header in its versions; a colour profile may follow the pixels."""
PLAIN, BITFIELDS = 0, 3
RUN_LENGTHS = frozenset({1, 2})
DEPTHS = {1: (1, 1), 4: (1, 4), 8: (1, 8), 16: (3, 5), 24: (3, 8), 32: (4, 8)}
"""Samples per pixel and bits per sample, by bits per pixel."""


class Bmp:
    """Reader of BMP."""

    name = "bmp"
    version = 1

    def accepts(self, data: bytes) -> bool:
        """Return whether the content begins with both headers of BMP, not only with "BM"."""
        return data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in HEADERS

    def record(self, data: bytes, path: str | Path) -> dict[str, Any]:
        form, remark = _form(data, path)
        return described(self.name, form, remark)

    def read(self, data: bytes, path: str | Path, size: int | None) -> NDArray[np.uint8]:
        _form(data, path)
        return dicomio.resize(grey_of_pillow(by_pillow(data, path, "BMP"), path), size)


def _form(data: bytes, path: str | Path) -> tuple[Form, str | None]:
    """Return the form, and a remark if there are more pixels than it says."""
    try:
        (start, length) = struct.unpack_from("<II", data, 10)
        if length == OS2_HEADER:
            width, height, _, depth = struct.unpack_from("<HHHH", data, 18)
            compression = PLAIN
        else:
            width, height, _, depth, compression = struct.unpack_from("<iiHHI", data, 18)
    except struct.error as error:
        raise Truncated(path, f"the file ends after {len(data)} bytes, in its header") from error
    if depth not in DEPTHS:
        raise Damaged(path, f"the BMP header has an invalid depth, {depth} bits per pixel")
    form = check_form(Form(abs(height), width, *DEPTHS[depth]), path)
    if compression not in RUN_LENGTHS | {PLAIN, BITFIELDS}:
        raise UnsupportedForm(path, f"BMP compression {compression} is not supported")
    row = (form.width * depth + 31) // 32 * 4
    end = start + row * form.height
    if compression in RUN_LENGTHS:
        return form, None
    if end > len(data):
        raise Truncated(path, f"the file ends {end - len(data)} bytes before the picture does")
    return form, None if length == WITH_PROFILE else excess(len(data), end, row)
