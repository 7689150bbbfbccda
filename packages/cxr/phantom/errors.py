"""The errors of this package.

jobs.UserError
└── PhantomError
    └── FolderNotEmpty   the output folder already holds something
"""

from jobs import UserError


class PhantomError(UserError):
    """Base of the errors of this package; the message is one line with the remedy."""


class FolderNotEmpty(PhantomError):
    """The folder to write to holds files already (or is a file itself)."""
