"""Numbers of the header: an implausible one counts as missing, and a remark names it."""

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dicomio
from dicomio._measures import MEASURES

Writer = Callable[..., Path]
TEXT = "7.7777777777"
"""Replaced in the file by the value of a situation, as pydicom writes no wrong numbers."""
NONSENSE = ("inf", "-inf", "nan", "1e300", "-1e300", "abc", "1,5", "0.1 mm", "--", "1e999")
NOT_POSITIVE = ("0", "-0.0000", "-1", "1e-300")
SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")
VALUES = np.arange(4096, dtype=np.uint16).reshape(64, 64)
SOUND = {"WindowCenter": "2000", "WindowWidth": "1000"}
"""Values of the other fields, so that a window is not left out for lack of one of them."""


def wrong(keyword: str) -> tuple[str, ...]:
    """Return the implausible values of a quantity."""
    if keyword in (*SPACINGS, "WindowWidth"):
        return NONSENSE + NOT_POSITIVE
    return (*NONSENSE, "0", "-0.0000") if keyword == "RescaleSlope" else NONSENSE


DECIMALS = [keyword for keyword in MEASURES if not keyword.startswith("PixelPadding")]
"""Padding is an integer of 16 bits, which holds no implausible value."""
SITUATIONS = [(keyword, text) for keyword in DECIMALS for text in wrong(keyword)]
PAIRS = [
    (first, second)
    for first, second in itertools.product(("0.2", "inf", "0"), repeat=2)
    if (first, second) != ("0.2", "0.2")
]


def patched(path: Path, *texts: str) -> Path:
    """Return the file with its placeholders replaced by other texts."""
    data = path.read_bytes()
    for text in texts:
        data = data.replace(TEXT.encode(), text.encode().ljust(len(TEXT)), 1)
    assert TEXT.encode() not in data
    path.write_bytes(data)
    return path


def record(path: Path) -> dict[str, object]:
    return dicomio.record(path.read_bytes(), path)


@pytest.mark.parametrize(("keyword", "text"), SITUATIONS)
def test_an_implausible_number_counts_as_missing(
    write_native: Writer, keyword: str, text: str
) -> None:
    others = {name: value for name, value in SOUND.items() if name != keyword}
    if keyword not in SOUND:
        others = {}
    count = MEASURES[keyword].size
    value = [TEXT] * count if count else TEXT
    path = patched(write_native(VALUES, **{keyword: value}, **others), *[text] * max(count, 1))
    without = write_native(VALUES, "without.dcm", **others)
    np.testing.assert_array_equal(dicomio.read_image(path), dicomio.read_image(without))
    row, plain = record(path), record(without)
    differing = {name for name in row if row[name] != plain[name]} - {"bytes", "digest"}
    assert differing == {"remarks"}
    (remark,) = str(row["remarks"]).split("\n")
    assert remark.startswith(f"{keyword} ")
    assert remark.endswith(" is implausible and counts as missing")


@pytest.mark.parametrize("keyword", SPACINGS)
@pytest.mark.parametrize("texts", PAIRS)
def test_a_pair_of_which_one_is_implausible_is_missing(
    write_native: Writer, keyword: str, texts: tuple[str, str]
) -> None:
    row = record(patched(write_native(VALUES, **{keyword: [TEXT, TEXT]}), *texts))
    assert (row["pixel_spacing_x"], row["pixel_spacing_y"]) == (None, None)
    assert str(row["remarks"]).startswith(keyword)


@pytest.mark.parametrize("text", NONSENSE + NOT_POSITIVE)
def test_the_next_spacing_takes_the_place_of_an_implausible_one(
    write_native: Writer, text: str
) -> None:
    tags = {"PixelSpacing": [TEXT, TEXT], "ImagerPixelSpacing": [0.2, 0.1]}
    row = record(patched(write_native(VALUES, **tags), text, text))
    assert (row["pixel_spacing_x"], row["pixel_spacing_y"]) == (0.1, 0.2)


@pytest.mark.parametrize("keyword", ["WindowWidth", "PixelSpacing"])
def test_an_empty_value_is_absent_without_a_remark(write_native: Writer, keyword: str) -> None:
    row = record(write_native(VALUES, **{keyword: None}))
    assert (row["pixel_spacing_x"], row["remarks"]) == (None, None)


@pytest.mark.parametrize("text", ["old", "-5", "1e3Y", "Y", "1.5Y", "inf", "-0", "12345Y", "058X"])
@pytest.mark.filterwarnings("ignore:.*Invalid value for VR:UserWarning")
@pytest.mark.filterwarnings("ignore:.*The value length:UserWarning")
def test_an_age_that_is_none_counts_as_missing(write_native: Writer, text: str) -> None:
    row = record(write_native(VALUES, PatientAge=text))
    assert row["patient_age"] is None
    assert row["remarks"] == f"PatientAge {text} is no age and counts as missing"


def test_what_a_table_holds_is_finite(write_native: Writer) -> None:
    rows = [
        record(patched(write_native(VALUES, **{keyword: [TEXT, TEXT]}), text, text))
        for keyword in SPACINGS
        for text in wrong(keyword)
    ]
    numbers = pd.DataFrame(rows)[["pixel_spacing_x", "pixel_spacing_y", "patient_age"]]
    assert not np.isinf(numbers.astype("float64").to_numpy()).any()
    assert numbers.isna().all().all()


def test_a_remark_is_one_short_line(write_native: Writer) -> None:
    path = write_native(VALUES)
    data = path.read_bytes()
    value = ("\n\x1b[2J" + "9" * 60).encode().ljust(66)
    element = b"\x28\0\x51\x10DS" + len(value).to_bytes(2, "little") + value
    place = data.index(b"\xe0\x7f\x10\0")
    path.write_bytes(data[:place] + element + data[place:])
    remark = str(record(path)["remarks"])
    assert remark.isprintable()
    assert len(remark) < 100
