"""Does the cross-validated score agree with the leaderboard?"""

from collections.abc import Sequence
from typing import Any

from scipy.stats import kendalltau

ENOUGH = 4
"""Submissions from which on their order is compared."""
BOARDS = ("public", "private")

Row = dict[str, Any]


def rank_correlations(rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """Return Kendall's tau-b of the CV with each leaderboard, and of how many submissions.

    tau is 1 where both put the submissions in the same order, -1 where the order is reversed
    (Kendall, Biometrika 33:239-251, 1945); None where there are fewer than two, or all are equal.

    Args:
        rows: with score_honest, public_score and private_score; those without both do not count.
    """
    return {board: _correlation(_pairs(rows, board)) for board in BOARDS}


def contradictions(rows: Sequence[Row]) -> list[str]:
    """Return what in the scores contradicts the cross-validation, one line each.

    Two rules. From four scored submissions on, a tau of 0 or less: the CV does not tell which
    submission is better. And each leaderboard score outside the interval of its own CV; as the
    leaderboard has other and fewer images, one of them is a hint and several are a finding.
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
    """Return the leaderboard score minus the CV; None where one is not known."""
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
