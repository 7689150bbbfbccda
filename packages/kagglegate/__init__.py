"""Kaggle: download, submit, poll and keep a ledger of submissions, on the official client.

`Client` asks Kaggle, `clearance` says whether it would take a file, `deliver` submits it once and
writes the `Ledger`, `adopt` takes data that are already there, and `standin` is a local server
that stands in for Kaggle. The official client is imported at the first call, not with this package.
"""

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
from kagglegate.archives.data_folder import Download, adopt
from kagglegate.client.client import Client
from kagglegate.client.credentials import Credentials, find_credentials
from kagglegate.client.records import Competition, Quota, Submission, quota_reset
from kagglegate.client.submit import file_digest
from kagglegate.kernels.datasets import push_dataset
from kagglegate.kernels.kernel import (
    Kernel,
    KernelClient,
    KernelStatus,
    account,
    kernel_status,
    push_kernel,
)
from kagglegate.submissions.clearance import Clearance, clearance
from kagglegate.submissions.deliver import deliver
from kagglegate.submissions.events import Entry
from kagglegate.submissions.ledger import Ledger
from kagglegate.submissions.refresh import refresh

__all__ = [
    "Clearance",
    "Client",
    "Competition",
    "Credentials",
    "CredentialsRefused",
    "DailyLimitReached",
    "DataError",
    "Download",
    "Entry",
    "Incomplete",
    "KaggleDown",
    "KaggleError",
    "Kernel",
    "KernelClient",
    "KernelStatus",
    "Ledger",
    "LedgerDamaged",
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
