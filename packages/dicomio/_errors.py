"""The errors of this package. Each message is one line: what is wrong, where, what to do.

jobs.UserError
└── DicomError
    ├── NotDicom        not a DICOM file, or its structure contradicts itself
    ├── NoPixels        a DICOM object without an image, or without the frame asked for
    ├── Truncated       the file ends before its data do
    ├── Unsupported     a form that no decoder here reads, or larger than the safety limits
    └── DecodeFailed    the compressed picture is damaged or contradicts the header
"""

from pathlib import Path

from jobs import UserError


class DicomError(UserError):
    """Base of the errors of this package."""


class FileError(DicomError):
    """Something is wrong with one file."""

    def __init__(self, path: str | Path, what: str, fix: str) -> None:
        super().__init__(f"{path}: {what}; {fix}")
        self.path, self.what, self.fix = path, what, fix

    def __reduce__(self) -> tuple[type, tuple[str | Path, str, str]]:
        return type(self), (self.path, self.what, self.fix)


class NotDicom(FileError):
    """Not a DICOM file, or its structure contradicts itself."""

    def __init__(self, path: str | Path, what: str, fix: str = "remove it or fetch it again"):
        super().__init__(path, what, fix)


class NoPixels(FileError):
    """A DICOM object without an image, or without the frame asked for."""

    def __init__(self, path: str | Path, what: str, fix: str = "leave it out"):
        super().__init__(path, what, fix)


class Truncated(FileError):
    """The file ends before its data do."""

    def __init__(self, path: str | Path, what: str, fix: str = "fetch the file again"):
        super().__init__(path, what, fix)


class Unsupported(FileError):
    """A form that no decoder here reads, or larger than the safety limits."""

    def __init__(self, path: str | Path, what: str, fix: str = "convert it with another program"):
        super().__init__(path, what, fix)


class DecodeFailed(FileError):
    """The compressed picture is damaged or contradicts the header."""

    def __init__(self, path: str | Path, what: str, fix: str = "fetch the file again"):
        super().__init__(path, what, fix)
