"""The errors of this package. Each message is one line: what is wrong, where, what to do.

jobs.UserError
└── ImageError
    ├── FileError            also a jobs.FileError
    │   ├── Unreadable       the file cannot be opened, or is not a regular file
    │   ├── UnknownFormat    the format of the content is not supported
    │   ├── TooLarge         more pixels or bytes than the safety limits
    │   ├── Truncated        the file is incomplete
    │   ├── Damaged          the image cannot be decoded or is inconsistent
    │   ├── SeveralPages     animated, or several pages: the image of the file is not defined
    │   └── UnsupportedForm  CMYK, floating point and other forms without defined grey levels
    ├── FolderError          a folder with faulty files, listed in `faults`, or without images
    └── CacheError           a pixel cache could not be built or is damaged; may list `faults`

Errors of DICOM files are `dicomio.DicomError`, also a `jobs.UserError`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jobs

NAMED = 3
"""Number of faulty files in a message."""


class Fault(NamedTuple):
    """A faulty file: its path in the folder, the kind of fault, and the message."""

    path: str
    kind: str
    message: str


class ImageError(jobs.UserError):
    """Base of the errors of this package."""


class FileError(ImageError, jobs.FileError):
    """Base of the errors of a single file."""


class Unreadable(FileError):
    """The file cannot be opened, or is not a regular file."""

    remedy = "check path and permissions"


class UnknownFormat(FileError):
    """The format of the content is not supported."""

    remedy = "convert it to PNG, or remove it"


class TooLarge(FileError):
    """The file has more pixels or bytes than the safety limits."""

    remedy = "make it smaller, or exclude it"


class Truncated(FileError):
    """The file is incomplete."""

    remedy = "fetch the file again"


class Damaged(FileError):
    """The image cannot be decoded or is inconsistent."""

    remedy = "fetch the file again"


class SeveralPages(FileError):
    """An animated file, or one of several pages: the image of the file is not defined."""

    remedy = "save the relevant page as its own file"


class UnsupportedForm(FileError):
    """A pixel format without defined grey levels, or without a decoder."""

    remedy = "convert it to 8-bit grey or RGB"


class ManyFaults(ImageError):
    """Base of the errors of several files; `faults` lists all of them."""

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = list(faults)

    def __reduce__(self) -> tuple[type, tuple[str, list[Fault]]]:
        return type(self), (str(self), self.faults)


class FolderError(ManyFaults):
    """A folder with faulty files or without images."""


class CacheError(ManyFaults):
    """A pixel cache that could not be built or is damaged."""


def named(faults: Sequence[Fault]) -> str:
    """Return the messages of the first faults, and the number of the others."""
    first = "; ".join(fault.message for fault in faults[:NAMED])
    rest = len(faults) - NAMED
    return f"{first}; and {rest} more" if rest > 0 else first
