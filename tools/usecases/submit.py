"""From a blend to a recorded submission."""

import datetime
from typing import Any

import contest
import ensembling
import jobs
import kagglegate
from tools.usecases import blending
from tools.usecases.workplace import Workplace

Result = dict[str, Any]


class NotSent(jobs.UserError):
    """Nothing was sent, for all the reasons in the message."""


def submit(
    place: Workplace,
    blend: str,
    *,
    dry_run: bool = False,
    wait: bool = False,
    message: str = "",
    yes: bool = False,
    client: kagglegate.Client | None = None,
) -> Result:
    """Write, check and (unless `dry_run`) send the submission of a blend; record it.

    Test images that a member has not predicted yet are predicted first. What the file, Kaggle and
    the ledger have against it is collected before anything is sent; then a person is asked, unless
    `yes`. The same file is not sent again: what became of it is returned.

    Raises:
        NotSent: with all reasons, or because the person said no.
        kagglegate.KaggleError: from the sending itself.
    """
    fitted = place.open_blend(blend)
    if dry_run:
        return {**write(place, fitted), "ref": None, "status": "dry run"}
    client, ledger = client or kagglegate.Client(), kagglegate.Ledger(place.paths.ledger)
    written, faults = _written(place, fitted)
    message = message or f"{fitted.name} CV {fitted.score_honest:.4f}"
    clear = kagglegate.clearance(client, ledger, place.spec.slug, written.get("path"))
    if clear.identical is None:
        _refuse([*faults, *clear.faults])
        written["warnings"] += clear.warnings
        _confirm(place, written, proposal(place.spec, written, message, clear.left), yes=yes)
    else:
        written["warnings"].append(_known(clear.identical))
    entry = kagglegate.deliver(
        client, ledger, written["path"], place.spec.slug, message, wait=wait, report=place.report,
        extra={"blend": fitted.name, **_scores(fitted)},
    )  # fmt: skip
    return {
        **{name: value for name, value in written.items() if name not in _scores(fitted)},
        "ref": entry.ref,
        "status": entry.state,
        **_scores(fitted),
        "public_score": entry.public_score,
        "private_score": entry.private_score,
        "error": entry.error,
    }


def _confirm(place: Workplace, written: Result, text: str, *, yes: bool) -> None:
    """Show what will be sent; unless `yes`, a person must agree."""
    if yes:
        place.say(text)
    elif not place.ask(text):
        raise NotSent(f"stopped: nothing was sent; the checked file lies at {written['path']}")


def _scores(blend: ensembling.Blend) -> dict[str, Any]:
    """Return what is shown beside the leaderboard's scores."""
    return {"score_honest": blend.score_honest, "interval": list(blend.interval)}


def write(place: Workplace, blend: ensembling.Blend) -> Result:
    """Write the submission file of a blend after all checks against the sample file."""
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
    return {
        "blend": blend.name,
        **_scores(blend),
        "path": str(path),
        "rows": len(rles),
        "positives": int((rles != place.spec.empty).sum()),
        "warnings": [fault.message for fault in warnings],
    }


def proposal(spec: contest.Spec, written: Result, message: str, left: int | None) -> str:
    """Return what a person reads before a submission is sent."""
    low, high = written["interval"]
    known = "not known" if left is None else f"{left} of {spec.daily_limit} left"
    lines = [
        f"to be sent to {spec.slug}:",
        f"  blend    {written['blend']}, CV {written['score_honest']:.4f} ({low:.4f}–{high:.4f})",
        f"  file     {written['path']}: {written['rows']:,} rows, "
        f"{written['positives']:,} with a mask",
        f"  message  {message}",
        f"  today    {known}, counted anew from {kagglegate.quota_reset():%Y-%m-%d %H:%M} UTC",
        *[f"  warning  {warning}" for warning in written["warnings"]],
    ]
    return "\n".join(lines)


def _written(place: Workplace, blend: ensembling.Blend) -> tuple[Result, list[jobs.UserError]]:
    """Return what was written, or nothing and what is wrong with it."""
    try:
        return write(place, blend), []
    except contest.SubmissionError as error:
        return {}, [error]


def _refuse(faults: list[jobs.UserError]) -> None:
    said = list(dict.fromkeys(map(str, faults)))
    if said:
        reasons = f", {len(said)} reasons" if len(said) > 1 else ""
        raise NotSent(f"nothing was sent{reasons}: {'; '.join(said)}")


def _known(entry: kagglegate.Entry) -> str:
    sent = f"as submission {entry.ref}" if entry.ref else f"as [{entry.id}], state {entry.state}"
    return f"the same file was sent before, on {entry.created} {sent}: it is not sent again"
