"""The header of one file as a dictionary of plain values."""

from pathlib import Path
from typing import Any

from pydicom.datadict import keyword_for_tag

from dicomio._structure import PIXELS, DicomFile, Elements, items, parse, read_bytes
from dicomio._values import convert, known_vr, unwarned

MAX_BYTES_SHOWN = 16


@unwarned()
def read_header(path: str | Path) -> dict[str, Any]:
    """Return the header of a DICOM file by keyword, without its pixel data.

    Values are str, int, float or a list of these, None where empty; a sequence is a list of
    such dictionaries; long binary values are described by their length. Private elements go by
    their number, as "(0009,0010)".

    Raises:
        NotDicom, Truncated, Unsupported: the file cannot be read.
    """
    file = parse(read_bytes(path), path)
    return _plain(file, file.elements, 0)


def _plain(file: DicomFile, elements: Elements, depth: int) -> dict[str, Any]:
    header: dict[str, Any] = {}
    for tag, element in elements.items():
        if tag in PIXELS:
            continue
        vr = known_vr(file, tag, element)
        if vr == "SQ":
            inside = items(file, element, depth + 1)
            found: Any = [_plain(file, item, depth + 1) for item in inside]
        else:
            found = _shown(convert(file, tag, element))
        header[_name(tag, header)] = found
    return header


def _name(tag: int, taken: dict[str, Any]) -> str:
    keyword = keyword_for_tag(tag)
    return keyword if keyword and keyword not in taken else f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def _shown(found: Any) -> Any:
    if not isinstance(found, bytes):
        return found
    return found.hex() if len(found) <= MAX_BYTES_SHOWN else f"{len(found)} bytes"
