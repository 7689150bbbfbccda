"""Checks before a submission: whether Kaggle would take the file now, all reasons at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kagglegate._errors import KaggleError, SubmissionRefused, collecting
from kagglegate.client import refusals
from kagglegate.client.client import Client
from kagglegate.client.records import Competition, Quota, Submission
from kagglegate.client.refusals import Subject
from kagglegate.client.submit import file_digest, of_digest
from kagglegate.submissions.deliver import reconcile, revive
from kagglegate.submissions.events import Entry
from kagglegate.submissions.ledger import Ledger


@dataclass(frozen=True)
class Clearance:
    """The obstacles to a submission.

    Attributes:
        identical: the earlier delivery of the same file in the ledger; nothing else was asked.
        faults: errors that name why Kaggle would refuse it, or could not be asked.
        warnings: what a person should know before submitting, one line each.
        left: submissions left today; None where it is not known.
    """

    identical: Entry | None = None
    faults: tuple[KaggleError, ...] = ()
    warnings: tuple[str, ...] = ()
    left: int | None = None


def clearance(
    client: Client, ledger: Ledger, slug: str, path: str | Path | None = None
) -> Clearance:
    """Find out whether a submission can be made; uploads nothing and spends nothing.

    Pending lines of the ledger are looked up first. The competition must be open, take files, and
    have been entered; some of today's allowance must be left; and no other computer may have
    submitted the same file (every description holds a part of its file's digest).

    Args:
        path: the file; None skips the comparison with earlier submissions.
    """
    faults: list[KaggleError] = []
    digest = file_digest(path) if path is not None else None
    with collecting(faults):
        client.require_credentials()
        reconcile(client, ledger, slug)
    same = ledger.identical(digest, slug) if digest else None
    if same is not None or faults:
        return Clearance(same, tuple(faults))
    return _asked(client, ledger, slug, digest, faults)


def _asked(
    client: Client, ledger: Ledger, slug: str, digest: str | None, faults: list[KaggleError]
) -> Clearance:
    """Ask one question after the other; an error ends it, as the others would fail too."""
    warnings: list[str] = []
    left = None
    with collecting(faults):
        competition = client.competition(slug)
        faults += _closed(competition)
        warnings += _late(competition)
        if competition.entered:
            quota = client.quota(slug)
            left = _left(quota, competition)
            if left <= 0:
                used_up = refusals.total_limit if quota.limited_by_total else refusals.daily_limit
                faults.append(used_up(Subject.competition(slug)))
            listed = client.list_submissions(slug) if digest else []
            revive(ledger, slug, listed)
            same = ledger.identical(digest, slug) if digest else None
            if same is not None:
                return Clearance(same)
            faults += _submitted_elsewhere(digest or "", listed)
    return Clearance(None, tuple(faults), tuple(warnings), left)


def _closed(competition: Competition) -> Iterator[KaggleError]:
    subject = Subject.competition(competition.slug)
    if competition.submissions_disabled:
        yield refusals.disabled(subject)
    if competition.notebooks_only:
        yield refusals.notebooks_only(subject)
    if not competition.entered:
        yield refusals.no_access(subject)


def _late(competition: Competition) -> Iterator[str]:
    deadline = competition.deadline
    if deadline and datetime.fromisoformat(deadline) < datetime.now(UTC):
        yield f"a late submission: the deadline was {deadline}, it gets scores but no rank"


def _left(quota: Quota, competition: Competition) -> int:
    """Return what is left today; Kaggle says nothing but zeros before the first submission."""
    first = not (quota.total or quota.left)
    return competition.max_daily_submissions if first else quota.left


def _submitted_elsewhere(digest: str, listed: list[Submission]) -> Iterator[KaggleError]:
    """Those that Kaggle could not score do not count."""
    for one in listed:
        if digest and of_digest(digest, one.description) and one.status != "error":
            yield SubmissionRefused(
                f"Kaggle has the same file already, as submission {one.ref} of {one.date} with "
                f"public score {one.public_score}; the ledger here does not know it: get the "
                "ledger of the computer that submitted it"
            )
            return
