"""The header of a file: complete as a dictionary, or as one row of a table."""

import hashlib
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from pydicom.datadict import keyword_for_tag
from pydicom.uid import UID_dictionary

from dicomio._decode import compressed
from dicomio._form import pixel_form
from dicomio._measures import as_text, measured_all
from dicomio._remarks import remarks
from dicomio._structure import (
    NATIVE,
    PIXELS,
    DicomFile,
    Elements,
    items,
    parse,
    read_bytes,
    tag_text,
)
from dicomio._values import convert, first, known_vr, unwarned, value

MAX_BYTES_SHOWN = 16


@unwarned()
def read_header(path: str | Path) -> dict[str, Any]:
    """Return the header of a DICOM file by keyword, without its pixel data.

    Values are str, int, float or a list of these, None where empty; a sequence is a list of
    such dictionaries; long binary values are described by their length. The keys of private
    elements are their tags, such as "(0009,0010)".

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
    return keyword if keyword and keyword not in taken else tag_text(tag)


def _shown(found: Any) -> Any:
    if not isinstance(found, bytes):
        return found
    return found.hex() if len(found) <= MAX_BYTES_SHOWN else f"{len(found)} bytes"


COLUMNS = {
    "storage_type": "str",
    "patient_name": "str",
    "patient_id": "str",
    "patient_age": "Int64",
    "patient_sex": "str",
    "study_date": "datetime64[ms]",  # as parquet keeps it; reaches the years 1 and 9999
    "modality": "str",
    "body_part": "str",
    "view": "str",
    "rows": "Int64",
    "columns": "Int64",
    "bytes": "Int64",
    "pixel_spacing_x": "Float64",
    "pixel_spacing_y": "Float64",
    "photometric": "str",
    "bits": "Int64",
    "transfer_syntax": "str",
    "digest": "str",
    "remarks": "str",
}
"""The keys of a `record`, and their pandas types in a table."""

TEXTS = {
    "patient_name": 0x00100010,
    "patient_id": 0x00100020,
    "patient_sex": 0x00100040,
    "modality": 0x00080060,
    "body_part": 0x00180015,
}
STORAGE_TYPE, BIRTH_DATE, PATIENT_AGE = 0x00080016, 0x00100030, 0x00101010
DATES = (0x00080020, 0x00080022, 0x00080023)
"""StudyDate, AcquisitionDate, ContentDate."""
VIEW_POSITION, SERIES_DESCRIPTION = 0x00185101, 0x0008103E
SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")


def source_digest(data: bytes) -> str:
    """Return the digest of the content of a file, 16 hex characters (BLAKE2b, 64 bits)."""
    return hashlib.blake2b(data, digest_size=8).hexdigest()


@unwarned()
def record(data: bytes, path: str | Path) -> dict[str, Any]:
    """Return the `COLUMNS` of one file, after checking that its pixels are whole.

    The `remarks` are lines about fields that are not used and about contradictions between the
    header and the pixels, see `_remarks.py`; None for none.

    Raises:
        DicomError: one of its kinds in `_errors.py`.
    """
    file = parse(data, path)
    form = said = pixel_form(file)
    if file.syntax not in NATIVE:
        form, _ = compressed(file, said, 0)
    uid, taken, (y, x) = _text(file, STORAGE_TYPE), _date(file), _spacing(file)
    return {
        **{name: _text(file, tag) for name, tag in TEXTS.items()},
        "storage_type": UID_dictionary[uid][0] if uid in UID_dictionary else uid,
        "patient_age": _age(file, taken),
        "study_date": taken,
        "view": _view(file),
        "rows": form.rows,
        "columns": form.columns,
        "bytes": len(data),
        "pixel_spacing_x": x,
        "pixel_spacing_y": y,
        "photometric": form.photometric,
        "bits": form.stored,
        "transfer_syntax": file.syntax,
        "digest": source_digest(data),
        "remarks": "\n".join([*_unread(file), *remarks(file, said)]) or None,
    }


def _date(file: DicomFile) -> date | None:
    found = (date_of(_text(file, tag)) for tag in DATES)
    return next((day for day in found if day is not None), None)


def _age(file: DicomFile, taken: date | None) -> int | None:
    told = age_in_years(_text(file, PATIENT_AGE))
    return full_years(date_of(_text(file, BIRTH_DATE)), taken) if told is None else told


def _unread(file: DicomFile) -> Iterator[str]:
    told = _text(file, PATIENT_AGE)
    if told is not None and age_in_years(told) is None:
        yield f"PatientAge {as_text(told)} is no age and counts as missing"


def _text(file: DicomFile, tag: int) -> str | None:
    found = first(value(file, tag))
    return None if found in (None, "", b"") else str(found)


def _view(file: DicomFile) -> str | None:
    position = _text(file, VIEW_POSITION)
    if position is not None:
        return position.upper()
    found = re.search(r"view:\s*(\w+)", _text(file, SERIES_DESCRIPTION) or "", re.IGNORECASE)
    return None if found is None else found[1].upper()


def _spacing(file: DicomFile) -> tuple[float | None, float | None]:
    """Return row and column spacing in mm; the first of the pair is between rows (PS3.3 10.7)."""
    for keyword in SPACINGS:
        if found := measured_all(file, keyword):
            return found[0], found[1]
    return None, None


YEARS = {"Y": 1.0, "": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}


def age_in_years(text: object) -> int | None:
    """Return full years for "058Y", "58", "006M" (AS, or without its unit); None for others."""
    found = re.fullmatch(r"([0-9]{1,4})\s*([YMWD]?)", str(text or "").strip().upper())
    return None if found is None else int(int(found[1]) * YEARS[found[2]] + 1e-9)


def date_of(text: object) -> date | None:
    """Return the day of "19870325" (DA), "1987.03.25" (ACR-NEMA 2.0) or "1987-03-25".

    None for anything else, such as February 30.
    """
    found = re.fullmatch(r"([0-9]{4})([.-]?)([0-9]{2})\2([0-9]{2})", str(text or "").strip())
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError:
        return None


def full_years(birth: date | None, day: date | None) -> int | None:
    """Return the age on a day in full years; None if a date is missing or birth is later."""
    if birth is None or day is None or day < birth:
        return None
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
