"""Errors of this package.

ReportError
└── NotesError     notes that cannot be read or written
"""

import jobs


class ReportError(jobs.UserError):
    """A report cannot be made."""


class NotesError(ReportError):
    """A file of notes cannot be read or written."""
