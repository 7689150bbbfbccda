"""The errors of this package. Each message is one line: what is wrong, where, what to do.

jobs.UserError
└── KaggleError
    ├── NoCredentials            no token or key was found on this computer
    ├── CredentialsRefused       Kaggle refuses them (401)
    ├── RulesNotAccepted         403: rules not accepted yet, or a wrong slug
    ├── NotFound                 404
    ├── SubmissionRefused        400: Kaggle rejected the submission
    │   ├── DailyLimitReached    today's allowance is spent
    │   ├── SubmissionsDisabled  the competition takes none any more
    │   └── NotebooksOnly        the competition takes notebooks, not files
    ├── SubmissionFailed         the upload did not go through; no quota was spent
    ├── SubmissionUnknown        the reply was lost; quota may have been spent
    ├── TooManyRequests          429
    ├── KaggleDown               5xx
    ├── Unreachable              no connection
    │   └── TimedOut             no answer in time
    ├── UnexpectedReply          not what the protocol promises, such as a web page
    ├── DataError                a data archive or folder is not what it should be
    │   ├── Incomplete           files are missing, short or damaged
    │   └── UnsafeArchive        an archive that must not be unpacked
    └── LedgerDamaged            the ledger has lines that cannot be read
"""

from collections.abc import Iterator
from contextlib import contextmanager

from jobs import UserError


class KaggleError(UserError):
    """Base of the errors of this package."""

    retry_after: float | None = None
    """Seconds the server asked to wait, if it said so."""


class NoCredentials(KaggleError):
    """No token or key was found on this computer."""


class CredentialsRefused(KaggleError):
    """Kaggle refuses the credentials (401)."""


class RulesNotAccepted(KaggleError):
    """The rules are not accepted yet, or the slug is wrong (403 says no more than that)."""


class NotFound(KaggleError):
    """There is no such thing at Kaggle (404)."""


class SubmissionRefused(KaggleError):
    """Kaggle rejected the submission (400)."""


class DailyLimitReached(SubmissionRefused):
    """Today's allowance of submissions is spent."""


class SubmissionsDisabled(SubmissionRefused):
    """The competition takes no submissions any more."""


class NotebooksOnly(SubmissionRefused):
    """The competition takes notebooks, not files."""


class SubmissionFailed(KaggleError):
    """The upload did not go through; nothing was recorded and no quota was spent."""


class SubmissionUnknown(KaggleError):
    """The reply was lost and could not be looked up: quota may have been spent."""


class TooManyRequests(KaggleError):
    """Kaggle asks for a pause (429)."""


class KaggleDown(KaggleError):
    """Kaggle reports an internal error (5xx)."""


class Unreachable(KaggleError):
    """No connection to Kaggle."""


class TimedOut(Unreachable):
    """No answer in time."""


class UnexpectedReply(KaggleError):
    """The reply is not what the protocol promises, such as a web page instead of JSON."""


class DataError(KaggleError):
    """A data archive or folder is not what it should be."""


class Incomplete(DataError):
    """Files are missing, short or damaged."""


class UnsafeArchive(DataError):
    """An archive that must not be unpacked: escaping paths, links, or a bomb."""


class LedgerDamaged(KaggleError):
    """The ledger has lines that cannot be read."""


UNANSWERED = (KaggleDown, UnexpectedReply, Unreachable)
"""After these the server may have done what was asked."""

TRANSIENT = (*UNANSWERED, TooManyRequests)
"""Errors that may be gone at the next try."""


@contextmanager
def collecting(faults: list[KaggleError]) -> Iterator[None]:
    """Run the block; an error of this package ends it and is added to `faults`."""
    try:
        yield
    except KaggleError as error:
        faults.append(error)
