"""Ages and dates in every way that headers write them."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.valuerep import DA

import dicomio
from dicomio._dates import age_in_years, date_of, full_years

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
