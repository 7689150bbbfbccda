"""Header fields that are out of line are named; what most images share is not."""

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

import dicomio

USUAL = {
    "patient_age": 50,
    "patient_sex": "F",
    "study_date": date(1901, 1, 1),
    "modality": "CR",
    "body_part": "CHEST",
    "view": "PA",
    "rows": 64,
    "columns": 64,
    "pixel_spacing_x": 0.1,
    "photometric": "MONOCHROME2",
    "bits": 8,
}


def table(rows: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """Return the records of images as a table keeps them."""
    index = pd.Index(list(rows), name="image_id", dtype="str")
    columns = {
        name: pd.Series([row.get(name) for row in rows.values()], index, dtype)
        for name, dtype in dicomio.COLUMNS.items()
    }
    return pd.DataFrame(columns, index=index)


def frame(count: int = 120, **odd: dict[str, Any]) -> pd.DataFrame:
    """Return a frame of usual images and some that differ in the given fields."""
    usual = {f"{number:03d}": USUAL for number in range(count)}
    return table(usual | {name: USUAL | fields for name, fields in odd.items()})


@pytest.mark.parametrize(
    ("fields", "column", "message"),
    [
        ({"patient_age": 413}, "patient_age", "an age of 413 years"),
        ({"body_part": "FOOT"}, "body_part", "FOOT, as in 1 of 121 images"),
        ({"view": None}, "view", "not given"),
        ({"rows": 65}, "rows", "65, as in 1 of 121 images"),
        ({"bits": 12}, "bits", "12, as in 1 of 121 images"),
        ({"study_date": date(1899, 12, 31)}, "study_date", "1899-12-31 is before 1900"),
        ({"study_date": date(9999, 12, 31)}, "study_date", "9999-12-31 is in the future"),
        ({"study_date": date(1, 1, 1)}, "study_date", "0001-01-01 is before 1900"),
    ],
)
def test_an_image_out_of_line_is_named(fields: dict[str, Any], column: str, message: str) -> None:
    found = dicomio.check_headers(frame(odd=fields))
    assert found == [("odd", column, message)]


def test_usual_values_are_not_reported() -> None:
    today = {"study_date": date.today()}
    assert dicomio.check_headers(frame(today=today, unknown={"study_date": None})) == []
    assert dicomio.check_headers(table({})) == []


def test_a_made_up_date_of_all_images_is_not_reported() -> None:
    far = date.today() + timedelta(days=40_000)
    images = {f"{n:03d}": USUAL | {"study_date": far + timedelta(days=n)} for n in range(20)}
    assert dicomio.check_headers(table(images)) == []


def test_a_field_that_most_images_lack_is_told_once() -> None:
    images = {str(n): USUAL | {"view": None if n else "PA"} for n in range(5)}
    assert dicomio.check_headers(table(images)) == [("", "view", "not given in 4 of 5 images")]


def test_a_patient_of_two_sexes_is_reported() -> None:
    images = frame(a={"patient_sex": "M"}, b={}, c={}, d={"patient_sex": "M"})
    images["patient_sex"] = images["patient_sex"].where(images.index > "1", "M")  # M is no rarity
    patients = pd.Series({"a": "p1", "b": "p1", "c": "p1", "d": "p2", "elsewhere": "p2"})
    assert dicomio.check_headers(images) == []
    assert dicomio.check_headers(images, patients) == [
        ("a", "patient_sex", "M, but F in 2 of the 3 images of patient p1")
    ]


@pytest.mark.parametrize(("ages", "odd"), [((50, 52, 71), True), ((50, 52, 70), False)])
def test_a_patient_of_many_ages_is_reported(ages: tuple[int, ...], odd: bool) -> None:
    images = frame(**{f"x{age}": {"patient_age": age} for age in (*ages, 30)})
    patients = pd.Series({f"x{age}": "p1" for age in ages} | {"x30": "p2"})
    message = "50 to 71 years among the 3 images of patient p1"
    wanted = [("x71", "patient_age", message)] if odd else []
    assert dicomio.check_headers(images, patients) == wanted


def test_an_impossible_age_is_told_once() -> None:
    images = frame(x={"patient_age": 413}, y={})
    found = dicomio.check_headers(images, pd.Series({"x": "p", "y": "p"}))
    assert [(one.image_id, one.column) for one in found] == [("x", "patient_age")]
