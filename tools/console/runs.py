"""Text of the table of runs and blends."""

from collections.abc import Sequence
from typing import Any, Protocol

from tools.console.results import aligned, duration, figure
from tools.console.screen import printable

COLUMNS = (
    "name", "score", "95 %", "over seeds", "AUC", "positives", "folds", "time", "size", "changed",
    "settings",
)  # fmt: skip


class Row(Protocol):
    """A run or a blend, see `tools.usecases.look.runs.Row`."""

    kind: Any
    name: Any
    score: Any
    score_interval: Any
    auc: Any
    score_positives: Any
    folds_done: Any
    folds: Any
    minutes: Any
    bytes: Any
    changed: Any
    settings: Any
    trainings: Any
    score_sd: Any


def text(rows: Sequence[Any], competition: str) -> str:
    """Return a line for each run and blend."""
    if not rows:
        return f"no runs of {competition}: make one, `tools cv EXPERIMENT`"
    lines = aligned([COLUMNS, *map(_cells, rows)])
    unfinished = any(row.kind == "run" and row.folds_done < row.folds for row in rows)
    notes = ["The intervals are over new images, not over new trainings: `tools cv --seeds N`."]
    if unfinished:
        notes.append("Repeat the `tools cv` of an unfinished run to resume it.")
    return "\n".join([*lines, *notes])


def _cells(row: Row) -> tuple[str, ...]:
    interval = row.score_interval
    cells = (
        row.name if row.kind == "run" else f"{row.name} (blend)",
        figure(row.score, 4),
        f"{interval[0]:.3f}–{interval[1]:.3f}" if interval else "-",
        "-" if row.score_sd is None else f"sd {row.score_sd:.4f} of {row.trainings}",
        figure(row.auc, 3),
        figure(row.score_positives, 3),
        "-" if row.folds is None else f"{row.folds_done}/{row.folds}",
        duration(row.minutes),
        _size(row.bytes),
        row.changed[:16].replace("T", " "),
        " ".join(row.settings) or "-",
    )
    return tuple(map(printable, cells))


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count < 1e9 else f"{count / 1e9:.1f} GB"
