"""The errors of this package.

    JobError
    ├── Busy          another process holds the lock
    ├── DiskFull      no space left while writing
    └── NotReadable   a file the program wrote cannot be read back
"""


class JobError(Exception):
    """Base of the errors of this package; the message is one line with the remedy."""


class Busy(JobError):
    """Another process holds the lock."""


class DiskFull(JobError):
    """No space is left (or the quota is used up) where a file is being written."""


class NotReadable(JobError):
    """A file that the program wrote is missing, torn or of another kind."""
