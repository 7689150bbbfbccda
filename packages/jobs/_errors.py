"""The errors of this package, and the root of those of all packages.

UserError             a message for the user: what is wrong, where, what to do
├── FileError         a fault of one file; base of errors of other packages
└── JobError
    ├── BadName       a name that cannot be that of a file
    ├── Busy          another process holds the lock
    ├── CannotAccess  the system does not read or write a file
    ├── DiskFull      no space left while writing
    ├── EngineError   the given cluster cannot be used
    ├── NotInstalled  a library of an extra is missing
    ├── NotReadable   a file written by the program cannot be read
    └── WorkerDied    the system killed a worker process, mostly for lack of memory
"""

import difflib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import ClassVar


class UserError(Exception):
    """An error that the user can correct; its message is one line: what, where, what to do.

    Base of the errors of all packages; the command line prints the message and exits with 1.
    """


class FileError(UserError):
    """A fault of one file; subclasses are the kinds of fault, each with its remedy.

    Attributes:
        path: the file.
        what: what is wrong.
        fix: what to do; by default the class's `remedy`.
    """

    remedy: ClassVar[str] = "mend it or remove it"

    def __init__(self, path: str | Path, what: str, fix: str = "") -> None:
        self.path, self.what, self.fix = path, what, fix or self.remedy
        super().__init__(f"{path}: {what}; {self.fix}")

    def __reduce__(self) -> tuple[type, tuple[str | Path, str, str]]:
        """Support pickling, by which errors leave a worker process."""
        return type(self), (self.path, self.what, self.fix)


class JobError(UserError):
    """Base of the errors of this package."""


class BadName(JobError):
    """A name given by the user that cannot be that of a file."""


class Busy(JobError):
    """Another process holds the lock."""


class CannotAccess(JobError):
    """The system does not read or write a file, as its disk is read-only or it is a folder."""


class DiskFull(JobError):
    """No space or quota is left to write a file."""


class EngineError(JobError):
    """The given cluster cannot be used."""


class NotInstalled(JobError, ModuleNotFoundError):
    """A library that the base installation leaves out is missing; `name` is its import name."""


class NotReadable(JobError):
    """A file written by the program is missing, incomplete or of another kind."""


class WorkerDied(JobError):
    """The system killed a worker process, mostly for lack of memory."""


def first_few(faults: Sequence[object], most: int) -> str:
    """Return the first `most` faults, separated by semicolons, and how many are left."""
    text, left = "; ".join(map(str, faults[:most])), len(faults) - most
    return f"{text}; and {left} more" if left > 0 else text


def known_names(name: str, known: Collection[str]) -> str:
    """Return the known name that is most similar to `name`, and all known names, as a clause."""
    likely = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {likely[0]}? " if likely else ""
    return f"{hint}there are {', '.join(known) or 'none'}"
