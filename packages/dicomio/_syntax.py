"""Transfer syntaxes, their decoders, and the size in the header of a compressed picture.

pydicom would choose a decoder by itself, but its choice depends on what else is installed and is
slow for JPEG Baseline when GDCM is there. No GPL decoder is ever chosen, and GDCM is not: it ends
the process on some damaged JPEG Lossless streams. The size is read before a decoder allocates.

Sources: DICOM PS3.5 A, PS3.6 A (transfer syntaxes); ITU-T T.81 B.2.2 (JPEG frame header), T.87
C.2.2 (JPEG-LS), T.800 A.5.1 (JPEG 2000 SIZ).
"""

import importlib.util
import re
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
LOSSY = frozenset({JPEG_BASELINE, JPEG_EXTENDED})
MARKED = JPEG | JPEG_LS | JPEG_2000
"""Syntaxes whose pictures have headers of their own and an end mark."""

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
SCAN = 0xDA
APPLICATIONS = frozenset({0xE0, 0xEE})
"""Markers of the segments of JFIF and of Adobe, which tell the colours."""
CODESTREAM = b"\xff\x4f\xff\x51"
END_MARK = b"\xff\xd9"
ANY_END = re.compile(re.escape(END_MARK))
ANY_PICTURE = re.compile(rb"\xff\xd8\xff|" + re.escape(CODESTREAM))
"""First bytes of a JPEG or JPEG-LS and of a JPEG 2000 picture."""
ADOBE = re.compile(rb"\xff\xee\x00.Adobe", re.DOTALL)
TAIL_OF_WRAPPER = 1 << 16
TAIL = 64
"""Writers pad with up to so many bytes after the end mark, not always with equal ones."""


class PictureSize(NamedTuple):
    """Rows, columns, samples a pixel and bits a sample, as the compressed picture says.

    `start` is the byte after its headers, from which its end mark is looked for: earlier ones may
    belong to an embedded thumbnail. `colours` is RGB or YBR where a JPEG picture tells, else "".
    """

    rows: int
    columns: int
    samples: int
    bits: int
    start: int = 0
    colours: str = ""


def picture_size(syntax: str, data: bytes) -> PictureSize | None:
    """Return the size in a picture of a syntax of `MARKED`; None where it has no readable header.

    A JPEG 2000 picture must be a bare codestream.
    """
    return jpeg2000_size(data) if syntax in JPEG_2000 else jpeg_size(data)


def jpeg_size(data: bytes) -> PictureSize | None:
    """Return the size in a JPEG or JPEG-LS stream; None where no frame or scan header is found."""
    at = data.find(b"\xff\xd8") + 2
    found, told = None, ""
    while 2 <= at <= len(data) - 4 and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in SOF and at + 10 <= len(data):
            bits, rows, columns, samples = struct.unpack_from(">BHHB", data, at + 4)
            components = data[at + 10 : at + 2 + length]
            found = PictureSize(rows, columns, samples, bits, colours=_colours(components))
        elif marker in APPLICATIONS:
            told = told or _colours_told(data[at + 4 : at + 2 + length])
        at += 2 + length
        if marker == SCAN and found is not None:
            colours = "RGB" if found.colours == "RGB" else told or found.colours
            return found._replace(start=at, colours=colours if found.samples == 3 else "")
    return None


def _colours(components: bytes) -> str:
    """Return the colours by names and sampling factors of the components, 3 bytes for each."""
    if components[::3].upper() == b"RGB":
        return "RGB"
    return "YBR" if len(set(components[1::3])) > 1 else ""  # only YBR is subsampled


def _colours_told(segment: bytes) -> str:
    """Return the colours by an application segment of JFIF (T.871) or Adobe (T.872 6.5.3)."""
    if segment.startswith(b"JFIF"):
        return "YBR"
    if segment.startswith(b"Adobe") and len(segment) >= 12:
        return "YBR" if segment[11] else "RGB"
    return ""


def without_adobe(data: bytes) -> bytes:
    """Return a JPEG picture without its Adobe segment.

    Pillow converts the colours of pictures with the segment, and pydicom 3.0 then does it again.
    """
    found = ADOBE.search(data, 0, TAIL_OF_WRAPPER)
    if found is None:
        return data
    at = found.start()
    return data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]


def jpeg2000_size(data: bytes) -> PictureSize | None:
    """Return the size in a bare JPEG 2000 codestream; None where it is not one."""
    if data[:4] != CODESTREAM or len(data) < 43:
        return None
    x1, y1, x0, y0 = struct.unpack_from(">4I", data, 8)
    samples, depth = struct.unpack_from(">HB", data, 40)
    return PictureSize(y1 - y0, x1 - x0, samples, (depth & 0x7F) + 1, start=43)


def bare_codestream(data: bytes) -> bytes:
    """Return the codestream of a JPEG 2000 picture that some writers leave in its JP2 wrapper.

    DICOM wants it bare (PS3.5 A.4.4); pydicom's walk through a damaged wrapper may not end.
    """
    at = data.find(CODESTREAM, 0, TAIL_OF_WRAPPER)
    return data[at:] if at > 0 else data


def has_end_mark(syntax: str, data: bytes, start: int, stop: int) -> bool:
    """Return whether a JPEG, JPEG-LS or JPEG 2000 picture in ``data[start:stop]`` has its end.

    Without the mark some decoders fill up silently and one takes ten seconds to give up. Within
    the coded pixels the mark cannot occur, so that what follows it is padding or another picture.
    """
    return syntax not in MARKED or data.rfind(END_MARK, start, stop) >= 0


def after_picture(data: bytes, start: int) -> str | None:
    """Return what follows the first picture of a JPEG, JPEG-LS or JPEG 2000 stream, as a remark.

    None for nothing, for padding with equal bytes and for at most `TAIL` bytes of any kind.

    Args:
        data: the stream.
        start: byte after the headers of the picture.
    """
    found = ANY_END.search(data, start)  # ten times as fast as `bytes.find` on coded pixels
    if found is None:
        return None
    end, rest = found.end(), len(data) - found.end()
    if rest <= TAIL or data.count(data[end], end, -1) == rest - 1:  # the last makes it even
        return None
    if ANY_PICTURE.search(data, end):
        return "another picture follows the first one, which is used"
    return f"{rest:,} bytes follow the picture and are not used"
