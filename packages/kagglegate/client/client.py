"""The client: one method per thing asked of Kaggle, every error named, every call timed out."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from jobs import Report, silent
from kagglegate._errors import PASSING, KaggleError, UnexpectedReply
from kagglegate.client import download, official, submit
from kagglegate.client.boundary import naming_errors
from kagglegate.client.credentials import Credentials, find_credentials
from kagglegate.client.records import (
    Competition,
    DataFile,
    Quota,
    Submission,
    to_competition,
    to_quota,
    to_submission,
)
from kagglegate.client.refusals import Subject
from kagglegate.client.rpc import rpc

log = logging.getLogger(__name__)
Result = TypeVar("Result")
PAGE_SIZE = 200
LONGEST_WAIT = 60.0
BEARABLE = 5  # questions in a row that may fail while a score is waited for


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
        return list(islice(self._submissions(slug), most))

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
        return submit.submit(self, Path(path), message, slug, nonce, tries)

    @property
    def told(self) -> bool:
        """Whether the last try to submit got so far that Kaggle may have recorded it."""
        return self._api is not None and self._api.uploaded

    def begin(self) -> None:
        """Forget the last try to submit."""
        if self._api is not None:
            self._api.uploaded = False

    def find(self, nonce: str, slug: str) -> Submission | None:
        """Return the submission that carries `nonce` in its description, if it is a recent one."""
        newest = self.list_submissions(slug, most=PAGE_SIZE)
        return next((one for one in newest if f"[{nonce}]" in one.description), None)

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
        the client's) to `longest` seconds. A passing fault is an answer that did not come; five
        of them in a row end the waiting. Returns the submission as last seen: "complete",
        "error", or "pending" when the time is over.
        """
        end = time.monotonic() + timeout
        pause, asked, failed = self.pause if pause is None else pause, 0, 0
        seen = Submission(ref, "pending")
        while True:
            try:
                seen, failed = self.submission(ref), 0
            except PASSING:
                failed += 1
                if failed == BEARABLE:
                    raise
            asked, left = asked + 1, end - time.monotonic()
            report("waiting for Kaggle's score", int(seen.settled), 1, {"asked": asked})
            if seen.settled or left <= 0:
                return seen
            time.sleep(min(pause, left))
            pause = min(pause * 1.5, longest)

    def download_competition(
        self, slug: str, dest: str | Path, report: Report = silent
    ) -> download.Download:
        """Download, verify and unpack the data of a competition into the folder `dest`.

        A second call finds everything there and does nothing, even without a network; a call
        after an interruption continues where the archive broke off.

        Raises:
            Incomplete: what came is damaged or differs from Kaggle's own list of files.
            UnsafeArchive: the archive must not be unpacked.
        """
        return download.competition(self, slug, Path(dest), report)

    def download_dataset(
        self, name: str, dest: str | Path, report: Report = silent
    ) -> download.Download:
        """Do the same for a data set, named ``owner/slug``."""
        return download.dataset(self, name, Path(dest), report)

    def call(self, subject: Subject, use: Callable[[Any, Any], Result]) -> Result:
        """Return ``use(api, services)`` of the official client, its errors named.

        `services` is a `kagglesdk.KaggleClient`, whose connection is open during the call.
        """
        credentials = self.credentials
        with naming_errors(subject):
            if self._api is None:
                self._api = official.connect(credentials, self.timeout)
            with self._api.build_kaggle_client() as services:
                return use(self._api, services)

    def _read(self, subject: Subject, method: str, **fields: Any) -> Any:
        return self.patiently(lambda: self.call(subject, rpc(method, **fields)))

    def _submissions(self, slug: str) -> Iterator[Submission]:
        subject = Subject.competition(slug)
        for page in self._pages(subject, "ListSubmissions", competition_name=slug):
            yield from map(to_submission, page.submissions)

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
                self.wait(attempt, error)
        return ask()

    def wait(self, attempt: int, error: KaggleError) -> None:
        """Sleep before the next try: twice as long each time, and as long as Kaggle asked for."""
        wait = max(self.pause * 2**attempt, error.retry_after or 0.0)
        time.sleep(min(wait, LONGEST_WAIT))

    def pauses(self, factors: Iterable[float]) -> Iterator[float]:
        """Return the pause, in seconds, for each factor."""
        return (min(self.pause * factor, LONGEST_WAIT) for factor in factors)
