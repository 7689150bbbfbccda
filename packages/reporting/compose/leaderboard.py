"""Cross-validation beside the leaderboard, over all submissions."""

from typing import TYPE_CHECKING, Any

from tools.usecases.workplace import Workplace

if TYPE_CHECKING:
    import reporting


def section(place: Workplace) -> "reporting.Section | None":
    """Return the charts and the table of the ledger; None while nothing was submitted."""
    import reporting
    from tools.usecases import cv_vs_leaderboard, records

    result = records.submissions(place)
    rows = result["submissions"]
    if not rows:
        return None
    charts = [
        chart for board in cv_vs_leaderboard.BOARDS if (chart := _board(board, rows)) is not None
    ]
    shown = [
        {
            "sent": row["created"][:16].replace("T", " "),
            "blend": row["blend"],
            "CV": row["score_honest"],
            "public": row["public_score"],
            "private": row["private_score"],
            "status": row["status"],
            "id": row["id"],
        }
        for row in rows
    ]
    agreed = [
        f"By CV and by {board} score the order of {judged['submissions']} submissions agrees with "
        f"Kendall's tau {judged['tau']:.2f}."
        for board, judged in result["rank_correlation"].items()
        if judged["tau"] is not None
    ]
    text = " ".join([*agreed, *result["warnings"]])
    return reporting.Section("Leaderboard", text, charts, [reporting.Table("Submissions", shown)])


def _board(board: str, rows: list[dict[str, Any]]) -> "reporting.Chart | None":
    import pandas as pd

    import reporting

    column = f"{board}_score"
    known = pd.DataFrame(rows)[["score_honest", column, "id"]].dropna()
    if known.empty:
        return None
    return reporting.scatter(
        f"CV and {board} score",
        f"The {board} score over the honest one; submissions: {len(known)}.",
        known.rename(columns={"score_honest": "honest score", column: f"{board} score"}),
        x="honest score",
        y=f"{board} score",
        label="id",
    )
