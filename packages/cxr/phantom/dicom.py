"""Write DICOM files with the tags, value formats and compression of the competition's files.

The competition's files are secondary captures made from JPEG Baseline images by DCMTK's img2dcm:
DICOM PS3.5 A.4.1 (encapsulated JPEG Baseline), PS3.3 A.8.1 (Secondary Capture).
"""

from pathlib import Path

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from pydicom import config
from pydicom.dataelem import DataElement
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, JPEGBaseline8Bit, SecondaryCaptureImageStorage

from cxr.phantom.plan import Plan

JPEG_QUALITY = 90
_JFIF = 20
"""End of the encoder's JFIF segment in bytes; the competition's images have no such segment."""
IMPLEMENTATION = (UID("1.2.276.0.7230010.3.0.3.6.0"), "OFFIS_DCMTK_360")


def write_dicom(
    path: Path, plan: Plan, image: NDArray[np.uint8], *, view: str, sex: str, age: int
) -> None:
    """Write `image`, uint8 ``(h, w)``, in the format of the competition's files."""
    dataset = FileDataset(path, {}, file_meta=_meta(plan), preamble=b"\0" * 128)
    _describe(dataset, plan, view, sex, age)
    _add_pixels(dataset, image)
    dataset.save_as(path, enforce_file_format=True)


def _meta(plan: Plan) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = UID(plan.image_id)
    meta.TransferSyntaxUID = JPEGBaseline8Bit
    meta.ImplementationClassUID, meta.ImplementationVersionName = IMPLEMENTATION
    return meta


def _describe(dataset: FileDataset, plan: Plan, view: str, sex: str, age: int) -> None:
    values = {
        "SpecificCharacterSet": "ISO_IR 100",
        "SOPClassUID": SecondaryCaptureImageStorage,
        "SOPInstanceUID": plan.image_id,
        "StudyDate": "19010101",
        "StudyTime": "000000.00",
        "AccessionNumber": "",
        "Modality": "CR",
        "ConversionType": "WSD",
        "ReferringPhysicianName": "",
        "SeriesDescription": f"view: {view}",
        "PatientName": plan.name,
        "PatientID": plan.name,
        "PatientBirthDate": "",
        "PatientSex": sex,
        "BodyPartExamined": "CHEST",
        "ViewPosition": view,
        "StudyInstanceUID": plan.study,
        "SeriesInstanceUID": plan.series,
        "StudyID": "",
        "SeriesNumber": "1",
        "InstanceNumber": "1",
        "PatientOrientation": "",
    }
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    # the competition's ages lack the unit that DICOM requires
    dataset.add(DataElement("PatientAge", "AS", str(age), validation_mode=config.IGNORE))
    # the competition's spacings have up to 19 characters, DICOM allows 16
    spacing = [plan.spacing, plan.spacing]
    dataset.add(DataElement("PixelSpacing", "DS", spacing, validation_mode=config.IGNORE))


def _add_pixels(dataset: FileDataset, image: NDArray[np.uint8]) -> None:
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = image.shape
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.PixelRepresentation = 0
    dataset.LossyImageCompression = "01"
    dataset.LossyImageCompressionMethod = "ISO_10918_1"
    picture = simplejpeg.encode_jpeg(
        np.ascontiguousarray(image[..., None]), quality=JPEG_QUALITY, colorspace="GRAY"
    )
    dataset.PixelData = encapsulate([picture[:2] + picture[_JFIF:]], has_bot=False)
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
