"""Makers of small DICOM files, and the folders of real ones."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import simplejpeg
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    SecondaryCaptureImageStorage,
    generate_uid,
)

Writer = Callable[..., Path]


def _dataset(path: Path, values: np.ndarray, syntax: str, tags: dict[str, Any]) -> FileDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = UID(syntax)
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset = FileDataset(
        path,
        {},
        file_meta=meta,
        preamble=b"\0" * 128,
        is_implicit_VR=syntax == ImplicitVRLittleEndian,
        is_little_endian=syntax != ExplicitVRBigEndian,
    )
    dataset.SOPClassUID = SecondaryCaptureImageStorage
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    bits = 8 * values.dtype.itemsize
    dataset.SamplesPerPixel = tags.get("SamplesPerPixel", 1)
    dataset.PhotometricInterpretation = "MONOCHROME2"
    if tags.get("NumberOfFrames", 1) > 1:
        dataset.Rows, dataset.Columns = values.shape[1:3]
    else:
        dataset.Rows, dataset.Columns = values.shape[:2]
    dataset.BitsAllocated = bits
    dataset.BitsStored = tags.get("BitsStored", bits)
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(values.dtype.kind == "i")
    for keyword, value in tags.items():
        setattr(dataset, keyword, value)
    return dataset


@pytest.fixture
def write_native(tmp_path: Path) -> Writer:
    """Return a maker of uncompressed files."""

    def write(
        values: np.ndarray,
        name: str = "image.dcm",
        syntax: str = ExplicitVRLittleEndian,
        **tags: Any,
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        dataset = _dataset(path, values, syntax, tags)
        order = ">" if syntax == ExplicitVRBigEndian else "<"
        data = values.astype(values.dtype.newbyteorder(order)).tobytes()
        dataset.PixelData = data + b"\0" * (len(data) % 2)
        dataset["PixelData"].VR = "OW" if values.dtype.itemsize > 1 else "OB"
        dataset.save_as(path, enforce_file_format=True)
        return path

    return write


@pytest.fixture
def write_frames(tmp_path: Path) -> Writer:
    """Return a maker of files with given compressed frames."""

    def write(
        frames: list[bytes], values: np.ndarray, syntax: str, name: str = "image.dcm", **tags: Any
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if len(frames) > 1:
            tags["NumberOfFrames"] = len(frames)
        dataset = _dataset(path, values, syntax, tags)
        dataset.PixelData = encapsulate(frames)
        dataset["PixelData"].VR = "OB"
        dataset.save_as(path, enforce_file_format=True)
        return path

    return write


@pytest.fixture
def write_jpeg(write_frames: Writer) -> Writer:
    """Return a maker of greyscale JPEG Baseline files, as those of the competition."""

    def write(picture: np.ndarray, name: str = "image.dcm", **tags: Any) -> Path:
        data = simplejpeg.encode_jpeg(
            np.ascontiguousarray(picture[..., None]), quality=90, colorspace="GRAY"
        )
        return write_frames([data], picture, JPEGBaseline8Bit, name, **tags)

    return write


@pytest.fixture
def picture() -> Callable[..., np.ndarray]:
    """Return a maker of smooth random pictures, uint8 ``(side, side)``."""

    def make(seed: int = 0, side: int = 64) -> np.ndarray:
        coarse = np.random.default_rng(seed).integers(0, 256, (8, 8)).astype(np.float64)
        grown = np.kron(coarse, np.ones((side // 8, side // 8)))
        ramp = np.add.outer(np.arange(side), np.arange(side)) % 64
        return np.clip(0.7 * grown + ramp, 0, 255).astype(np.uint8)

    return make


@pytest.fixture(scope="session")
def siim() -> Path:
    """The folder of the competition's real training images."""
    if "SIIM_DATA" not in os.environ:
        pytest.skip("set SIIM_DATA to the folder of the real data")
    return Path(os.environ["SIIM_DATA"]) / "dicom-images-train"


@pytest.fixture(scope="session")
def real_files() -> list[Path]:
    """All files of pydicom's test sets that are on the disk; nothing is downloaded."""
    import data_store
    import pydicom.data

    roots = [Path(module.__file__).parent for module in (pydicom.data, data_store)]
    found = (path for root in roots for path in root.rglob("*") if path.is_file())
    return sorted(path for path in found if ".py" not in path.name)
