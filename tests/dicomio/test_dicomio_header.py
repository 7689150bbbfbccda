"""A file's header and its row of a table: the values of pydicom, ages and dates as written."""

import warnings
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset, config, dcmread
from pydicom.datadict import keyword_for_tag
from pydicom.multival import MultiValue
from pydicom.valuerep import DA

import dicomio
from dicomio._header import age_in_years, date_of, full_years
from dicomio._structure import PIXELS


def as_plain(value: Any) -> Any:
    """Return pydicom's value in the form of ours."""
    if isinstance(value, MultiValue | list | tuple):
        return [as_plain(part) for part in value] or None
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float) or type(value).__name__ == "DSdecimal":
        return float(value)
    if isinstance(value, bytes):
        return value
    return str(value) if value is not None else None


def texts_equal(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(texts_equal, ours, theirs))
    if isinstance(ours, str) and isinstance(theirs, str):
        return ours.strip() == theirs.strip("\0 ").strip()
    return ours == theirs or (ours in (None, "") and theirs in (None, "", []))


def test_values_are_those_of_pydicom(
    real_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config.settings, "reading_validation_mode", config.IGNORE)
    compared: Counter[str] = Counter()
    wrong = []
    for path in real_files:
        if path.suffix != ".dcm":
            continue
        try:
            header = dicomio.read_header(path)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                dataset = dcmread(path, force=True)
        except dicomio.DicomError:
            compared["refused"] += 1
            continue
        wrong += [(path.name, *fault) for fault in differences(header, dataset, compared)]
    assert wrong == []
    assert compared["values"] > 7500
    assert compared["refused"] == 6


def differences(
    header: dict[str, Any], dataset: Dataset, compared: Counter[str]
) -> list[tuple[str, Any, Any]]:
    found = []
    for tag in dataset.keys():  # noqa: SIM118  a Dataset iterates over elements
        keyword = keyword_for_tag(tag)
        if int(tag) in PIXELS or not keyword or tag.group == 0x0002 or keyword not in header:
            continue
        ours = header[keyword]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                element = dataset[tag]
                theirs = as_plain(element.value)
            except (ValueError, TypeError, NotImplementedError):
                continue  # pydicom refuses a value that we give as it stands
        if element.VR in ("SQ", "OB", "OW", "UN", "OF", "OD", "OL", "AT", "DS", "IS"):
            same = element.VR not in ("DS", "IS") or texts_equal(ours, theirs)
        else:
            same = texts_equal(ours, theirs)
        compared["values"] += 1
        if not same:
            found.append((keyword, ours, theirs))
    return found


def test_an_unknown_keyword_goes_by_its_number(real_files: list[Path]) -> None:
    path = next(path for path in real_files if path.name == "CT_small.dcm")
    header = dicomio.read_header(path)
    assert header["PatientName"] == "CompressedSamples^CT1"
    assert header["(0009,0010)"] == "GEMS_IDEN_01"
    assert header["PixelSpacing"] == [0.661468, 0.661468]
    assert "PixelData" not in header


Writer = Callable[..., Path]
TAGS = {
    "PatientName": "Müller^Anna",
    "SpecificCharacterSet": "ISO_IR 100",
    "PatientID": "p1",
    "PatientAge": "058Y",
    "PatientSex": "F",
    "StudyDate": "20240229",
    "Modality": "DX",
    "BodyPartExamined": "CHEST",
    "ViewPosition": "PA",
    "PixelSpacing": [0.2, 0.1],
}


def test_a_record_holds_all_columns(write_jpeg: Writer, picture: Callable) -> None:
    path = write_jpeg(picture(1), **TAGS)
    data = path.read_bytes()
    row = dicomio.record(data, path)
    assert row == {
        "storage_type": "Secondary Capture Image Storage",
        "patient_name": "Müller^Anna",
        "patient_id": "p1",
        "patient_age": 58,
        "patient_sex": "F",
        "study_date": date(2024, 2, 29),
        "modality": "DX",
        "body_part": "CHEST",
        "view": "PA",
        "rows": 64,
        "columns": 64,
        "bytes": len(data),
        "pixel_spacing_x": 0.1,
        "pixel_spacing_y": 0.2,
        "photometric": "MONOCHROME2",
        "bits": 8,
        "transfer_syntax": "1.2.840.10008.1.2.4.50",
        "digest": dicomio.source_digest(data),
        "remarks": None,
    }
    assert row.keys() == dicomio.COLUMNS.keys()
    assert dicomio.record(data, "elsewhere.dcm") == row


def test_view_and_age_in_their_other_forms(write_jpeg: Writer, picture: Callable) -> None:
    path = write_jpeg(picture(2), SeriesDescription="view: AP", PatientAge="006M")
    row = dicomio.record(path.read_bytes(), path)
    assert (row["view"], row["patient_age"]) == ("AP", 0)


def test_a_cut_file_has_no_record(write_jpeg: Writer, picture: Callable) -> None:
    path = write_jpeg(picture(3))
    with pytest.raises(dicomio.Truncated):
        dicomio.record(path.read_bytes()[:-500], path)


def test_is_dicom_by_the_first_bytes(write_native: Writer) -> None:
    data = write_native(np.zeros((4, 4), np.uint8)).read_bytes()
    assert dicomio.is_dicom(data[:132])
    assert dicomio.is_dicom(data[132:])  # as old files are, without preamble
    assert not dicomio.is_dicom(data[:131])
    assert not dicomio.is_dicom(b"")
    assert not dicomio.is_dicom(b"\x89PNG\r\n\x1a\n" + bytes(200))


Writer = Callable[..., Path]


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("58", 58), ("058Y", 58), ("006M", 0), ("018M", 1), ("104W", 1), ("730D", 1), ("413", 413),
        ("", None), (None, None), ("old", None), ("1 2", None), ("-5", None), ("012M", 1),
        ("٥٨", None),
    ],
)  # fmt: skip
def test_ages(text: str | None, years: int | None) -> None:
    assert age_in_years(text) == years


@given(st.dates())
def test_dates_are_those_of_pydicom(day: date) -> None:
    digits = day.isoformat().replace("-", "")
    assert date_of(digits) == DA(digits) == day
    old = day.isoformat().replace("-", ".")
    assert date_of(f" {old} ") == DA(old) == day
    assert date_of(day.isoformat()) == day


@pytest.mark.parametrize(
    "text",
    [
        None, "", "0", "20200230", "00000101", "20201301", "2020-0101", "2020.01-01", "202001",
        "20200101120000", "20200101-20200201", "٢٠٢٠٠١٠١", "today",
    ],
)  # fmt: skip
def test_nonsense_is_no_date(text: str | None) -> None:
    assert date_of(text) is None


@given(st.dates(date(1800, 1, 1)), st.dates(date(1800, 1, 1)))
def test_full_years_pass_on_birthdays(birth: date, day: date) -> None:
    years = full_years(birth, day)
    if years is None:
        assert day < birth
        return
    assert (birth.year + years, birth.month, birth.day) <= (day.year, day.month, day.day)
    assert (birth.year + years + 1, birth.month, birth.day) > (day.year, day.month, day.day)


def test_full_years_need_both_dates() -> None:
    assert full_years(None, date(2020, 1, 1)) is full_years(date(2020, 1, 1), None) is None


@pytest.mark.parametrize(
    ("tags", "day", "age"),
    [
        ({"StudyDate": "20200301", "AcquisitionDate": "20200302"}, "2020-03-01", None),
        ({"AcquisitionDate": "20200302", "ContentDate": "20200303"}, "2020-03-02", None),
        ({"StudyDate": "", "ContentDate": "20200303"}, "2020-03-03", None),
        ({"StudyDate": "2020.03.01"}, "2020-03-01", None),
        ({"StudyDate": "unknown", "ContentDate": "20200303"}, "2020-03-03", None),
        ({"StudyDate": "20200230"}, None, None),
        ({"StudyDate": "20200301", "PatientBirthDate": "19600302"}, "2020-03-01", 59),
        ({"StudyDate": "20200301", "PatientBirthDate": "1960.03.01"}, "2020-03-01", 60),
        ({"ContentDate": "20200301", "PatientBirthDate": "19600302"}, "2020-03-01", 59),
        ({"PatientBirthDate": "19600302"}, None, None),
        ({"StudyDate": "20200301", "PatientBirthDate": "20200302"}, "2020-03-01", None),
        (
            {"StudyDate": "20200301", "PatientBirthDate": "19600302", "PatientAge": "058Y"},
            "2020-03-01", 58,
        ),
        (
            {"StudyDate": "20200301", "PatientBirthDate": "19600302", "PatientAge": "old"},
            "2020-03-01", 59,
        ),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:.*Invalid value for VR:UserWarning")
def test_dates_and_ages_of_files(
    tags: dict[str, str],
    day: str | None,
    age: int | None,
    write_jpeg: Writer,
    picture: Callable[..., np.ndarray],
) -> None:
    path = write_jpeg(picture(0), **tags)
    row = dicomio.record(path.read_bytes(), path)
    assert row["study_date"] == (None if day is None else date.fromisoformat(day))
    assert row["patient_age"] == age
