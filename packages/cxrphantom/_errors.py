"""The errors of this package.

PhantomError
└── FolderNotEmpty   the output folder already holds something
"""


class PhantomError(Exception):
    """Base of the errors of this package; the message is one line with the remedy."""


class FolderNotEmpty(PhantomError):
    """The folder to write to holds files already (or is a file itself)."""
