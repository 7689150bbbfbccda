"""The errors of this package. Each message is one line: what is wrong, where, what to do.

jobs.UserError
└── ImageError
    ├── FileError            also a jobs.FileError
    │   ├── Unreadable       the file cannot be opened, or is not a regular file
    │   ├── UnknownFormat    the content is of no format that is read here
    │   ├── TooLarge         claims more pixels, or has more bytes, than the safety limits
    │   ├── Truncated        the file ends before its picture does
    │   ├── Damaged          the picture cannot be decoded or contradicts itself
    │   ├── SeveralPages     animated, or several pages: it is not defined which picture is meant
    │   └── UnsupportedForm  CMYK, floating point and other forms without defined grey levels
    ├── FolderError          a folder with faulty files, or none at all; `faults` lists them all
    └── CacheError           a pixel cache that could not be made or is damaged; may list `faults`

What is wrong with one DICOM file is a `dicomio.DicomError`, another `jobs.UserError`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jobs

NAMED = 3
"""How many faulty files a message names."""


class Fault(NamedTuple):
    """A file that could not be used: its path in the folder, the kind of fault, the message."""

    path: str
    kind: str
    message: str


class ImageError(jobs.UserError):
    """Base of the errors of this package."""


class FileError(ImageError, jobs.FileError):
    """Something is wrong with one file."""


class Unreadable(FileError):
    """The file cannot be opened, or is not a regular file."""

    remedy = "check it is there"


class UnknownFormat(FileError):
    """The content is of no format that is read here."""

    remedy = "convert it to PNG, or remove it"


class TooLarge(FileError):
    """The file claims more pixels, or has more bytes, than the safety limits."""

    remedy = "make it smaller, or leave it out"


class Truncated(FileError):
    """The file ends before its picture does."""

    remedy = "fetch the file again"


class Damaged(FileError):
    """The picture cannot be decoded, or contradicts itself."""

    remedy = "fetch the file again"


class SeveralPages(FileError):
    """Animated, or of several pages: it is not defined which picture is meant."""

    remedy = "save the relevant page as its own file"


class UnsupportedForm(FileError):
    """A form without defined grey levels, or one that no decoder here reads."""

    remedy = "convert it to 8-bit grey or RGB"


class ManyFaults(ImageError):
    """Several files are at fault; `faults` holds all of them."""

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = list(faults)

    def __reduce__(self) -> tuple[type, tuple[str, list[Fault]]]:
        return type(self), (str(self), self.faults)


class FolderError(ManyFaults):
    """A folder with faulty files, or none at all."""


class CacheError(ManyFaults):
    """A pixel cache that could not be made or is damaged."""


def named(faults: Sequence[Fault]) -> str:
    """Return the first few faults in words."""
    first = "; ".join(fault.message for fault in faults[:NAMED])
    rest = len(faults) - NAMED
    return f"{first}; and {rest} more" if rest > 0 else first
