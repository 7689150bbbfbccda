"""Text of the ledger of submissions."""

from collections.abc import Mapping
from typing import Any

import contest
import crossval
import reporting
from tools.console.results import aligned

Row = Mapping[str, Any]


def text(ledger: reporting.Leaderboard) -> str:
    """Return a line for each submission, the rank correlations of CV and leaderboard, warnings.

    Reasons of submissions that failed or could not be scored follow their table.
    """
    if not ledger.submissions:
        return "no submissions yet"
    lines = aligned([COLUMNS, *[_cells(row) for row in ledger.submissions]])
    lines += [_reason(row) for row in ledger.submissions if row["error"]]
    for board, order in ledger.rank_correlation.items():
        tau = "-" if order["tau"] is None else f"{order['tau']:.2f}"
        count = order["submissions"]
        lines.append(f"rank correlation of CV and {board} score: tau {tau}, {count} submissions")
    return "\n".join([*lines, *[f"warning: {one}" for one in ledger.warnings]])


COLUMNS = ("submitted", "blend", "CV", "public", "-CV", "private", "-CV", "status", "ref", "id")


def _cells(row: Row) -> tuple[str, ...]:
    """Return the texts of one line of the table, without control characters."""
    cv, interval = _number(row["score_honest"]), row["interval"]
    cv += f" ({interval[0]:.3f}–{interval[1]:.3f})" if interval else ""
    boards = [
        text
        for board in crossval.BOARDS
        for text in (_number(row[f"{board}_score"]), _number(row[f"{board}_minus_cv"], "+"))
    ]
    sent_at = row["created"][:16].replace("T", " ")
    end = (row["status"], row["ref"] or "-", row["id"])
    cells = (sent_at, row["blend"] or "-", cv, *boards, *end)
    return tuple(contest.shown(str(cell)) for cell in cells)


def _reason(row: Row) -> str:
    return contest.shown(f"{row['status']} of {row['ref'] or row['id']}: {row['error']}", None)


def _number(value: float | None, sign: str = "") -> str:
    return "-" if value is None else f"{value:{sign}.4f}"
