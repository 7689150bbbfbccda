"""Selection of the reader of a file by the first bytes of its content."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

import dicomio
from imagestack._errors import UnknownFormat
from imagestack.readers.bmp import Bmp
from imagestack.readers.jpeg import Jpeg
from imagestack.readers.png import Png
from imagestack.readers.tiff import Tiff

SUFFIXES = {
    ".dcm": "dicom",
    ".dicom": "dicom",
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".bmp": "bmp",
}
"""The format that an extension stands for; files are read by their content."""


class Dicom:
    """Reader of the first image of a DICOM file; table rows include `dicomio.COLUMNS`."""

    name = "dicom"
    version = dicomio.TRANSFORM_VERSION

    def accepts(self, data: bytes) -> bool:
        return dicomio.is_dicom(data)

    def record(self, data: bytes, path: str | Path) -> dict[str, Any]:
        row = dicomio.record(data, path)
        return {**row, "height": row["rows"], "width": row["columns"], "format": self.name}

    def read(self, data: bytes, path: str | Path, size: int | None) -> NDArray[np.uint8]:
        return dicomio.image_from_bytes(data, path, size)


FOREIGN = {
    b"GIF8": "GIF",
    b"RIFF": "RIFF (WebP)",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\x00\x00\x01\x00": "icon",
    b"%PDF": "PDF",
    b"PK\x03\x04": "ZIP",
    b"\x1f\x8b": "gzip",
    b"<svg": "SVG",
}
"""Names of unsupported formats by their first bytes, for error messages."""


class Reader(Protocol):
    """Reader of one file format.

    Attributes:
        name: name of the format, as in the column `format` of the table.
        version: incremented whenever decoded images change. Name and version are part of the key
            of a pixel cache.
    """

    name: str
    version: int

    def accepts(self, data: bytes) -> bool:
        """Return whether the content has this format, by its first 132 bytes."""

    def record(self, data: bytes, path: str | Path) -> dict[str, Any]:
        """Return the file's table row: height, width, format, bits, remarks and other columns.

        The file is checked for completeness and for a supported pixel format, without decoding.

        Raises:
            ImageError, dicomio.DicomError: the file cannot be used; the message names `path`.
        """

    def read(self, data: bytes, path: str | Path, size: int | None) -> NDArray[np.uint8]:
        """Return the image, uint8 ``(h, w)``, resized to ``(size, size)`` unless `size` is None.

        Raises:
            ImageError, dicomio.DicomError: the file cannot be used; the message names `path`.
        """


DICOM = Dicom()
READERS: tuple[Reader, ...] = (DICOM, Png(), Jpeg(), Tiff(), Bmp())
"""In order of precedence; DICOM first, since its preamble may be the header of another format."""


def reader_of(data: bytes, path: str | Path) -> Reader:
    """Return the reader that accepts the content; `path` is for messages.

    Other files with an extension of DICOM get the DICOM reader, which raises a more specific error.

    Raises:
        UnknownFormat: no reader accepts the content.
    """
    for reader in READERS:
        if reader.accepts(data):
            return reader
    if SUFFIXES.get(Path(path).suffix.lower()) == DICOM.name:
        return DICOM
    raise UnknownFormat(path, _described(data))


def misnamed(reader: Reader, path: str | Path) -> list[str]:
    """Return a remark if the extension stands for another format than that of the reader."""
    suffix = Path(path).suffix
    if SUFFIXES.get(suffix.lower(), reader.name) == reader.name:
        return []
    return [f"the content is {reader.name.upper()} under the extension {suffix}"]


def reader_named(name: str) -> Reader:
    """Return the reader of a format.

    Raises:
        ValueError: unknown format.
    """
    for reader in READERS:
        if reader.name == name:
            return reader
    known = ", ".join(reader.name for reader in READERS)
    raise ValueError(f"no reader for the format {name!r}; there are {known}")


def _described(data: bytes) -> str:
    if not data:
        return "the file is empty"
    for start, name in FOREIGN.items():
        if data.startswith(start):
            return f"{name} is not supported"
    return "the content is not DICOM, PNG, JPEG, TIFF or BMP"
