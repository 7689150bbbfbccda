"""Notebooks ("kernels" to the client): pushed, their status, and a version of one submitted."""

import logging
from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import requests

from kagglegate._errors import (
    UNANSWERED,
    CredentialsRefused,
    DataError,
    KaggleError,
    SubmissionFailed,
)
from kagglegate.client.client import Client
from kagglegate.client.error_mapping import redact
from kagglegate.client.records import Submission
from kagglegate.client.refusals import Subject
from kagglegate.client.submit import file_digest, look_for, new_nonce
from kagglegate.kernels.datasets import read_metadata

METADATA = "kernel-metadata.json"
log = logging.getLogger(__name__)
SOURCES = ("dataset", "competition", "kernel", "model")


@dataclass(frozen=True)
class Kernel:
    """A version of a notebook at Kaggle.

    Attributes:
        ref: ``owner/slug``.
        version: number of the version.
        url: its address.
        output: the file of its output that Kaggle scores.
    """

    ref: str
    version: int
    url: str
    output: str = "submission.csv"


@dataclass(frozen=True)
class KernelStatus:
    """The status of the latest run of a notebook.

    `state` is "queued", "running", "complete", "error", "cancel_requested",
    "cancel_acknowledged" or "new_script"; `failure` is Kaggle's reason.
    """

    state: str
    failure: str = ""


class KernelClient(Client):
    """A client whose `submit` submits a version of a notebook, to be given to `deliver`.

    The file that `deliver` records and never submits twice is the one that names the version.
    """

    def __init__(self, kernel: Kernel, *args: Any, **kwargs: Any) -> None:
        """Take the version, then the arguments of `Client`."""
        super().__init__(*args, **kwargs)
        self.kernel = kernel

    def submit(
        self, path: str | Path, message: str, slug: str, *, nonce: str | None = None, tries: int = 1
    ) -> Submission:
        """Submit the output of the version of the notebook; `path` only names the delivery.

        After a lost reply the submission is looked for and not made again, as with a file; errors
        as in `Client.submit`.
        """
        nonce = nonce or new_nonce(file_digest(path))
        text = f"{message} [{nonce}]".strip()

        def use(api: Any, _: Any) -> Any:
            api.uploaded = True  # from here on Kaggle may record it
            ref, version, output = self.kernel.ref, self.kernel.version, self.kernel.output
            return api.competition_submit_code(output, text, slug, ref, version, quiet=True)

        try:
            reply = self.call(Subject.competition(slug), use)
        except UNANSWERED as error:
            return look_for(self, nonce, slug, error)
        if reply.ref <= 0:
            raise SubmissionFailed(
                f"Kaggle recorded no submission of {self.kernel.ref} version "
                f"{self.kernel.version} ({redact(reply.message)}): run the command again"
            )
        return Submission(reply.ref, "pending", text, self.kernel.output)


def account(client: Client) -> str:
    """Return the name of the account whose credentials are used.

    Raises:
        CredentialsRefused: they belong to none.
    """
    subject = Subject("your account", "https://www.kaggle.com/settings")
    name = client.call(subject, lambda api, _: api.config_values.get("username"))
    if not name:
        raise CredentialsRefused(f"your credentials name no account: make new ones, {subject.page}")
    return str(name)


def push_kernel(client: Client, folder: str | Path) -> Kernel:
    """Save the notebook that ``kernel-metadata.json`` names as a new version, and start it.

    A warning of the official client, such as of a machine that Kaggle has retired, is logged.

    Raises:
        DataError: the folder or its metadata are unusable.
        KaggleError: Kaggle refuses the notebook, or does not know its inputs.
    """
    name = str(read_metadata(Path(folder) / METADATA, ("id", "title", "code_file"))["id"])

    def use(api: Any, _: Any) -> Any:
        try:
            with redirect_stderr(StringIO()) as said:
                reply = api.kernels_push(str(folder))
        except requests.RequestException:
            raise
        except ValueError as error:
            raise DataError(f"{Path(folder) / METADATA}: {error}") from None
        if warning := redact(said.getvalue()):
            log.warning(f"{name}: {warning}")
        return reply

    reply = client.call(_subject(name), use)
    unknown = [one for kind in SOURCES for one in getattr(reply, f"invalid_{kind}_sources")]
    if reply.error or not reply.version_number:
        raise KaggleError(
            f"Kaggle refuses the notebook {name}: {redact(reply.error or 'no reason given')}"
        )
    if unknown:
        raise KaggleError(
            f"the notebook {name} was saved without its inputs {', '.join(unknown)}, which Kaggle "
            "does not know or does not give you: accept the competition's rules, correct "
            f"{METADATA}, then push it again"
        )
    return Kernel(name, reply.version_number, reply.url)


def kernel_status(client: Client, ref: str) -> KernelStatus:
    """Return the status of the latest run of the notebook ``owner/slug``."""
    owner, _, slug = ref.partition("/")
    fields = {"user_name": owner, "kernel_slug": slug}
    reply = client.read(_subject(ref), "GetKernelSessionStatus", **fields)
    return KernelStatus(reply.status.name.lower(), redact(reply.failure_message or ""))


def _subject(ref: str) -> Subject:
    page = f"https://www.kaggle.com/code/{ref}"
    return Subject(f"notebook {ref}", page, f"check its name on {page}; it may be private")
