"""From the bytes of an element to a plain Python value (DICOM PS3.5 6.2, table 6.2-1)."""

import struct
import warnings
from typing import Any

from dicomio._structure import DicomFile, Element, Elements

ONE_TEXT = frozenset({"LT", "ST", "UT", "UR"})
"""Texts in which a backslash does not separate values."""
TEXT = ONE_TEXT | {"AE", "AS", "CS", "DA", "DT", "LO", "PN", "SH", "TM", "UC", "UI"}
LOCAL = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
"""Texts in the character set that the file names."""
NUMBERS = {
    "US": "H", "SS": "h", "UL": "I", "SL": "i", "UV": "Q", "SV": "q", "FL": "f", "FD": "d",
}  # fmt: skip
AMBIGUOUS = {"US or SS": "US", "OB or OW": "OW", "US or OW": "OW", "US or SS or OW": "OW"}
CHARACTER_SET = 0x00080005
TO_GB2312 = "\x1b$)A"
"""The escape to ISO IR 58 (PS3.5 K.2), which pydicom 3.0 decodes but leaves in the text."""
PIXEL_REPRESENTATION = 0x00280103


def value(file: DicomFile, tag: int) -> Any:
    """Return the value of an element of the file: str, int, float, a list of these, or None.

    None where the element is absent or empty; for binary values their bytes.
    """
    element = file.elements.get(tag)
    return None if element is None else convert(file, tag, element, file.elements)


def convert(file: DicomFile, tag: int, element: Element, siblings: Elements) -> Any:
    """Return the value of one element; `siblings` are the elements of the same item."""
    vr = known_vr(file, tag, element)
    raw = file.data[element.start : element.start + element.length]
    if vr in TEXT:
        return _texts(file, vr, raw)
    if vr in ("IS", "DS"):
        return _unpack([_number(part, vr) for part in _split(raw.decode("ascii", "replace"))])
    if vr in NUMBERS:
        return _binary(raw, NUMBERS[vr], ">" if file.big and tag >> 16 != 2 else "<")
    if vr == "AT":
        halves = _listed(_binary(raw, "H", ">" if file.big else "<"))
        return _unpack([f"({a:04X},{b:04X})" for a, b in zip(*[iter(halves)] * 2, strict=False)])
    return raw or None


def first(found: Any) -> Any:
    """Return the first of several values."""
    return found[0] if isinstance(found, list) else found


def known_vr(file: DicomFile, tag: int, element: Element) -> str:
    """Return the value representation; the dictionary's where the file does not know it."""
    return implicit_vr(file, tag) if element.vr in ("", "UN") else element.vr


def implicit_vr(file: DicomFile, tag: int) -> str:
    """Return the value representation that the dictionary gives (PS3.6)."""
    from pydicom.datadict import dictionary_VR  # late: importing pydicom takes 0.4 s

    try:
        vr = dictionary_VR(tag)
    except KeyError:
        return "UL" if tag & 0xFFFF == 0 else "LO" if _is_private_creator(tag) else "UN"
    if vr == "US or SS":
        signed = file.raw(PIXEL_REPRESENTATION)[:1] == b"\1"
        return "SS" if signed else "US"
    return AMBIGUOUS.get(vr, vr)


def _is_private_creator(tag: int) -> bool:
    return bool(tag >> 16 & 1) and 0x10 <= tag & 0xFFFF <= 0xFF


def _texts(file: DicomFile, vr: str, raw: bytes) -> str | list[str] | None:
    text = _decoded(file, raw) if vr in LOCAL else raw.decode("latin-1")
    if vr in ONE_TEXT:
        return text.rstrip("\0 ") or None
    parts = [part.strip("\0 ") for part in text.split("\\")]
    if vr == "PN":
        parts = [part.rstrip("=") for part in parts]
    return _unpack(parts) or None


def _decoded(file: DicomFile, raw: bytes) -> str:
    if raw.isascii() and b"\x1b" not in raw:
        return raw.decode("ascii")
    from pydicom import charset

    names = [part.strip() for part in file.raw(CHARACTER_SET).decode("latin-1").split("\\")]
    with warnings.catch_warnings():  # pydicom tells of unknown character sets by a warning
        warnings.simplefilter("ignore")
        try:
            encodings = charset.convert_encodings([name.strip("\0") for name in names])
            text: str = charset.decode_bytes(raw, encodings, {0x0D, 0x0A, 0x09, 0x0C})
            return text.replace(TO_GB2312, "")
        except (LookupError, UnicodeError, ValueError):
            return raw.decode("latin-1")


def _number(text: str, vr: str) -> int | float | str:
    """Return the number, or the text itself where a writer put something else."""
    try:
        return int(text) if vr == "IS" else float(text)
    except ValueError:
        return text


def _split(text: str) -> list[str]:
    stripped = text.strip("\0 ")
    return [part.strip("\0 ") for part in stripped.split("\\")] if stripped else []


def _binary(raw: bytes, code: str, order: str) -> Any:
    count = len(raw) // struct.calcsize(code)
    return _unpack(list(struct.unpack_from(f"{order}{count}{code}", raw)))


def _unpack(values: list[Any]) -> Any:
    return None if not values else values[0] if len(values) == 1 else values


def _listed(found: Any) -> list[Any]:
    return [] if found is None else found if isinstance(found, list) else [found]
