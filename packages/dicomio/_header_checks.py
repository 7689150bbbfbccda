"""Unusual header fields, among all images and among those of one patient."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

import pandas as pd

PLAUSIBLE_AGE = 120
FIRST_YEAR = 1900
"""X-rays were discovered in 1895; earlier study dates than 1900 are implausible."""
RARE = 0.01
"""A value is unusual if a smaller share of the images has it."""
SPREAD = 20
"""Most years between the images of one patient that are plausible."""
TABULATED = ("patient_sex", "modality", "body_part", "view", "photometric", "bits")
EXPECTED = ("patient_age", "patient_sex", "view", "pixel_spacing_x")


class HeaderFinding(NamedTuple):
    """An unusual header field: image, column, and message.

    The image is "" where the message is about the whole table.
    """

    image_id: str
    column: str
    message: str


def check_headers(frame: pd.DataFrame, patients: pd.Series | None = None) -> list[HeaderFinding]:
    """Return the unusual header fields of a table, sorted by image.

    These are implausible ages, study dates before 1900 or in the future, rare values (`RARE`) of
    sex, modality, view, body part, photometric interpretation, bits and size, missing values; and,
    if patients are given, one patient with two sexes or with ages more than `SPREAD` years apart.
    A value that most images share, such as the date of an anonymised set, is not unusual.

    Args:
        frame: one row per image with the columns of `COLUMNS`, indexed by image id.
        patients: the patient of the images, indexed by image id; those without one and ids that
            are not in the table are left out.
    """
    found = [*_old(frame), *_misdated(frame)]
    for column in (*TABULATED, "rows", "columns"):
        found += _rare(frame, column)
    for column in EXPECTED:
        found += _absent(frame, column)
    if patients is not None:
        known = frame.assign(patient=patients.reindex(frame.index)).dropna(subset="patient")
        found += [*_of_two_sexes(known), *_of_many_ages(known)]
    return sorted(found)


def _old(frame: pd.DataFrame) -> Iterator[HeaderFinding]:
    ages = frame["patient_age"]
    for image_id, age in ages[(ages > PLAUSIBLE_AGE).fillna(False)].items():
        yield HeaderFinding(str(image_id), "patient_age", f"an age of {age} years")


def _misdated(frame: pd.DataFrame) -> Iterator[HeaderFinding]:
    """Images with an impossible date where most have a possible one."""
    dates = frame["study_date"].dropna()
    tomorrow = pd.Timestamp(date.today() + timedelta(days=1))  # it is, in other time zones
    wrong = dates[(dates.dt.year < FIRST_YEAR) | (dates > tomorrow)]
    if 2 * len(wrong) > len(dates):
        return
    for image_id, found in wrong.items():
        how = "in the future" if found > tomorrow else f"before {FIRST_YEAR}"
        yield HeaderFinding(str(image_id), "study_date", f"{found.date().isoformat()} is {how}")


def _rare(frame: pd.DataFrame, column: str) -> Iterator[HeaderFinding]:
    counts = frame[column].value_counts()
    rare = counts[counts < RARE * len(frame)]
    for image_id, value in frame[column][frame[column].isin(rare.index)].items():
        message = f"{value}, as in {rare[value]} of {len(frame)} images"
        yield HeaderFinding(str(image_id), column, message)


def _absent(frame: pd.DataFrame, column: str) -> Iterator[HeaderFinding]:
    absent = frame.index[frame[column].isna()]
    if 2 * len(absent) > len(frame):
        yield HeaderFinding("", column, f"not given in {len(absent)} of {len(frame)} images")
    else:
        yield from (HeaderFinding(str(image_id), column, "not given") for image_id in absent)


def _of_two_sexes(frame: pd.DataFrame) -> Iterator[HeaderFinding]:
    """The images whose sex is not the one that their patient mostly has."""
    told = frame.dropna(subset="patient_sex")
    for patient, sexes in _uneven(told, "patient_sex"):
        counts = sexes.value_counts()
        usual = min(counts.index[counts == counts.max()])
        for image_id, sex in sexes[sexes != usual].items():
            message = (
                f"{sex}, but {usual} in {counts[usual]} of the {len(sexes)} images "
                f"of patient {patient}"
            )
            yield HeaderFinding(str(image_id), "patient_sex", message)


def _of_many_ages(frame: pd.DataFrame) -> Iterator[HeaderFinding]:
    """For each patient with ages far apart, the image farthest from the others."""
    told = frame[(frame["patient_age"] <= PLAUSIBLE_AGE).fillna(False)]
    for patient, ages in _uneven(told, "patient_age"):
        low, high = ages.min(), ages.max()
        if high - low > SPREAD:
            farthest = str((ages - ages.median()).abs().idxmax())
            message = f"{low} to {high} years among the {len(ages)} images of patient {patient}"
            yield HeaderFinding(farthest, "patient_age", message)


def _uneven(frame: pd.DataFrame, column: str) -> Iterator[tuple[str, pd.Series]]:
    """Yield each patient with more than one value of a column, and these by image id."""
    kinds = frame.groupby("patient")[column].transform("nunique")
    for patient, values in frame[kinds > 1].groupby("patient")[column]:
        yield str(patient), values
