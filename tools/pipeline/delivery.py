"""From a blend to a recorded submission."""

import datetime
from pathlib import Path
from typing import Any

import jobs

from tools.pipeline import blending
from tools.pipeline.workplace import Workplace


def submit(
    place: Workplace, blend: str, *, dry_run: bool = False, wait: bool = False, message: str = ""
) -> dict[str, Any]:
    """Write, check and (unless `dry_run`) send the submission of a blend; record it."""
    record = blending.open_blend(place, blend)
    written = write(place, record)
    if dry_run:
        return {**written, "ref": None, "status": "dry run"}
    import kagglegate

    text = message or f"{record['blend']} CV {record['score_honest']:.4f}"
    with kagglegate.Ledger(place.paths.ledger) as ledger:
        sent = kagglegate.deliver(
            kagglegate.Client.connect(),
            ledger,
            Path(written["path"]),
            place.spec.slug,
            text,
            extra={
                "blend": record["blend"],
                "score_honest": record["score_honest"],
                "interval": record["interval"],
                "competition": place.spec.name,
            },
            wait=wait,
            report=place.report,
        )
    return {**written, **sent}


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

    with kagglegate.Ledger(place.paths.ledger) as ledger:
        if poll:
            kagglegate.refresh(kagglegate.Client.connect(), ledger, place.spec.slug)
        return {"submissions": ledger.submissions()}
