"""The errors of this package, and the root of those of all packages.

UserError             a message for the person at the keyboard: what, where, what to do
├── FileError         something is wrong with one file; base of errors of other packages
└── JobError
    ├── Busy          another process holds the lock
    ├── DiskFull      no space left while writing
    ├── EngineError   the cluster that was asked for cannot be used
    │   ├── Unreachable   no scheduler answers, or it stopped answering
    │   └── UnfitWorker   workers with other code or libraries, or that do not see the files
    ├── NotReadable   a file the program wrote cannot be read back
    └── WorkerDied    the system ended a worker process, mostly for lack of memory
"""

from pathlib import Path
from typing import ClassVar


class UserError(Exception):
    """Something a user can mend. Its message is one line: what is wrong, where, what to do.

    Every package's base error derives from it; the command line prints it and exits with 1.
    """


class FileError(UserError):
    """Something is wrong with one file; a subclass for each kind of fault, with its remedy.

    Attributes:
        path: the file.
        what: is wrong.
        fix: what to do; the class's `remedy` unless another is given.
    """

    remedy: ClassVar[str] = "mend it or remove it"

    def __init__(self, path: str | Path, what: str, fix: str = "") -> None:
        self.path, self.what, self.fix = path, what, fix or self.remedy
        super().__init__(f"{path}: {what}; {self.fix}")

    def __reduce__(self) -> tuple[type, tuple[str | Path, str, str]]:
        """Let the error cross from a worker process."""
        return type(self), (self.path, self.what, self.fix)


class JobError(UserError):
    """Base of the errors of this package."""


class Busy(JobError):
    """Another process holds the lock."""


class DiskFull(JobError):
    """No space is left (or the quota is used up) where a file is being written."""


class EngineError(JobError):
    """The cluster that was asked for cannot be used."""


class Unreachable(EngineError):
    """No scheduler answers at the address, or it stopped answering."""


class UnfitWorker(EngineError):
    """Workers have other code or other libraries than the caller, or do not see its files."""


class NotReadable(JobError):
    """A file that the program wrote is missing, torn or of another kind."""


class WorkerDied(JobError):
    """The system ended a worker process, mostly for lack of memory."""
