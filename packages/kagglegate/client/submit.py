"""Submits one file: uploaded again where that spends nothing, looked for where it may have."""

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kagglegate._errors import (
    PASSING,
    UNANSWERED,
    KaggleError,
    SubmissionFailed,
    SubmissionUnknown,
    TooManyRequests,
)
from kagglegate.client.fingerprint import file_digest, new_nonce, submittable
from kagglegate.client.records import Submission
from kagglegate.client.refusals import Subject

if TYPE_CHECKING:
    from kagglegate.client.client import Client

LOOKS = (1, 2, 4, 8)  # pauses before looking for a submission; the list may lag behind


def submit(
    client: "Client", path: Path, message: str, slug: str, nonce: str | None, tries: int
) -> Submission:
    """See `Client.submit`."""
    path = submittable(path)
    nonce = nonce or new_nonce(file_digest(path))
    for attempt in range(tries):
        try:
            return _once(client, path, f"{message} [{nonce}]".strip(), slug)
        except (SubmissionFailed, *PASSING) as error:
            if client.told and not isinstance(error, TooManyRequests):
                return look_for(client, nonce, slug, error)
            if attempt == tries - 1:
                raise
            client.wait(attempt, error)
    raise ValueError(f"tries must be at least 1, not {tries}")


def _once(client: "Client", path: Path, message: str, slug: str) -> Submission:
    client.begin()
    apis: list[Any] = []

    def use(api: Any, _: Any) -> Any:
        apis.append(api)
        return api.competition_submit(str(path), message, slug, quiet=True)

    reply = client.call(Subject.competition(slug), use)
    if reply.ref > 0:
        return Submission(reply.ref, "pending", message, path.name)
    if apis[0].upload_error is not None:
        raise SubmissionFailed(f"{path} was not uploaded: {apis[0].upload_error}")
    raise SubmissionFailed(
        f"Kaggle recorded no submission for {path} ({reply.message}): run the command again"
    )


def look_for(client: "Client", nonce: str, slug: str, error: KaggleError) -> Submission:
    """Return the submission after a reply that did not name it; raise if it is not listed."""
    for pause in client.pauses(LOOKS):
        time.sleep(pause)
        with suppress(KaggleError):  # a list that cannot be read is a look that found nothing
            found = client.find(nonce, slug)
            if found is not None:
                return found
    if not isinstance(error, UNANSWERED):
        raise error
    raise SubmissionUnknown(
        f"it is not known whether the submission [{nonce}] to {slug} was recorded "
        f"({error}); wait some minutes and look for it with `tools submissions poll` before "
        "submitting again"
    ) from error
