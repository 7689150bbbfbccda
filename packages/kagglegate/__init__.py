"""The gate to Kaggle: download, submit, poll and keep a ledger, on the official client.

`Client` asks Kaggle, `deliver` submits a file once and writes the `Ledger`, `adopt` takes data
that are already there, and `standin` is a local server that stands in for Kaggle. Importing
this package imports neither the official client nor anything online.
"""

from kagglegate._adopt import adopt
from kagglegate._archive import Limits
from kagglegate._client import Client
from kagglegate._credentials import Credentials, find_credentials
from kagglegate._deliver import Gate, deliver, refresh
from kagglegate._errors import (
    CredentialsRefused,
    DailyLimitReached,
    DataError,
    Incomplete,
    KaggleDown,
    KaggleError,
    LedgerDamaged,
    NoCredentials,
    NotebooksOnly,
    NotFound,
    RulesNotAccepted,
    SubmissionFailed,
    SubmissionRefused,
    SubmissionsDisabled,
    SubmissionUnknown,
    TimedOut,
    TooManyRequests,
    UnexpectedReply,
    Unreachable,
    UnsafeArchive,
)
from kagglegate._fingerprint import file_digest
from kagglegate._folder import Download
from kagglegate._ledger import Entry, Ledger
from kagglegate._records import Competition, DataFile, Quota, Submission, quota_reset

__all__ = [
    "Client",
    "Competition",
    "Credentials",
    "CredentialsRefused",
    "DailyLimitReached",
    "DataError",
    "DataFile",
    "Download",
    "Entry",
    "Gate",
    "Incomplete",
    "KaggleDown",
    "KaggleError",
    "Ledger",
    "LedgerDamaged",
    "Limits",
    "NoCredentials",
    "NotFound",
    "NotebooksOnly",
    "Quota",
    "RulesNotAccepted",
    "Submission",
    "SubmissionFailed",
    "SubmissionRefused",
    "SubmissionUnknown",
    "SubmissionsDisabled",
    "TimedOut",
    "TooManyRequests",
    "UnexpectedReply",
    "Unreachable",
    "UnsafeArchive",
    "adopt",
    "deliver",
    "file_digest",
    "find_credentials",
    "quota_reset",
    "refresh",
]
