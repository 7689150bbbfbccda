"""Errors for requests that Kaggle refuses, made from replies and by checks before a request."""

from dataclasses import dataclass

from kagglegate._errors import (
    DailyLimitReached,
    KaggleError,
    NotebooksOnly,
    RulesNotAccepted,
    SubmissionRefused,
    SubmissionsDisabled,
)
from kagglegate.client.records import quota_reset


@dataclass(frozen=True)
class Subject:
    """The subject of a call in its messages: a name, the page to open, and a remedy."""

    name: str
    page: str
    remedy: str = "check that you may see it"

    @classmethod
    def competition(cls, slug: str) -> "Subject":
        """Return the subject of calls about a competition."""
        page = f"https://www.kaggle.com/competitions/{slug}"
        remedy = f"open {page}/rules, join and accept the rules, or correct the slug"
        return cls(f"competition {slug}", page, remedy)

    @classmethod
    def dataset(cls, name: str) -> "Subject":
        """Return the subject of calls about a data set, ``owner/slug``."""
        page = f"https://www.kaggle.com/datasets/{name}"
        return cls(f"data set {name}", page, f"check its name on {page}; it may be private")


def refusal(subject: Subject, reason: str) -> KaggleError:
    """Return the named error for a reply with status 400 and Kaggle's reason."""
    text, said = reason.lower(), f" (Kaggle: {reason})"
    if "allowance" in text or "daily" in text or "tomorrow" in text:
        return daily_limit(subject, said)
    if "notebook" in text or "kernel" in text:
        return notebooks_only(subject, said)
    if "disabled" in text or "not accepting" in text or "no longer" in text:
        return disabled(subject, said)
    return SubmissionRefused(
        f"Kaggle refuses the request about {subject.name} "
        f"({reason or 'no reason given'}): see {subject.page}"
    )


def daily_limit(subject: Subject, said: str = "") -> KaggleError:
    """Return the error for a used-up allowance; says when it starts again."""
    at = quota_reset().strftime("%Y-%m-%d %H:%M UTC")
    return DailyLimitReached(
        f"today's submissions to {subject.name} are used up{said}: the count "
        f"starts again at midnight UTC ({at})"
    )


def total_limit(subject: Subject) -> KaggleError:
    """Return the error for an allowance that does not start again."""
    return SubmissionRefused(
        f"all submissions that {subject.name} allows are used up: see {subject.page}"
    )


def notebooks_only(subject: Subject, said: str = "") -> KaggleError:
    """Return the error for a competition that takes no files."""
    return NotebooksOnly(
        f"{subject.name} takes notebooks only, not files{said}: make one with "
        f"`tools kernel build`, or submit a notebook version on {subject.page}"
    )


def disabled(subject: Subject, said: str = "") -> KaggleError:
    """Return the error for a competition that takes nothing any more."""
    return SubmissionsDisabled(
        f"{subject.name} takes no submissions any more{said}: see {subject.page}"
    )


def no_access(subject: Subject, said: str = "") -> KaggleError:
    """Return the error for rules that are not accepted, or a wrong slug."""
    return RulesNotAccepted(
        f"Kaggle gives no access to {subject.name}{said}: {subject.remedy}; then run the same "
        "command again"
    )
