"""The row of one file: which tags it is made of, and that it does not depend on the path."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import dicomio

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
