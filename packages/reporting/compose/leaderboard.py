"""The section on the leaderboard: cross-validated and leaderboard scores of all submissions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from reporting.charts.charts import scatter
from reporting.page.content import Chart, Section, Table


@dataclass(frozen=True)
class Leaderboard:
    """All submissions to a competition.

    Attributes:
        submissions: one row per submission with created, blend, score_honest, public_score,
            private_score, status and id.
        rank_correlation: by leaderboard, tau (Kendall's tau or None) and submissions (their
            number).
        warnings: contradictions between leaderboard and cross-validation, one sentence each.
    """

    submissions: Sequence[Mapping[str, Any]]
    rank_correlation: Mapping[str, Mapping[str, Any]]
    warnings: Sequence[str] = ()


def leaderboard_section(leaderboard: Leaderboard) -> Section | None:
    """Return the charts and the table of the submissions; None without submissions."""
    rows = leaderboard.submissions
    if not rows:
        return None
    charts = [_chart(board, rows) for board in leaderboard.rank_correlation]
    shown = [
        {
            "submitted": row["created"][:16].replace("T", " "),
            "blend": row["blend"],
            "CV": row["score_honest"],
            "public": row["public_score"],
            "private": row["private_score"],
            "status": row["status"],
            "id": row["id"],
        }
        for row in rows
    ]
    agreement = [
        f"The order of {order['submissions']} submissions by cross-validation and by {board} "
        f"score has Kendall's tau {order['tau']:.2f}."
        for board, order in leaderboard.rank_correlation.items()
        if order["tau"] is not None
    ]
    text = " ".join([*agreement, *leaderboard.warnings])
    known = [chart for chart in charts if chart is not None]
    return Section("Leaderboard", text, known, [Table("Submissions", shown)])


def _chart(board: str, rows: Sequence[Mapping[str, Any]]) -> Chart | None:
    column = f"{board}_score"
    known = pd.DataFrame(rows)[["score_honest", column, "id"]].dropna()
    if known.empty:
        return None
    return scatter(
        f"CV and {board} score",
        f"The {board} score over the honest score of {len(known)} submissions.",
        known.rename(columns={"score_honest": "honest score", column: f"{board} score"}),
        x="honest score",
        y=f"{board} score",
        label="id",
    )
