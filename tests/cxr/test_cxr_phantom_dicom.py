"""The DICOM files beside the competition's."""

import io
import os
from pathlib import Path

import numpy as np
import pydicom
import pytest
import simplejpeg
from PIL import Image
from pydicom.encaps import generate_frames

import cxr.phantom

TAGS = [
    "SpecificCharacterSet",
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "Modality",
    "ConversionType",
    "ReferringPhysicianName",
    "SeriesDescription",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientAge",
    "BodyPartExamined",
    "ViewPosition",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "StudyID",
    "SeriesNumber",
    "InstanceNumber",
    "PatientOrientation",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "Rows",
    "Columns",
    "PixelSpacing",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "LossyImageCompression",
    "LossyImageCompressionMethod",
    "PixelData",
]
META = [
    "FileMetaInformationGroupLength",
    "FileMetaInformationVersion",
    "MediaStorageSOPClassUID",
    "MediaStorageSOPInstanceUID",
    "TransferSyntaxUID",
    "ImplementationClassUID",
    "ImplementationVersionName",
]
VARYING = {
    "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "PatientName", "PatientID",
    "PatientSex", "PatientAge", "ViewPosition", "SeriesDescription", "PixelSpacing", "PixelData",
    "Rows", "Columns",
}  # fmt: skip


@pytest.fixture(scope="module")
def files(written: tuple[Path, cxr.phantom.Summary]) -> list[Path]:
    return sorted(written[0].rglob("*.dcm"))


def test_tags_are_exactly_those_of_the_competition(files: list[Path]) -> None:
    for path in files:
        dataset = pydicom.dcmread(path)
        assert [element.keyword for element in dataset] == TAGS
        assert [element.keyword for element in dataset.file_meta] == META


def test_values(files: list[Path]) -> None:
    seen = set()
    for path in files:
        dataset = pydicom.dcmread(path)
        assert dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.50"
        assert dataset.SOPInstanceUID == path.stem
        assert dataset.SeriesInstanceUID == path.parent.name
        assert dataset.StudyInstanceUID == path.parent.parent.name
        assert dataset.SeriesDescription == f"view: {dataset.ViewPosition}"
        assert dataset.ViewPosition in ("PA", "AP")
        assert dataset.PatientSex in ("M", "F")
        assert dataset.PatientAge.isdigit()
        assert round(float(dataset.PixelSpacing[0]), 3) in (0.143, 0.168, 0.139, 0.171, 0.194)
        seen.add(dataset.PatientID)
    assert len(seen) == len(files)


def test_pixels_decode_as_one_grey_baseline_picture(files: list[Path]) -> None:
    dataset = pydicom.dcmread(files[0])
    picture = next(generate_frames(dataset.PixelData, number_of_frames=1))
    assert simplejpeg.decode_jpeg_header(picture)[2:] == ("Gray", "Gray")
    ours = simplejpeg.decode_jpeg(picture, colorspace="GRAY")[..., 0]
    pillow = np.asarray(Image.open(io.BytesIO(picture)))
    assert ours.shape == pillow.shape == (256, 256)
    assert np.abs(ours.astype(int) - pillow).max() <= 1
    assert np.abs(ours.astype(int) - dataset.pixel_array).max() <= 1
    assert picture[:4] == b"\xff\xd8\xff\xdb"


def test_constant_values_equal_those_of_a_real_file(files: list[Path]) -> None:
    if "SIIM_DATA" not in os.environ:
        pytest.skip("SIIM_DATA is not set")
    real = pydicom.dcmread(next(Path(os.environ["SIIM_DATA"]).rglob("*.dcm")))
    ours = pydicom.dcmread(files[0])
    assert [element.keyword for element in real] == TAGS
    for element in real:
        assert ours[element.tag].VR == element.VR
        if element.keyword not in VARYING:
            assert ours[element.tag].value == element.value, element.keyword
    for keyword in ("ImplementationClassUID", "ImplementationVersionName", "TransferSyntaxUID"):
        assert ours.file_meta[keyword].value == real.file_meta[keyword].value
