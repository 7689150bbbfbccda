"""The page of all runs and blends of a competition: scores with intervals, by fold, time, cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from reporting.charts.charts import intervals, matrix, over_time, scatter
from reporting.compose.leaderboard import Leaderboard, leaderboard_section
from reporting.page.content import Figure, Page, Section, Table

MOST = 40
"""Largest number of runs and blends in a chart."""


@dataclass(frozen=True)
class RunSummary:
    """A run or blend with its honest score.

    Attributes:
        kind: "run" or "blend".
        name: of it.
        score: honest score.
        interval: 95 % over new images.
        score_empty: the score without any mask; None if unknown.
        auc: area under the ROC curve; None if unknown.
        score_positives: honest score of the positive images; None if unknown.
        minutes: wall-clock time of the training; None if unknown, and for blends.
        bytes: size on disk.
        date: of the last change, ISO 8601.
        settings: changed settings of a run, or the runs of a blend.
        by_fold: mean honest score of the held-out images of each fold.
        behind: score minus that of the best, with the 95 % interval of the paired difference; None
            for the best and for those on other images.
        score_sd: standard deviation of the score over trainings with other seeds; None if there
            is only one.
        trainings: number of these trainings.
    """

    kind: str
    name: str
    score: float
    interval: tuple[float, float]
    score_empty: float | None
    auc: float | None
    score_positives: float | None
    minutes: float | None
    bytes: int
    date: str
    settings: Sequence[str] = ()
    by_fold: Mapping[int, float] = field(default_factory=dict)
    behind: tuple[float, float, float] | None = None
    score_sd: float | None = None
    trainings: int | None = None


def runs_page(
    title: str, rows: Sequence[RunSummary], unfinished: Sequence[str], leaderboard: Leaderboard
) -> Page:
    """Return the page of all runs and blends.

    Args:
        title: of the competition.
        rows: complete runs and blends, the best first; at least one.
        unfinished: names of unfinished runs.
        leaderboard: all submissions.
    """
    best, minutes = rows[0], [row.minutes for row in rows if row.minutes is not None]
    trained = Figure("training", f"{sum(minutes) / 60:.1f} h", f"of {len(minutes)} runs")
    sections = [_scores(rows), _folds(rows), _time_and_cost(rows), leaderboard_section(leaderboard)]
    low, high = best.interval
    return Page(
        title=f"{title}: runs and blends",
        subtitle="Honest scores: nested cross-validation on out-of-fold predictions",
        figures=[
            Figure("best honest score", f"{best.score:.4f}",
                   f"{best.name}; 95 % interval {low:.3f}–{high:.3f}"),
            Figure("runs", str(sum(row.kind == "run" for row in rows)),
                   f"and {len(unfinished)} unfinished" if unfinished else ""),
            Figure("blends", str(sum(row.kind == "blend" for row in rows))),
            *([trained] if minutes else []),
            Figure("on disk", f"{sum(row.bytes for row in rows) / 1e9:.2f} GB"),
        ],
        command="tools report",
        sections=[section for section in sections if section is not None],
    )  # fmt: skip


def _scores(rows: Sequence[RunSummary]) -> Section:
    shown = _with_masks(rows)[:MOST]
    charts = [
        intervals(
            "Honest score",
            "Honest score of each run, if it were submitted alone, and of each blend, with the 95 "
            "% interval over new images.",
            {row.name: (row.score, *row.interval) for row in shown},
            axis="honest score",
        )
    ]
    behind = {row.name: row.behind for row in shown if row.behind is not None}
    if behind:
        charts.append(
            intervals(
                f"Difference from {rows[0].name}",
                "Paired difference on the same images, with its 95 % interval. Where that contains "
                "0, the two cannot be told apart on these images.",
                behind,
                axis="difference of the score",
                zero=True,
            )
        )
    text = (
        "Intervals of single scores overlap even where one is better on the same images; the "
        "paired differences show which differences are larger than chance. The intervals are over "
        "new images, not over new trainings. What does not score above an empty file, as a run "
        "without masks, is only in the table."
    )
    return Section("Scores", text, charts, [Table("Runs and blends", list(map(_cells, rows)))])


def _with_masks(rows: Sequence[RunSummary]) -> list[RunSummary]:
    """Return the rows that score above an empty file, which others would hide in a chart."""
    better = [row for row in rows if row.score_empty is None or row.score > row.score_empty]
    return better or list(rows)


def _cells(row: RunSummary) -> dict[str, Any]:
    low, high = row.interval
    return {
        "name": row.name,
        "kind": row.kind,
        "score": row.score,
        "95 %": f"{low:.3f}–{high:.3f}",
        "over seeds": "" if row.score_sd is None else f"sd {row.score_sd:.4f} of {row.trainings}",
        "to the best": "" if row.behind is None else _difference(row.behind),
        "AUC": row.auc,
        "positives": row.score_positives,
        "minutes": None if row.minutes is None else round(row.minutes),
        "MB": round(row.bytes / 1e6),
        "changed": row.date[:16].replace("T", " "),
        "settings": " ".join(row.settings),
    }


def _difference(behind: tuple[float, float, float]) -> str:
    difference, low, high = behind
    return f"{difference:+.4f} ({low:+.3f} to {high:+.3f})"


def _folds(rows: Sequence[RunSummary]) -> Section | None:
    known = {row.name: dict(row.by_fold) for row in _with_masks(rows)[:MOST] if row.by_fold}
    if not known:
        return None
    frame = pd.DataFrame.from_dict(known, orient="index")
    frame = frame[sorted(frame.columns)]
    frame.columns = [f"fold {name}" for name in frame.columns]
    chart = matrix(
        "Score by fold",
        "Mean honest score of the held-out images of each fold.",
        frame,
        format=".3f",
    )
    text = "A fold that is hard for all is hard by its images; compare runs within a column."
    return Section("Folds", text, [chart])


def _time_and_cost(rows: Sequence[RunSummary]) -> Section:
    rows = _with_masks(rows)
    frame = pd.DataFrame(
        {
            "name": [row.name for row in rows],
            "date": [row.date for row in rows],
            "value": [row.score for row in rows],
            "low": [row.interval[0] for row in rows],
            "high": [row.interval[1] for row in rows],
            "minutes of training": [row.minutes for row in rows],
        }
    )
    charts = [
        over_time(
            "Score over time",
            "Honest score by the date of the run or blend, with its 95 % interval.",
            frame,
            y="honest score",
        )
    ]
    timed = frame.dropna(subset="minutes of training").rename(columns={"value": "honest score"})
    if len(timed):
        charts.append(
            scatter(
                "Score and cost",
                "Honest score over the minutes of training of all folds.",
                timed,
                x="minutes of training",
                y="honest score",
                label="name",
            )
        )
    return Section("Time and cost", "", charts)
