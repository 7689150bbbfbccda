"""The errors of this package. Each message is one line: what is wrong, where, what to do.

jobs.FileError
└── DicomError
    ├── NotDicom        not a DICOM file, or its structure contradicts itself
    ├── NoPixels        a DICOM object without an image, or without the one asked for
    ├── Truncated       the file ends before its data do
    ├── Unsupported     a form that no decoder here reads, or larger than the safety limits
    └── DecodeFailed    the compressed picture is damaged or contradicts the header
"""

from jobs import FileError


class DicomError(FileError):
    """Base of the errors of this package: something is wrong with one file."""


class NotDicom(DicomError):
    """Not a DICOM file, or its structure contradicts itself."""

    remedy = "remove it or fetch it again"


class NoPixels(DicomError):
    """A DICOM object without an image, or without the one asked for."""

    remedy = "leave it out"


class Truncated(DicomError):
    """The file ends before its data do."""

    remedy = "fetch the file again"


class Unsupported(DicomError):
    """A form that no decoder here reads, or larger than the safety limits."""

    remedy = "convert it with another program"


class DecodeFailed(DicomError):
    """The compressed picture is damaged or contradicts the header."""

    remedy = "fetch the file again"
