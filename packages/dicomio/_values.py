"""From the bytes of an element to a plain Python value, by pydicom (DICOM PS3.5 6.2).

`_structure.py` has found the element and checked its bounds; pydicom converts its bytes.
"""

import functools
import warnings
from collections.abc import Iterator, MutableSequence
from contextlib import contextmanager
from typing import Any

from pydicom import charset
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.tag import BaseTag
from pydicom.values import convert_value

from dicomio._structure import DicomFile, Element, tag_text

ONE_TEXT = frozenset({"LT", "ST", "UT", "UR"})
"""Texts of which leading blanks are a part."""
LOCAL = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
"""Texts in the character set that the file names."""
AMBIGUOUS = {"OB or OW": "OW", "US or OW": "OW", "US or SS or OW": "OW"}
CHARACTER_SET = 0x00080005
TO_GB2312 = "\x1b$)A"
"""The escape to ISO IR 58 (PS3.5 K.2), which pydicom 3.0 decodes but leaves in the text."""
PIXEL_REPRESENTATION = 0x00280103


@contextmanager
def unwarned() -> Iterator[None]:
    """Hold back pydicom's warnings of values that break a rule of DICOM."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def value(file: DicomFile, tag: int) -> Any:
    """Return the value of an element of the file: str, int, float, a list of these, or None.

    None where the element is absent or empty; for binary values their bytes.
    """
    element = file.elements.get(tag)
    return None if element is None else convert(file, tag, element)


def convert(file: DicomFile, tag: int, element: Element) -> Any:
    """Return the value of one element, or its text where that is no value of its kind."""
    vr = known_vr(file, tag, element)
    data = file.data[element.start : element.start + element.length]
    little = not file.big or tag >> 16 == 2
    raw = RawDataElement(BaseTag(tag), vr, len(data), data, element.start, False, little)
    try:
        encodings = _encodings(file.raw(CHARACTER_SET)) if vr in LOCAL else None
        found = convert_value(vr, raw, encodings)
    except Exception:  # pydicom's converters raise what they like; this is their boundary
        found = data.decode("latin-1")
    if isinstance(found, MutableSequence):
        values = [_plain(one, vr) for one in found]
        return None if not values else values[0] if len(values) == 1 else values
    return None if found in ("", b"", None) else _plain(found, vr)


def first(found: Any) -> Any:
    """Return the first of several values."""
    return found[0] if isinstance(found, list) else found


def known_vr(file: DicomFile, tag: int, element: Element) -> str:
    """Return the value representation; the dictionary's (PS3.6) where the file does not know it."""
    if element.vr not in ("", "UN"):
        return element.vr
    try:
        vr = dictionary_VR(tag)
    except KeyError:
        return "UL" if tag & 0xFFFF == 0 else "LO" if BaseTag(tag).is_private_creator else "UN"
    if vr == "US or SS":
        return "SS" if file.raw(PIXEL_REPRESENTATION)[:1] == b"\1" else "US"
    return AMBIGUOUS.get(vr, vr)


@functools.lru_cache(maxsize=64)
def _encodings(names: bytes) -> list[str]:
    parts = names.decode("latin-1").split("\\")
    return charset.convert_encodings([part.strip("\0 ") for part in parts])


def _plain(found: Any, vr: str) -> Any:
    if isinstance(found, BaseTag):
        return tag_text(found)
    if isinstance(found, float):
        return float(found)  # pydicom's numbers are subclasses that keep their text
    if isinstance(found, int):
        return int(found)
    if isinstance(found, bytes):
        return found
    text = str(found).replace(TO_GB2312, "")
    return text.rstrip("\0 ") if vr in ONE_TEXT else text.strip("\0 ")
