"""`tools submit`: write, check, submit and record the submission of a blend."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import contest
import ensembling
import jobs
import kagglegate
from tools.usecases.context.html import Html
from tools.usecases.context.workplace import Workplace
from tools.usecases.ensemble import blending


class NotSubmitted(jobs.UserError):
    """Nothing was submitted; the message has all reasons."""


class NotScored(jobs.UserError):
    """Kaggle could not score a submission; the message has its reason."""


@dataclass(frozen=True)
class Submission(Html):
    """A submission file that was written and checked, and what became of it.

    Attributes:
        blend: its name.
        path: the file; rows: of the file; positives: rows with a mask.
        warnings: of the check of the file and of the ledger.
        ref: Kaggle's number; None before the submission.
        status: "dry run" before the submission, then its state.
        score_honest: of the blend, with its 95 % interval.
        public_score: on the leaderboard, as private_score, once known.
        error: Kaggle's, if the submission failed.
    """

    blend: str
    path: Path
    rows: int
    positives: int
    warnings: Sequence[str]
    ref: int | None
    status: str
    score_honest: float
    interval: tuple[float, float]
    public_score: float | None = None
    private_score: float | None = None
    error: str | None = None


def submit(
    place: Workplace,
    blend: str,
    *,
    dry_run: bool = False,
    wait: bool = False,
    message: str = "",
    yes: bool = False,
    client: kagglegate.Client | None = None,
) -> Submission:
    """Write, check and (unless `dry_run`) submit the submission of a blend; record it.

    Test images without predictions of a member are predicted first. All faults found in the file,
    at Kaggle and in the ledger are collected before anything is submitted; then the user is asked
    for confirmation, unless `yes`. A file that was submitted before is not submitted again; the
    state of that submission is returned.

    Raises:
        NotSubmitted: with all reasons, or because the user declined.
        NotScored: Kaggle could not score it; only if `wait`.
        kagglegate.KaggleError: from the submission itself.
    """
    fitted = place.open_blend(blend)
    if dry_run:
        return write(place, fitted)
    client, ledger = client or kagglegate.Client(), kagglegate.Ledger(place.paths.ledger)
    written, faults = _written(place, fitted)
    message = message or f"{fitted.name} CV {fitted.score_honest:.4f}"
    path = None if written is None else written.path
    clear = kagglegate.clearance(client, ledger, place.spec.slug, path)
    if written is None or (clear.identical is None and clear.faults):
        raise _refusal([*faults, *clear.faults])
    if clear.identical is None:
        written = replace(written, warnings=[*written.warnings, *clear.warnings])
        _confirm(place, written, proposal(place.spec, written, message, clear.left), yes=yes)
    else:
        written = replace(written, warnings=[*written.warnings, _known(clear.identical)])
    entry = kagglegate.deliver(
        client, ledger, written.path, place.spec.slug, message, wait=wait, report=place.report,
        extra={name: getattr(written, name) for name in ("blend", "score_honest", "interval")},
    )  # fmt: skip
    if wait:
        require_score(entry)
    return replace(
        written,
        ref=entry.ref,
        status=entry.state,
        public_score=entry.public_score,
        private_score=entry.private_score,
        error=entry.error,
    )


def require_score(entry: kagglegate.Entry) -> None:
    """Raise NotScored if Kaggle could not score a submission."""
    if entry.state == "error":
        raise NotScored(
            f"Kaggle could not score submission {entry.ref} ({contest.shown(entry.file)}): "
            f"{contest.shown(entry.error, None)}; see https://www.kaggle.com/competitions/{entry.slug}"
            "/submissions, correct it and submit again"
        )


def _confirm(place: Workplace, written: Submission, text: str, *, yes: bool) -> None:
    """Show what will be submitted; unless `yes`, ask for confirmation."""
    if yes:
        place.say(text)
    elif not place.ask(text):
        raise NotSubmitted(f"stopped: nothing was submitted; the checked file is {written.path}")


def write(place: Workplace, blend: ensembling.Blend) -> Submission:
    """Write the submission file of a blend after all checks against the sample submission."""
    rles = contest.encoded(blending.test_masks(place, blend), place.spec)
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%d")
    digest = jobs.digest(list(rles.index), list(rles))[:8]
    folder = place.paths.submissions / f"{stamp}-{blend.name}-{digest}"
    path = folder / "submission.csv"
    warnings = contest.write_submission(
        rles,
        place.dataset.sample_ids,
        place.spec,
        path,
        expected_positive_share=blend.positive_share,
    )
    jobs.write_json(folder / "blend.json", blend.as_dict())
    return Submission(
        blend=blend.name,
        path=path,
        rows=len(rles),
        positives=int((rles != place.spec.empty).sum()),
        warnings=[fault.message for fault in warnings],
        ref=None,
        status="dry run",
        score_honest=blend.score_honest,
        interval=blend.interval,
    )


def proposal(spec: contest.Spec, written: Submission, message: str, left: int | None) -> str:
    """Return the text of the request for confirmation."""
    low, high = written.interval
    known = "unknown" if left is None else f"{left} of {spec.daily_limit} left"
    lines = [
        f"to be submitted to {spec.slug}:",
        f"  blend    {written.blend}, CV {written.score_honest:.4f} ({low:.4f}–{high:.4f})",
        f"  file     {written.path}: {written.rows:,} rows, {written.positives:,} with a mask",
        f"  message  {message}",
        f"  today    {known}, reset at {kagglegate.quota_reset():%Y-%m-%d %H:%M} UTC",
        *[f"  warning  {warning}" for warning in written.warnings],
    ]
    return "\n".join(lines)


def _written(
    place: Workplace, blend: ensembling.Blend
) -> tuple[Submission | None, list[jobs.UserError]]:
    """Return what was written, or None and its faults."""
    try:
        return write(place, blend), []
    except contest.SubmissionError as error:
        return None, [error]


def _refusal(faults: list[jobs.UserError]) -> NotSubmitted:
    said = list(dict.fromkeys(map(str, faults)))
    reasons = f", {len(said)} reasons" if len(said) > 1 else ""
    return NotSubmitted(f"nothing was submitted{reasons}: {'; '.join(said)}")


def _known(entry: kagglegate.Entry) -> str:
    name = f"as submission {entry.ref}" if entry.ref else f"as [{entry.id}], state {entry.state}"
    return f"the same file was submitted on {entry.created} {name}: not submitted again"
