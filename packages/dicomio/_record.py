"""One row of a table of images: what a learner or an audit wants to know of a file."""

import hashlib
import re
from datetime import date
from pathlib import Path
from typing import Any

from pydicom.uid import UID_dictionary

from dicomio._dates import age_in_years, date_of, full_years
from dicomio._form import PixelForm, pixel_form
from dicomio._structure import DicomFile, parse
from dicomio._values import first, unwarned, value

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
}
"""What a `record` holds, and as which pandas types a table keeps it."""

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
SPACINGS = (0x00280030, 0x00181164, 0x00182010)
"""PixelSpacing, ImagerPixelSpacing, NominalScannedPixelSpacing."""


def source_digest(data: bytes) -> str:
    """Return 16 hex characters that stand for the content of a file (BLAKE2b, 64 bits)."""
    return hashlib.blake2b(data, digest_size=8).hexdigest()


@unwarned()
def record(data: bytes, path: str | Path) -> dict[str, Any]:
    """Return the `COLUMNS` of one file, after checking that its pixels are whole.

    Raises:
        DicomError: one of its kinds in `_errors.py`.
    """
    file = parse(data, path)
    form = pixel_form(file)
    return {
        **_described(file),
        **_shape(form),
        "bytes": len(data),
        "transfer_syntax": file.syntax,
        "digest": source_digest(data),
    }


def _described(file: DicomFile) -> dict[str, Any]:
    found: dict[str, Any] = {name: _text(file, tag) for name, tag in TEXTS.items()}
    y, x = _spacing(file)
    taken = _date(file)
    return found | {
        "storage_type": _storage_type(file),
        "patient_age": _age(file, taken),
        "study_date": taken,
        "view": _view(file),
        "pixel_spacing_x": x,
        "pixel_spacing_y": y,
    }


def _date(file: DicomFile) -> date | None:
    found = (date_of(_text(file, tag)) for tag in DATES)
    return next((day for day in found if day is not None), None)


def _age(file: DicomFile, taken: date | None) -> int | None:
    told = age_in_years(_text(file, PATIENT_AGE))
    return full_years(date_of(_text(file, BIRTH_DATE)), taken) if told is None else told


def _shape(form: PixelForm) -> dict[str, Any]:
    return {
        "rows": form.rows,
        "columns": form.columns,
        "photometric": form.photometric,
        "bits": form.stored,
    }


def _text(file: DicomFile, tag: int) -> str | None:
    found = first(value(file, tag))
    return None if found in (None, "", b"") else str(found)


def _storage_type(file: DicomFile) -> str | None:
    uid = _text(file, STORAGE_TYPE)
    return None if uid is None else _uid_name(uid)


def _uid_name(uid: str) -> str:
    return UID_dictionary[uid][0] if uid in UID_dictionary else uid


def _view(file: DicomFile) -> str | None:
    position = _text(file, VIEW_POSITION)
    if position is not None:
        return position.upper()
    found = re.search(r"view:\s*(\w+)", _text(file, SERIES_DESCRIPTION) or "", re.IGNORECASE)
    return None if found is None else found[1].upper()


def _spacing(file: DicomFile) -> tuple[float | None, float | None]:
    """Return row and column spacing in mm; the first of the pair is between rows (PS3.3 10.7)."""
    for tag in SPACINGS:
        found = value(file, tag)
        if isinstance(found, list) and len(found) == 2:
            y, x = (v if isinstance(v, float) and v > 0 else None for v in found)
            return y, x
    return None, None
