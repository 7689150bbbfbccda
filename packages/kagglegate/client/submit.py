"""Submits one file; after a lost reply it is looked for in Kaggle's list, not uploaded again.

The description of a submission ends with a nonce, ``[DIGEST-RANDOM]``: a part of the file's digest
and a random part, by which one submission is recognized.
"""

import hashlib
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

from kagglegate._errors import (
    TRANSIENT,
    UNANSWERED,
    KaggleError,
    SubmissionFailed,
    SubmissionUnknown,
    TooManyRequests,
)
from kagglegate.client.records import Submission
from kagglegate.client.refusals import Subject
from kagglegate.client.session import LONGEST_WAIT, PAGE_SIZE, Session

IN_NONCE = 12  # characters of the digest
LOOKS = (1, 2, 4, 8)  # times the pause, before looking for a submission; the list may lag behind


def file_digest(path: str | Path) -> str:
    """Return the first 16 hex characters of the SHA-256 of a file, as `sha256sum` prints it."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def new_nonce(digest: str) -> str:
    """Return a name for one submission of the file with this digest, unique every time."""
    return f"{digest[:IN_NONCE]}-{uuid.uuid4().hex[:8]}"


def of_digest(digest: str, description: str) -> bool:
    """Return whether a description has a nonce of the file with this digest."""
    return f"[{digest[:IN_NONCE]}-" in description


def submittable(path: str | Path) -> Path:
    """Return `path` if it is a file with content; ValueError if not."""
    path = Path(path)
    if not path.is_file() or not path.stat().st_size:
        raise ValueError(f"{path} is not a file with content: write the submission first")
    return path


def submit(
    session: Session, path: Path, message: str, slug: str, nonce: str | None, tries: int
) -> Submission:
    """See `Client.submit`."""
    path = submittable(path)
    nonce = nonce or new_nonce(file_digest(path))
    for attempt in range(tries):
        try:
            return _once(session, path, f"{message} [{nonce}]".strip(), slug)
        except (SubmissionFailed, *TRANSIENT) as error:
            if session.uploaded and not isinstance(error, TooManyRequests):
                return look_for(session, nonce, slug, error)
            if attempt == tries - 1:
                raise
            session.wait(attempt, error)
    raise ValueError(f"tries must be at least 1, not {tries}")


def look_for(session: Session, nonce: str, slug: str, error: KaggleError) -> Submission:
    """Return the submission after a reply that did not name it; raise if it is not listed."""
    for factor in LOOKS:
        time.sleep(min(session.pause * factor, LONGEST_WAIT))
        with suppress(KaggleError):  # a list that cannot be read is a look that found nothing
            for one in session.list_submissions(slug, PAGE_SIZE):
                if f"[{nonce}]" in one.description:
                    return one
    if not isinstance(error, UNANSWERED):
        raise error
    raise SubmissionUnknown(
        f"it is not known whether the submission [{nonce}] to {slug} was recorded "
        f"({error}); wait some minutes and look for it with `tools submissions poll` before "
        "submitting again"
    ) from error


def _once(session: Session, path: Path, message: str, slug: str) -> Submission:
    session.forget_upload()
    apis: list[Any] = []

    def use(api: Any, _: Any) -> Any:
        apis.append(api)
        return api.competition_submit(str(path), message, slug, quiet=True)

    reply = session.call(Subject.competition(slug), use)
    if reply.ref > 0:
        return Submission(reply.ref, "pending", message, path.name)
    if apis[0].upload_error is not None:
        raise SubmissionFailed(f"{path} was not uploaded: {apis[0].upload_error}")
    raise SubmissionFailed(
        f"Kaggle recorded no submission for {path} ({reply.message}): run the command again"
    )
