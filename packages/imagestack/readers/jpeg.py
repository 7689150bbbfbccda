"""JPEG: baseline and progressive, grey or colour (ITU-T T.81), decoded by libjpeg-turbo.

Colour images are read as their stored luminance, JFIF's Y, which has the weights of
`dicomio.LUMINANCE`. The luminance of the decoded red, green and blue differs from Y by rounding,
and by more if they are clipped at 0 or 255.
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg
from numpy.typing import NDArray

import dicomio
from imagestack._errors import Damaged, Truncated, UnsupportedForm
from imagestack.readers.ifd import BadIfd, first_directory
from imagestack.readers.levels import Form, check_form, described, upright

START = b"\xff\xd8\xff"
SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start-of-frame markers; only `DECODED` are supported."""
DECODED = frozenset({0xC0, 0xC1, 0xC2})
ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a length field."""
EXIF, SCAN, END = 0xE1, 0xDA, b"\xff\xd9"
EXIF_MARK = b"Exif\0\0"


class Jpeg:
    """Reader of JPEG; reads the first image if the file has several, such as previews."""

    name = "jpeg"
    version = 1

    def accepts(self, data: bytes) -> bool:
        return data.startswith(START)

    def record(self, data: bytes, path: str | Path) -> dict[str, Any]:
        form, scan = _form(data, path)
        return described(self.name, form, dicomio.after_picture(data, scan))

    def read(self, data: bytes, path: str | Path, size: int | None) -> NDArray[np.uint8]:
        """See `Reader.read`; the Exif orientation is applied.

        The image is decoded at full size and then resized. `dicomio` decodes JPEG directly at a
        half, a quarter or an eighth if this is the requested size (512, 256, 128 of 1024), so that
        results differ by rounding.
        """
        form, _ = _form(data, path)
        try:
            picture = simplejpeg.decode_jpeg(data, colorspace="GRAY")[..., 0]
        except ValueError as error:
            raise Damaged(path, f"the JPEG picture is damaged ({error})") from error
        return dicomio.resize(upright(picture, form.orientation), size)


def _form(data: bytes, path: str | Path) -> tuple[Form, int]:
    """Return the form and the offset of the first scan."""
    form, process, scan = _walk(data, path)
    if process not in DECODED:
        raise UnsupportedForm(path, f"JPEG process {process - 0xC0} is not supported")
    if form.bits != 8:
        raise UnsupportedForm(path, f"JPEG of {form.bits} bits per sample is not supported")
    if form.samples not in (1, 3):
        what = "CMYK" if form.samples == 4 else f"{form.samples} samples per pixel"
        raise UnsupportedForm(path, f"JPEG with {what} has no defined grey levels")
    if data.rfind(END, scan) < 0:
        raise Truncated(path, f"the JPEG file ends after {len(data)} bytes, before its end mark")
    return form, scan


def _walk(data: bytes, path: str | Path) -> tuple[Form, int, int]:
    """Return the form, the start-of-frame marker, and the offset of the first scan."""
    at, orientation, found = 2, 1, None
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise Damaged(path, f"byte {at} of the JPEG file is not a marker")
        marker = data[at + 1]
        if marker == 0xFF or marker in ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in SOF and at + 10 <= len(data):
            bits, height, width, samples = struct.unpack_from(">BHHB", data, at + 4)
            found = marker, check_form(Form(height, width, samples, bits), path)
        elif marker == EXIF and data[at + 4 : at + 10] == EXIF_MARK:
            orientation = _orientation(data[at + 10 : at + 2 + length])
        elif marker == SCAN:
            if found is None:
                raise Damaged(path, "a JPEG scan before the frame header")
            return found[1]._replace(orientation=orientation), found[0], at + 2 + length
        at += 2 + length
    raise Truncated(path, f"the JPEG file ends after {len(data)} bytes, before its first scan")


def _orientation(exif: bytes) -> int:
    try:
        return first_directory(exif).orientation
    except BadIfd:
        return 1  # damaged metadata are ignored
