"""Delivers a submission file: ledger, upload, ledger, score; a kill at any point can be mended."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import jobs
from jobs import Report, silent
from kagglegate._errors import KaggleError, SubmissionUnknown
from kagglegate._fingerprint import file_digest, new_nonce, submittable
from kagglegate._ledger import Entry, Ledger
from kagglegate._records import Submission

LOCK_SECONDS = 600.0


class Gate(Protocol):
    """What a delivery needs of a client; `kagglegate.Client` is one."""

    def submit(self, path: Path, message: str, slug: str, *, nonce: str) -> Submission:
        """Upload a file."""

    def submission(self, ref: int) -> Submission:
        """Return one submission."""

    def list_submissions(self, slug: str) -> list[Submission]:
        """Return all submissions."""

    def poll(self, ref: int, timeout: float, *, report: Report) -> Submission:
        """Wait for a submission to be scored."""


def deliver(
    client: Gate,
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

    A "pending" line is on the disk before anything is sent, so whatever interrupts the upload
    is found out by the next call: it looks for the line's id in Kaggle's list. A file whose
    digest was delivered before is not sent again unless `again`; its entry is returned.

    Args:
        extra: JSON values to keep beside the entry, such as the honest score and its interval.
        wait: also wait for the score, `timeout` seconds at most.

    Raises:
        KaggleError: see its tree; after `SubmissionUnknown` the line stays pending.
        jobs.Busy: another delivery holds the ledger for ten minutes.
    """
    path = submittable(path)
    with _delivering(ledger):
        digest = file_digest(path)
        _reconcile(client, ledger, slug)
        entry = None if again else ledger.identical(digest, slug)
        if entry is None:
            entry = _send(client, ledger, path, slug, message, digest, dict(extra or {}))
    if wait and entry.state == "submitted" and entry.ref is not None:
        _settle(ledger, entry, client.poll(entry.ref, timeout, report=report))
    return ledger.entry(entry.id)


def refresh(client: Gate, ledger: Ledger, report: Report = silent) -> list[Entry]:
    """Bring the ledger up to date with Kaggle and return its entries.

    Pending lines left by an interruption are looked up, and submissions without a score are
    asked for.
    """
    with _delivering(ledger):
        open_ = [entry for entry in ledger.entries() if entry.state in ("pending", "submitted")]
        for slug in sorted({entry.slug for entry in open_}):
            _reconcile(client, ledger, slug)
        waiting = [entry for entry in ledger.entries() if entry.state == "submitted"]
        for done, entry in enumerate(waiting, start=1):
            assert entry.ref is not None
            _settle(ledger, entry, client.submission(entry.ref))
            report("asking for scores", done, len(waiting), {})
    return ledger.entries()


def _delivering(ledger: Ledger) -> Any:
    """One delivery at a time, so that two processes cannot both find a file new."""
    return jobs.lock(ledger.path.with_name(".delivery"), timeout=LOCK_SECONDS)


def _send(
    client: Gate,
    ledger: Ledger,
    path: Path,
    slug: str,
    message: str,
    digest: str,
    extra: dict[str, Any],
) -> Entry:
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
    ledger.append("submitted", nonce, ref=submission.ref)
    return ledger.entry(nonce)


def _reconcile(client: Gate, ledger: Ledger, slug: str) -> None:
    """Find out what became of the pending lines that an interruption left."""
    pending = [e for e in ledger.entries() if e.state == "pending" and e.slug == slug]
    if not pending:
        return
    every = client.list_submissions(slug)
    for entry in pending:
        found = next((one for one in every if f"[{entry.id}]" in one.description), None)
        if found is None:
            ledger.append("failed", entry.id, error="interrupted before Kaggle recorded it")
        else:
            ledger.append("submitted", entry.id, ref=found.ref)
            _settle(ledger, entry, found)


def _settle(ledger: Ledger, entry: Entry, submission: Submission) -> None:
    if submission.settled:
        ledger.append(
            "settled",
            entry.id,
            status=submission.status,
            public_score=submission.public_score,
            private_score=submission.private_score,
            error=submission.error,
        )
