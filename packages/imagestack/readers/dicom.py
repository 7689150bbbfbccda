"""DICOM files, as `dicomio` reads them."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import dicomio

SUFFIXES = (".dcm", ".dicom")


class Dicom:
    """Reader of DICOM; the first frame of several, and all of `dicomio.COLUMNS` for the table."""

    name = "dicom"
    version = dicomio.TRANSFORM_VERSION

    def accepts(self, data: bytes) -> bool:
        """Return whether it has the mark of DICOM, or begins with an element as old files do."""
        return dicomio.is_dicom(data)

    def record(self, data: bytes, path: str | Path) -> dict[str, Any]:
        """Return `dicomio.record` and the columns that all formats have.

        Raises:
            dicomio.DicomError: one of its kinds.
        """
        row = dicomio.record(data, path)
        return {**row, "height": row["rows"], "width": row["columns"], "format": self.name}

    def read(self, data: bytes, path: str | Path, size: int | None) -> NDArray[np.uint8]:
        """Return `dicomio.read_image` of the content.

        Raises:
            dicomio.DicomError: one of its kinds.
        """
        return dicomio.image_from_bytes(data, path, size)
