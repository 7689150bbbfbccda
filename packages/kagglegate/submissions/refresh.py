"""Brings the ledger up to date: pending deliveries, and scores that are known by now."""

from jobs import Report, silent
from kagglegate._errors import KaggleError, collecting
from kagglegate.client.client import Client
from kagglegate.client.records import Submission
from kagglegate.submissions.deliver import delivering, in_state, look_up, settle
from kagglegate.submissions.events import Entry
from kagglegate.submissions.ledger import Ledger

ONE_BY_ONE = 5  # submissions of a competition that are asked for singly


def refresh(client: Client, ledger: Ledger, report: Report = silent) -> list[Entry]:
    """Bring the ledger up to date with Kaggle and return its entries.

    Pending lines left by an interruption are looked up, and submissions without a score are
    asked for, also those whose private score is not known yet. After an error the other requests
    are still made.

    Raises:
        NoCredentials: something is open and there are no credentials.
        KaggleError: at the end, when some of it could not be read.
    """
    faults: list[KaggleError] = []
    with delivering(ledger):
        open_ = in_state(ledger, "pending", "submitted") + _half_scored(ledger)
        if open_:
            client.require_credentials()
        for slug in sorted({entry.slug for entry in open_}):
            with collecting(faults):
                look_up(client, ledger, slug)
        _ask_for_scores(client, ledger, faults, report)
    if faults:
        raise KaggleError(
            f"{len(faults)} of the questions about open submissions had no answer, the other "
            f"answers are in the ledger; the first: {faults[0]}"
        ) from faults[0]
    return ledger.entries()


def _ask_for_scores(
    client: Client, ledger: Ledger, faults: list[KaggleError], report: Report
) -> None:
    """Ask for each submission, or for the whole list where that is less."""
    seen: set[int | None] = set()
    open_ = in_state(ledger, "submitted")
    half = {entry.slug for entry in _half_scored(ledger)}
    for slug in sorted({entry.slug for entry in open_} | half):
        if slug in half or sum(entry.slug == slug for entry in open_) > ONE_BY_ONE:
            with collecting(faults):
                seen |= _settle_listed(ledger, slug, client.list_submissions(slug))
    waiting = [entry for entry in open_ if entry.ref not in seen]
    for done, entry in enumerate(waiting, start=1):
        assert entry.ref is not None
        with collecting(faults):
            settle(ledger, entry, client.submission(entry.ref))
        report("asking for scores", done, len(waiting), {})


def _settle_listed(ledger: Ledger, slug: str, listed: list[Submission]) -> set[int | None]:
    """Record what is new in a list; return its refs."""
    found = {one.ref: one for one in listed}
    for entry in in_state(ledger, "submitted") + _half_scored(ledger):
        one = found.get(entry.ref or 0)
        news = one is not None and (entry.state == "submitted" or one.private_score is not None)
        if one is not None and news and entry.slug == slug:
            settle(ledger, entry, one)
    return set(found)


def _half_scored(ledger: Ledger) -> list[Entry]:
    """Private scores come when the competition ends."""
    complete = in_state(ledger, "complete")
    return [one for one in complete if one.private_score is None and one.public_score is not None]
