"""The official client behind one object: credentials, calls, their errors, their repetition."""

import logging
import time
from collections.abc import Iterator
from functools import cached_property
from itertools import chain, islice
from typing import Any, TypeVar

from kagglegate._errors import TRANSIENT, KaggleError, UnexpectedReply
from kagglegate.client.credentials import Credentials, find_credentials
from kagglegate.client.error_mapping import naming_errors
from kagglegate.client.official import Timeout, Use, connect, rpc
from kagglegate.client.records import Submission, to_submission
from kagglegate.client.refusals import Subject

log = logging.getLogger(__name__)
Result = TypeVar("Result")
PAGE_SIZE = 200
LONGEST_WAIT = 60.0


class Session:
    """Calls of the official client.

    Nothing happens before the first one: that is when credentials are looked for, the official
    client is imported and a token is verified.

    Attributes:
        timeout: seconds to connect and seconds between two bytes of a reply.
        retries: how often a reading call is repeated after a transient error (429, 5xx, network).
        pause: seconds before the first repetition; doubled for each further one. A longer
            Retry-After of the server is respected, up to a minute.
    """

    def __init__(
        self, timeout: Timeout = (10.0, 120.0), retries: int = 2, pause: float = 2.0
    ) -> None:
        self.timeout = timeout
        self.retries = retries
        self.pause = pause
        self._api: Any = None

    @cached_property
    def credentials(self) -> Credentials:
        """Where the credentials are.

        Raises:
            NoCredentials: there are none.
        """
        found = find_credentials()
        for warning in found.warnings:
            log.warning(warning)
        return found

    @property
    def uploaded(self) -> bool:
        """Whether an upload is complete, so that Kaggle may have recorded a submission."""
        return self._api is not None and self._api.uploaded

    def forget_upload(self) -> None:
        """Make `uploaded` false until the next upload is complete."""
        if self._api is not None:
            self._api.uploaded = False

    def call(self, subject: Subject, use: Use[Result]) -> Result:
        """Return ``use(api, services)`` of the official client, its errors named.

        `services` is a `kagglesdk.KaggleClient`, whose connection is open during the call.
        """
        credentials = self.credentials
        with naming_errors(subject):
            if self._api is None:
                self._api = connect(credentials, self.timeout)
            with self._api.build_kaggle_client() as services:
                return use(self._api, services)

    def call_with_retries(self, subject: Subject, use: Use[Result]) -> Result:
        """Repeat `call` after transient errors; only for calls that change nothing."""
        for attempt in range(self.retries):
            try:
                return self.call(subject, use)
            except TRANSIENT as error:
                self.wait(attempt, error)
        return self.call(subject, use)

    def read(self, subject: Subject, method: str, /, **fields: Any) -> Any:
        """Return the reply to a remote procedure that changes nothing; see `rpc`."""
        return self.call_with_retries(subject, rpc(method, **fields))

    def pages(self, subject: Subject, method: str, /, **fields: Any) -> Iterator[Any]:
        """Return the replies to a remote procedure that gives a list page by page."""
        token = ""
        while True:
            paging = {"page_size": PAGE_SIZE, **({"page_token": token} if token else {})}
            page = self.read(subject, method, **fields, **paging)
            yield page
            if not page.next_page_token:
                return
            if page.next_page_token == token:
                raise UnexpectedReply(f"Kaggle's list for {subject.name} does not end: try later")
            token = page.next_page_token

    def list_submissions(self, slug: str, most: int = 1000) -> list[Submission]:
        """Return the team's submissions, the newest first, at most `most`."""
        pages = self.pages(Subject.competition(slug), "ListSubmissions", competition_name=slug)
        raw = chain.from_iterable(page.submissions for page in pages)
        return [to_submission(one) for one in islice(raw, most)]

    def wait(self, attempt: int, error: KaggleError) -> None:
        """Sleep before the next try: twice as long each time, and as long as Kaggle asked for."""
        wait = max(self.pause * 2**attempt, error.retry_after or 0.0)
        time.sleep(min(wait, LONGEST_WAIT))
