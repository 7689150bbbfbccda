"""The errors of this package, and the root of those of all packages.

UserError             a message for the user: what is wrong, where, what to do
├── FileError         a fault of one file; base of errors of other packages
└── JobError
    ├── Busy          another process holds the lock
    ├── DiskFull      no space left while writing
    ├── EngineError   the given cluster cannot be used
    │   ├── Unreachable   the scheduler does not answer
    │   └── UnfitWorker   workers with other code or libraries, or without access to the files
    ├── NotReadable   a file written by the program cannot be read
    └── WorkerDied    the system killed a worker process, mostly for lack of memory
"""

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


class Busy(JobError):
    """Another process holds the lock."""


class DiskFull(JobError):
    """No space or quota is left to write a file."""


class EngineError(JobError):
    """The given cluster cannot be used."""


class Unreachable(EngineError):
    """No scheduler answers at the address."""


class UnfitWorker(EngineError):
    """Workers have other code or libraries than the caller, or no access to its files."""


class NotReadable(JobError):
    """A file written by the program is missing, incomplete or of another kind."""


class WorkerDied(JobError):
    """The system killed a worker process, mostly for lack of memory."""
