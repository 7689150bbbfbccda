"""From a blend to a recorded submission."""

import datetime
from typing import TYPE_CHECKING, Any

import jobs
from tools.pipeline import blending, choosing
from tools.pipeline.workplace import Workplace

if TYPE_CHECKING:
    import kagglegate


def submit(
    place: Workplace,
    blend: str,
    *,
    dry_run: bool = False,
    wait: bool = False,
    message: str = "",
    client: "kagglegate.Client | None" = None,
) -> dict[str, Any]:
    """Write, check and (unless `dry_run`) send the submission of a blend; record it.

    Test images that a member has not predicted yet are predicted first.
    """
    record = choosing.open_blend(place, blend)
    written = write(place, record)
    if dry_run:
        return {**written, "ref": None, "status": "dry run"}
    import kagglegate

    entry = kagglegate.deliver(
        client or kagglegate.Client(),
        kagglegate.Ledger(place.paths.ledger),
        written["path"],
        place.spec.slug,
        message or f"{record['blend']} CV {record['score_honest']:.4f}",
        extra={name: record[name] for name in ("blend", "score_honest", "interval")},
        wait=wait,
        report=place.report,
    )
    return {
        **written,
        "ref": entry.ref,
        "status": entry.state,
        "public_score": entry.public_score,
        "private_score": entry.private_score,
        "error": entry.error,
    }


def write(place: Workplace, record: dict[str, Any]) -> dict[str, Any]:
    """Write the submission file of a blend after all checks against the sample file."""
    import contest

    rles = blending.test_masks(place, record)
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%d")
    digest = jobs.digest(list(rles.index), list(rles))[:8]
    folder = place.paths.submissions / f"{stamp}-{record['blend']}-{digest}"
    path = folder / "submission.csv"
    warnings = contest.write_submission(
        rles,
        place.dataset.sample_ids,
        place.spec,
        path,
        expected_positive_share=record["positive_share"],
    )
    jobs.write_json(folder / "blend.json", record)
    return {
        "blend": record["blend"],
        "score_honest": record["score_honest"],
        "interval": record["interval"],
        "path": str(path),
        "rows": len(rles),
        "positives": int((rles != place.spec.empty).sum()),
        "warnings": [fault.message for fault in warnings],
    }


def submissions(place: Workplace, *, poll: bool = False) -> dict[str, Any]:
    """Return the ledger, one row per submission; with `poll`, ask Kaggle for news first."""
    import kagglegate

    ledger = kagglegate.Ledger(place.paths.ledger)
    if poll:
        kagglegate.refresh(kagglegate.Client(), ledger, report=place.report)
    entries = [entry for entry in ledger.entries() if entry.slug == place.spec.slug]
    return {"submissions": [_row(entry) for entry in entries]}


def _row(entry: "kagglegate.Entry") -> dict[str, Any]:
    """Return what a person wants to see of one submission, CV beside the leaderboard."""
    return {
        "created": entry.created,
        "blend": entry.extra.get("blend"),
        "score_honest": entry.extra.get("score_honest"),
        "interval": entry.extra.get("interval"),
        "public_score": entry.public_score,
        "private_score": entry.private_score,
        "status": entry.state,
        "ref": entry.ref,
        "file": entry.file,
        "error": entry.error,
    }
