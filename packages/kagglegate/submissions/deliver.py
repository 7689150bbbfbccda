"""Delivers a submission file: ledger, upload, ledger, score; resumes after a kill at any point."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jobs
from jobs import Report, silent
from kagglegate._errors import KaggleError, SubmissionUnknown
from kagglegate.client.client import Client
from kagglegate.client.records import Submission
from kagglegate.client.submit import file_digest, new_nonce, submittable
from kagglegate.submissions.events import Entry
from kagglegate.submissions.ledger import Ledger

LOCK_SECONDS = 600.0
LIST_LAG = timedelta(minutes=10)  # how late Kaggle's list may show what it recorded


def deliver(
    client: Client,
    ledger: Ledger,
    path: str | Path,
    slug: str,
    message: str,
    *,
    extra: Mapping[str, Any] | None = None,
    wait: bool = False,
    timeout: float = 1800.0,
    again: bool = False,
    report: Report = silent,
) -> Entry:
    """Submit a file once, with every step in the ledger, and return its entry.

    A "pending" line is on the disk before anything is uploaded, so after an interruption the
    next call looks for the line's id in Kaggle's list. A file whose digest was delivered before is
    not submitted again unless `again`; its entry is returned. Where it is not known yet whether
    Kaggle has it, the file is refused with `SubmissionUnknown`.

    Args:
        extra: JSON values to keep beside the entry, such as the honest score and its interval.
        wait: also wait for the score, `timeout` seconds at most.

    Raises:
        KaggleError: see its tree; after `SubmissionUnknown` the line stays pending.
        jobs.Busy: another delivery holds the ledger for ten minutes.
    """
    path = submittable(path)
    with delivering(ledger):
        digest = file_digest(path)
        look_up(client, ledger, slug)
        entry = None if again else ledger.identical(digest, slug)
        if entry is not None and entry.state == "pending":
            raise SubmissionUnknown(_wait_and_poll(path, entry))
        if entry is None:
            entry = _send(client, ledger, path, slug, message, digest, dict(extra or {}))
    if wait and entry.state == "submitted" and entry.ref is not None:
        settle(ledger, entry, client.poll(entry.ref, timeout, report=report))
    return ledger.entry(entry.id)


def reconcile(client: Client, ledger: Ledger, slug: str) -> None:
    """Look up the deliveries of a competition that an interruption left pending.

    A young one that Kaggle does not list stays pending, as the list may lag behind. Asks nothing
    where none is pending.

    Raises:
        KaggleError: the list cannot be read.
    """
    if any(entry.slug == slug for entry in in_state(ledger, "pending")):
        with delivering(ledger):
            look_up(client, ledger, slug)


def in_state(ledger: Ledger, *states: str) -> list[Entry]:
    """Return the deliveries that are in one of the states."""
    return [entry for entry in ledger.entries() if entry.state in states]


def delivering(ledger: Ledger) -> Any:
    """One delivery at a time, so that two processes cannot both find a file new."""
    return jobs.lock(ledger.path.with_name(".delivery"), timeout=LOCK_SECONDS)


def _send(
    client: Client,
    ledger: Ledger,
    path: Path,
    slug: str,
    message: str,
    digest: str,
    extra: dict[str, Any],
) -> Entry:
    client.require_credentials()
    nonce = new_nonce(digest)
    file = f"{path.resolve().parent.name}/{path.name}"
    ledger.append(
        "pending", nonce, digest=digest, slug=slug, file=file, message=message, extra=extra
    )
    try:
        submission = client.submit(path, message, slug, nonce=nonce)
    except SubmissionUnknown:
        raise
    except (KaggleError, ValueError) as error:
        ledger.append("failed", nonce, error=str(error))
        raise
    except KeyboardInterrupt:
        if not client.uploaded:
            ledger.append("failed", nonce, error="interrupted before Kaggle could record it")
        raise
    ledger.append("submitted", nonce, ref=submission.ref)
    return ledger.entry(nonce)


def look_up(client: Client, ledger: Ledger, slug: str) -> None:
    """Do what `reconcile` promises; the caller is `delivering`."""
    pending = [entry for entry in in_state(ledger, "pending") if entry.slug == slug]
    if not pending:
        return
    every = client.list_submissions(slug)
    for entry in pending:
        if not _recorded(ledger, entry, every) and _listed_by(entry) < datetime.now(UTC):
            ledger.append("failed", entry.id, error="interrupted before Kaggle recorded it")


def revive(ledger: Ledger, slug: str, listed: Sequence[Submission]) -> None:
    """Record that deliveries taken for failed are in Kaggle's list after all."""
    for entry in in_state(ledger, "failed"):
        if entry.slug == slug:
            _recorded(ledger, entry, listed)


def _recorded(ledger: Ledger, entry: Entry, listed: Sequence[Submission]) -> bool:
    """Record what Kaggle's list says of an entry; False if the entry is not in it."""
    found = next((one for one in listed if f"[{entry.id}]" in one.description), None)
    if found is None:
        return False
    ledger.append("submitted", entry.id, ref=found.ref)
    settle(ledger, entry, found)
    return True


def _listed_by(entry: Entry) -> datetime:
    """Return when Kaggle's list shows an entry for sure if it was recorded at all."""
    return datetime.fromisoformat(entry.created) + LIST_LAG


def _wait_and_poll(path: Path, entry: Entry) -> str:
    return (
        f"{path} is not submitted again, as it is not known yet whether Kaggle recorded the "
        f"submission [{entry.id}] of the same file: wait until {_listed_by(entry):%H:%M} UTC, run "
        '`tools submissions poll`, and submit again only if it is then "failed"'
    )


def settle(ledger: Ledger, entry: Entry, submission: Submission) -> None:
    """Record the scores, or the error, of a submission; nothing while it is pending."""
    if submission.settled:
        ledger.append(
            "settled",
            entry.id,
            status=submission.status,
            public_score=submission.public_score,
            private_score=submission.private_score,
            error=submission.error,
        )
