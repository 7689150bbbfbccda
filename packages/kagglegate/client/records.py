"""Kaggle's replies as frozen records: a submission, a quota, a competition."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class Submission:
    """One submission as Kaggle knows it.

    `status` is "pending", "complete" or "error"; scores are None until they are known; `date`
    is ISO 8601 in UTC. `error` is Kaggle's reason, on one line, where the status is "error".
    """

    ref: int
    status: str
    description: str = ""
    file_name: str = ""
    date: str | None = None
    public_score: float | None = None
    private_score: float | None = None
    error: str = ""

    @property
    def settled(self) -> bool:
        """Whether Kaggle has finished with it."""
        return self.status != "pending"


@dataclass(frozen=True)
class Quota:
    """The team's allowance in one competition; all zero before the first submission."""

    today: int
    total: int
    left: int
    limited_by_total: bool


@dataclass(frozen=True)
class Competition:
    """The facts that decide whether a submission can be made."""

    slug: str
    title: str
    deadline: str | None
    max_daily_submissions: int
    submissions_disabled: bool
    notebooks_only: bool
    entered: bool


def to_submission(raw: Any) -> Submission:
    """Return the record of the client's ApiSubmission."""
    status = raw.status.name.lower()
    reason = " ".join(raw.error_description.split())
    return Submission(
        ref=raw.ref,
        status=status,
        description=raw.description,
        file_name=raw.file_name,
        date=_iso(raw.date),
        public_score=_score(raw.public_score),
        private_score=_score(raw.private_score),
        error=reason or ("Kaggle gives no reason" if status == "error" else ""),
    )


def to_competition(slug: str, raw: Any) -> Competition:
    """Return the record of the client's ApiCompetition."""
    return Competition(
        slug=slug,
        title=raw.title,
        deadline=_iso(raw.deadline),
        max_daily_submissions=raw.max_daily_submissions,
        submissions_disabled=raw.submissions_disabled,
        notebooks_only=raw.is_kernels_submissions_only,
        entered=raw.user_has_entered,
    )


def to_quota(raw: Any) -> Quota:
    """Return the record of the client's ApiSubmissionLimits."""
    return Quota(raw.num_today, raw.num_total, raw.num_allowed_now, raw.limited_by_total)


def quota_reset(now: datetime | None = None) -> datetime:
    """Return the next midnight UTC, when the daily allowance starts again."""
    now = now or datetime.now(UTC)
    return (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def _score(text: str | None) -> float | None:
    """Return a finite score; None for anything else, which the ledger cannot hold."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") + "Z" if moment else None
