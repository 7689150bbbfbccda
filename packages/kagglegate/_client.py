"""The client: one method per thing asked of Kaggle, every error named, every call timed out."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from jobs import Report, silent
from kagglegate import _download, _official
from kagglegate._boundary import Subject, naming_errors
from kagglegate._credentials import Credentials, find_credentials
from kagglegate._errors import (
    KaggleDown,
    KaggleError,
    SubmissionFailed,
    SubmissionUnknown,
    TooManyRequests,
    UnexpectedReply,
    Unreachable,
)
from kagglegate._fingerprint import file_digest, new_nonce, submittable
from kagglegate._records import (
    Competition,
    DataFile,
    Quota,
    Submission,
    to_competition,
    to_quota,
    to_submission,
)
from kagglegate._rpc import rpc

log = logging.getLogger(__name__)
Result = TypeVar("Result")
PAGE_SIZE = 200
LOST = (KaggleDown, UnexpectedReply, Unreachable)  # the server may have done what was asked
PASSING = (*LOST, TooManyRequests)
LONGEST_WAIT = 60.0
LOOKS = (1, 2, 4, 8)  # pauses before looking for a submission; the list may lag behind


class Client:
    """Kaggle as this project uses it, on top of the official client.

    Nothing happens before the first call: that is when credentials are looked for, the official
    client is imported and a token is verified.

    Args:
        timeout: seconds to connect and seconds between two bytes of a reply.
        retries: how often a reading call is repeated after a passing fault (429, 5xx, network).
        pause: seconds before the first repetition; doubled for each further one. A longer
            Retry-After of the server is respected, up to a minute.
    """

    def __init__(
        self, timeout: tuple[float, float] = (10.0, 120.0), retries: int = 2, pause: float = 2.0
    ) -> None:
        self.timeout = timeout
        self.retries = retries
        self.pause = pause
        self._credentials: Credentials | None = None
        self._api: Any = None

    @property
    def credentials(self) -> Credentials:
        """Where the credentials are.

        Raises:
            NoCredentials: there are none.
        """
        if self._credentials is None:
            self._credentials = find_credentials()
            for warning in self._credentials.warnings:
                log.warning(warning)
        return self._credentials

    def require_credentials(self) -> None:
        """Raise NoCredentials where a call would; asks nothing of Kaggle."""
        _ = self.credentials

    def competition(self, slug: str) -> Competition:
        """Return the facts of a competition."""
        raw = self._read(Subject.competition(slug), "GetCompetition", competition_name=slug)
        return to_competition(slug, raw)

    def quota(self, slug: str) -> Quota:
        """Return how many submissions were made and how many are left today."""
        return to_quota(
            self._read(Subject.competition(slug), "GetSubmissionLimits", competition_name=slug)
        )

    def list_submissions(self, slug: str, most: int = 1000) -> list[Submission]:
        """Return the team's submissions, the newest first, at most `most`."""
        found: list[Submission] = []
        for page in self._pages(
            Subject.competition(slug), "ListSubmissions", competition_name=slug
        ):
            found += [to_submission(raw) for raw in page.submissions]
            if len(found) >= most:
                break
        return found[:most]

    def list_files(self, slug: str) -> list[DataFile]:
        """Return the data files of a competition."""
        pages = self._pages(Subject.competition(slug), "ListDataFiles", competition_name=slug)
        return [DataFile(raw.name, raw.total_bytes) for page in pages for raw in page.files]

    def list_dataset_files(self, name: str) -> list[DataFile]:
        """Return the files of a data set, named ``owner/slug``."""
        owner, _, slug = name.partition("/")
        fields = {"owner_slug": owner, "dataset_slug": slug}
        pages = self._pages(Subject.dataset(name), "ListDatasetFiles", **fields)
        return [DataFile(raw.name, raw.total_bytes) for page in pages for raw in page.dataset_files]

    def submission(self, ref: int) -> Submission:
        """Return one submission by its reference."""
        subject = Subject(f"submission {ref}", "https://www.kaggle.com/submissions")
        return to_submission(self._read(subject, "GetSubmission", ref=ref))

    def submit(
        self, path: str | Path, message: str, slug: str, *, nonce: str | None = None, tries: int = 2
    ) -> Submission:
        """Upload a file as a submission and return it, usually still "pending".

        The nonce (by default the digest of the file and a random part) is added to the message.
        An upload that breaks is tried again. When the reply after a complete upload is lost,
        the nonce is looked for in the list of submissions, several times, and nothing is sent
        again, so a lost reply never spends quota twice.

        Raises:
            SubmissionFailed: the upload did not go through; no quota was spent.
            SubmissionUnknown: the reply was lost and the submission is not in the list (yet).
            SubmissionRefused: Kaggle said no; see its subclasses.
        """
        path = submittable(path)
        nonce = nonce or new_nonce(file_digest(path))
        for attempt in range(tries):
            try:
                return self._submit_once(path, f"{message} [{nonce}]".strip(), slug)
            except (SubmissionFailed, *PASSING) as error:
                if self._uploaded and not isinstance(error, TooManyRequests):
                    return self._look_for(nonce, slug, error)
                if attempt == tries - 1:
                    raise
                self._wait(attempt, error)
        raise ValueError(f"tries must be at least 1, not {tries}")

    def find(self, nonce: str, slug: str) -> Submission | None:
        """Return the submission that carries `nonce` in its description, if there is one."""
        every = self.list_submissions(slug)
        return next((one for one in every if f"[{nonce}]" in one.description), None)

    def poll(
        self,
        ref: int,
        timeout: float = 1800.0,
        *,
        pause: float | None = None,
        longest: float = 60.0,
        report: Report = silent,
    ) -> Submission:
        """Ask for a submission until it is scored or refused, or `timeout` seconds are over.

        The pause between two questions grows by half each time, from `pause` (by default
        the client's) to `longest` seconds. Returns the submission as last seen: "complete",
        "error", or "pending" when the time is over.
        """
        end = time.monotonic() + timeout
        pause, asked = self.pause if pause is None else pause, 0
        while True:
            submission, asked = self.submission(ref), asked + 1
            report("waiting for Kaggle's score", int(submission.settled), 1, {"asked": asked})
            left = end - time.monotonic()
            if submission.settled or left <= 0:
                return submission
            time.sleep(min(pause, left))
            pause = min(pause * 1.5, longest)

    def download_competition(
        self, slug: str, dest: str | Path, report: Report = silent
    ) -> _download.Download:
        """Download, verify and unpack the data of a competition into the folder `dest`.

        A second call finds everything there and does nothing, even without a network; a call
        after an interruption continues where the archive broke off.

        Raises:
            Incomplete: what came is damaged or differs from Kaggle's own list of files.
            UnsafeArchive: the archive must not be unpacked.
        """
        return _download.competition(self, slug, Path(dest), report)

    def download_dataset(
        self, name: str, dest: str | Path, report: Report = silent
    ) -> _download.Download:
        """Do the same for a data set, named ``owner/slug``."""
        return _download.dataset(self, name, Path(dest), report)

    def call(self, subject: Subject, use: Callable[[Any, Any], Result]) -> Result:
        """Return ``use(api, services)`` of the official client, its errors named.

        `services` is a `kagglesdk.KaggleClient`, whose connection is open during the call.
        """
        credentials = self.credentials
        with naming_errors(subject):
            if self._api is None:
                self._api = _official.connect(credentials, self.timeout)
            with self._api.build_kaggle_client() as services:
                return use(self._api, services)

    def _read(self, subject: Subject, method: str, **fields: Any) -> Any:
        return self.patiently(lambda: self.call(subject, rpc(method, **fields)))

    def _pages(self, subject: Subject, method: str, **fields: Any) -> Iterator[Any]:
        token = ""
        while True:
            paging = {"page_size": PAGE_SIZE, **({"page_token": token} if token else {})}
            page = self._read(subject, method, **fields, **paging)
            yield page
            if not page.next_page_token:
                return
            if page.next_page_token == token:
                raise UnexpectedReply(f"Kaggle's list for {subject.name} does not end: try later")
            token = page.next_page_token

    def patiently(self, ask: Callable[[], Result]) -> Result:
        """Return ``ask()``, repeated after faults that pass; only for calls that change nothing."""
        for attempt in range(self.retries):
            try:
                return ask()
            except PASSING as error:
                self._wait(attempt, error)
        return ask()

    def _wait(self, attempt: int, error: KaggleError) -> None:
        wait = max(self.pause * 2**attempt, error.retry_after or 0.0)
        time.sleep(min(wait, LONGEST_WAIT))

    @property
    def _uploaded(self) -> bool:
        """Whether the last try to submit got as far as CreateSubmission."""
        return self._api is not None and self._api.uploaded

    def _submit_once(self, path: Path, message: str, slug: str) -> Submission:
        def use(api: Any, _: Any) -> Any:
            return api.competition_submit(str(path), message, slug, quiet=True)

        if self._api is not None:
            self._api.uploaded = False
        reply = self.call(Subject.competition(slug), use)
        if reply.ref > 0:
            return Submission(reply.ref, "pending", message, path.name)
        if self._api.upload_error is not None:
            raise SubmissionFailed(f"{path} was not uploaded: {self._api.upload_error}")
        raise SubmissionFailed(
            f"Kaggle recorded no submission for {path} ({reply.message}): run the command again"
        )

    def _look_for(self, nonce: str, slug: str, error: KaggleError) -> Submission:
        """Return the submission after a reply that did not name it; raise if it is not listed."""
        for factor in LOOKS:
            time.sleep(min(self.pause * factor, LONGEST_WAIT))
            with suppress(KaggleError):  # a list that cannot be read is a look that found nothing
                found = self.find(nonce, slug)
                if found is not None:
                    return found
        if not isinstance(error, LOST):
            raise error
        raise SubmissionUnknown(
            f"it is not known whether the submission [{nonce}] to {slug} was recorded "
            f"({error}); wait some minutes and look for it with `tools submissions poll` before "
            "submitting again"
        ) from error
