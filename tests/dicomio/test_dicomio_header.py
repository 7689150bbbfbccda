"""Header values: the same as pydicom's, on every file of its test set."""

import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, config, dcmread
from pydicom.datadict import keyword_for_tag
from pydicom.multival import MultiValue

import dicomio
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
