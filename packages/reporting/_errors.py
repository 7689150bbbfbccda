"""Errors of this package.

ReportError
├── PageTooLarge   the page would pass its limit of size
└── NotesError     notes that cannot be read or written
"""

import jobs


class ReportError(jobs.UserError):
    """A report cannot be made."""


class PageTooLarge(ReportError):
    """The page would pass its limit of size."""


class NotesError(ReportError):
    """A file of notes cannot be read or written."""
