"""The gate to Kaggle: download, submit, poll and keep a ledger, on the official client.

`Client` asks Kaggle, `clearance` says whether it would take a file, `deliver` submits it once and
writes the `Ledger`, `adopt` takes data that are already there, and `standin` is a local server
that stands in for Kaggle. Importing this package imports neither the official client nor anything
online.
"""

from kagglegate._adopt import adopt
from kagglegate._archive import Limits
from kagglegate._clearance import Clearance, clearance
from kagglegate._client import Client
from kagglegate._credentials import Credentials, find_credentials
from kagglegate._deliver import Gate, deliver
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
from kagglegate._events import Entry
from kagglegate._fingerprint import file_digest
from kagglegate._folder import Download
from kagglegate._kernels import (
    Kernel,
    KernelGate,
    KernelStatus,
    account,
    kernel_status,
    push_kernel,
)
from kagglegate._ledger import Ledger
from kagglegate._publish import push_dataset
from kagglegate._records import Competition, DataFile, Quota, Submission, quota_reset
from kagglegate._refresh import refresh

__all__ = [
    "Clearance",
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
    "Kernel",
    "KernelGate",
    "KernelStatus",
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
    "account",
    "adopt",
    "clearance",
    "deliver",
    "file_digest",
    "find_credentials",
    "kernel_status",
    "push_dataset",
    "push_kernel",
    "quota_reset",
    "refresh",
]
