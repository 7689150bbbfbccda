"""Transfer syntaxes, their decoders, and the size in the header of a compressed picture.

pydicom would choose a decoder by itself, but its choice depends on what else is installed and is
slow for JPEG Baseline when GDCM is there. No GPL decoder is ever chosen, and GDCM is not: it ends
the process on some damaged JPEG Lossless streams. The size is read before a decoder allocates.

Sources: DICOM PS3.5 A, PS3.6 A (transfer syntaxes); ITU-T T.81 B.2.2 (JPEG frame header), T.87
C.2.2 (JPEG-LS), T.800 A.5.1 (JPEG 2000 SIZ).
"""

import importlib.util
import struct
from typing import NamedTuple

from dicomio._structure import NATIVE

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
RLE = "1.2.840.10008.1.2.5"
LOSSLESS = frozenset(f"1.2.840.10008.1.2.4.{n}" for n in (57, 70))
JPEG = LOSSLESS | {JPEG_BASELINE, JPEG_EXTENDED}
JPEG_LS = frozenset(f"1.2.840.10008.1.2.4.{n}" for n in (80, 81))
JPEG_2000 = frozenset(f"1.2.840.10008.1.2.4.{n}" for n in (90, 91, 201, 202, 203))

PLUGINS = {
    **dict.fromkeys(NATIVE, ""),
    **dict.fromkeys((JPEG_BASELINE, JPEG_EXTENDED), "pillow"),
    **dict.fromkeys(LOSSLESS, "imagecodecs"),
    **dict.fromkeys(JPEG_LS, "pyjpegls"),
    **dict.fromkeys(JPEG_2000, "pylibjpeg"),
    RLE: "pydicom",
}
"""pydicom's plug-in for each syntax, or a decoder that `_decode.py` calls itself.

"" where the pixels are not compressed, "imagecodecs" for libjpeg-turbo by that package. Two
syntaxes have another decoder for greyscale: simplejpeg for JPEG Baseline, imagecodecs for JPEG
Extended, as it reads 12 bits too.
"""
MODULES = {
    "": "pydicom",
    "pydicom": "pydicom",
    "pillow": "PIL",
    "imagecodecs": "imagecodecs",
    "pyjpegls": "jpeg_ls",
    "pylibjpeg": "openjpeg",
}


def missing_decoders() -> list[str]:
    """Return the transfer syntaxes (UIDs) whose decoder is not installed, sorted."""
    there = {name: importlib.util.find_spec(module) is not None for name, module in MODULES.items()}
    return sorted(syntax for syntax, plugin in PLUGINS.items() if not there[plugin])


SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
"""Start-of-frame markers: 13 of JPEG and the one of JPEG-LS."""
ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a length."""
CODESTREAM = b"\xff\x4f\xff\x51"
END_MARK = b"\xff\xd9"
TAIL_OF_WRAPPER = 1 << 16
TAIL = 64
"""The end mark is looked for in so many last bytes: writers pad, not always with zeros."""


class PictureSize(NamedTuple):
    """Rows, columns, samples a pixel and bits a sample, as the compressed picture says."""

    rows: int
    columns: int
    samples: int
    bits: int


def jpeg_size(data: bytes) -> PictureSize | None:
    """Return the size in a JPEG or JPEG-LS stream; None where no frame header is found."""
    at = data.find(b"\xff\xd8") + 2
    if at < 2:
        return None
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in ALONE:
            at += 2
        elif marker in SOF:
            if at + 10 > len(data):
                return None
            bits, rows, columns, samples = struct.unpack_from(">BHHB", data, at + 4)
            return PictureSize(rows, columns, samples, bits)
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def jpeg2000_size(data: bytes) -> PictureSize | None:
    """Return the size in a bare JPEG 2000 codestream; None where it is not one."""
    if data[:4] != CODESTREAM or len(data) < 43:
        return None
    x1, y1, x0, y0 = struct.unpack_from(">4I", data, 8)
    samples, depth = struct.unpack_from(">HB", data, 40)
    return PictureSize(y1 - y0, x1 - x0, samples, (depth & 0x7F) + 1)


def bare_codestream(data: bytes) -> bytes:
    """Return the codestream of a JPEG 2000 picture that some writers leave in its JP2 wrapper.

    DICOM wants it bare (PS3.5 A.4.4); pydicom's walk through a damaged wrapper may not end.
    """
    at = data.find(CODESTREAM, 0, TAIL_OF_WRAPPER)
    return data[at:] if at > 0 else data


def has_end_mark(syntax: str, picture: bytes) -> bool:
    """Return whether a JPEG, JPEG-LS or JPEG 2000 picture is there up to its end.

    Without the mark some decoders fill up silently and one takes ten seconds to give up.
    """
    if syntax not in JPEG | JPEG_LS | JPEG_2000:
        return True
    return picture.rfind(END_MARK, max(0, len(picture) - TAIL)) >= 0
