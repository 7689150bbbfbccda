"""Every file with pixels in pydicom's test sets: equal to pydicom, or a named error."""

import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.pixels import pixel_array

import dicomio
from dicomio._decode import stored_values
from dicomio._form import pixel_form
from dicomio._structure import parse, read_bytes

PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")

ONLY_OURS = {
    "JPEG-lossy.dcm",  # 12-bit JPEG Extended
    "JPGExtended.dcm",
    "OT-PAL-8-face.dcm",  # no preamble and no meta information
}
REFUSED = {
    "JPEG2000-embedded-sequence-delimiter.dcm": dicomio.Unsupported,
    "MR_truncated.dcm": dicomio.Truncated,
    "badVR.dcm": dicomio.NotDicom,  # NumberOfFrames is no number, the pixels are of 15 frames
    "meta_missing_tsyntax.dcm": dicomio.NoPixels,
    "nested_priv_SQ.dcm": dicomio.NoPixels,
}
"""Files that pydicom cannot decode either."""


def outcome(path: Path) -> tuple[str, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = dcmread(path, force=True)
        except Exception:
            return "not for pydicom", path.name
        if not any(keyword in dataset for keyword in PIXELS):
            return "no pixels", path.name
        try:
            reference = pixel_array(dataset, index=0)
        except Exception:
            reference = None
    try:
        file = parse(read_bytes(path), path)
        values, _ = stored_values(file, pixel_form(file), 0)
        picture = dicomio.read_image(path)
    except dicomio.DicomError as error:
        kind = "refused by both" if reference is None else "refused by us"
        return f"{kind}: {type(error).__name__}", path.name
    assert picture.dtype == np.uint8
    assert picture.shape == values.shape[:2]
    if reference is None:
        return "ours only", path.name
    same = reference.shape == values.shape and np.array_equal(reference, values)
    return "equal" if same else "different", path.name


@pytest.fixture(scope="module")
def outcomes(real_files: list[Path]) -> list[tuple[str, str]]:
    return [outcome(path) for path in real_files]


def test_every_file_is_equal_or_named(outcomes: list[tuple[str, str]]) -> None:
    counts = Counter(kind for kind, _ in outcomes)
    for kind in ("no pixels", "not for pydicom"):
        counts.pop(kind, None)
    assert counts == {
        "equal": 166,
        "ours only": 3,
        "refused by both: NoPixels": 2,
        "refused by both: NotDicom": 1,
        "refused by both: Truncated": 1,
        "refused by both: Unsupported": 1,
    }


def test_the_exceptions_are_those_we_know(outcomes: list[tuple[str, str]]) -> None:
    assert {name for kind, name in outcomes if kind == "ours only"} == ONLY_OURS
    refused = {name: kind.split(": ")[1] for kind, name in outcomes if "refused" in kind}
    assert refused == {name: kind.__name__ for name, kind in REFUSED.items()}
