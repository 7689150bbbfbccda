"""Comparison of cross-validated scores (CV) with the leaderboard."""

from collections.abc import Sequence
from typing import Any

from scipy.stats import kendalltau

ENOUGH = 4
"""Minimum number of submissions for a comparison of their order."""
BOARDS = ("public", "private")
"""The leaderboards of a competition."""

Row = dict[str, Any]


def rank_correlations(rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """Return Kendall's tau-b between CV and score, and the number of submissions, by leaderboard.

    tau is 1 for equal and -1 for reversed orders (Kendall, Biometrika 33:239-251, 1945), and None
    for fewer than two submissions or equal scores.

    Args:
        rows: submissions with score_honest, public_score and private_score; those without CV or
            leaderboard score are ignored.
    """
    return {board: _correlation(_pairs(rows, board)) for board in BOARDS}


def contradictions(rows: Sequence[Row]) -> list[str]:
    """Return the contradictions between CV and leaderboard, one line each.

    These are a tau of 0 or less for at least four scored submissions, and leaderboard scores
    outside the confidence interval of their CV. A single score outside may be due to chance,
    because the leaderboard has other and fewer images.
    """
    found = []
    for board, order in rank_correlations(rows).items():
        if order["tau"] is not None and order["tau"] <= 0 and order["submissions"] >= ENOUGH:
            found.append(
                f"CV and {board} score disagree on the order of {order['submissions']} "
                f"submissions (tau {order['tau']:.2f}): do not choose by CV alone"
            )
    return found + [text for row in rows for board in BOARDS if (text := _outside(row, board))]


def minus_cv(row: Row, board: str) -> float | None:
    """Return the leaderboard score minus the CV; None if one of them is unknown."""
    score, cv = row[f"{board}_score"], row["score_honest"]
    return None if score is None or cv is None else score - cv


def _pairs(rows: Sequence[Row], board: str) -> list[tuple[float, float]]:
    return [
        (row["score_honest"], row[f"{board}_score"])
        for row in rows
        if minus_cv(row, board) is not None
    ]


def _correlation(pairs: Sequence[tuple[float, float]]) -> dict[str, Any]:
    if any(len({pair[side] for pair in pairs}) < 2 for side in (0, 1)):
        return {"tau": None, "submissions": len(pairs)}
    tau = kendalltau(*zip(*pairs, strict=True)).statistic
    return {"tau": float(tau), "submissions": len(pairs)}


def _outside(row: Row, board: str) -> str:
    score, interval = row[f"{board}_score"], row["interval"]
    if score is None or interval is None or interval[0] <= score <= interval[1]:
        return ""
    side = "below" if score < interval[0] else "above"
    return (
        f"the {board} score {score:.4f} of {row['blend']} (ref {row['ref']}) lies {side} the "
        f"interval of its CV, {interval[0]:.4f}–{interval[1]:.4f}"
    )
