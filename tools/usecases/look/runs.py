"""`tools runs`: all runs and blends with their figures; differences, names, and deletion."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import stdev
from typing import Any, TypeGuard

import pandas as pd

import contest
import crossval
import ensembling
import jobs
from tools.usecases.context.html import Html
from tools.usecases.context.workplace import Workplace
from tools.usecases.ensemble import blending
from tools.usecases.runs import run_figures
from tools.usecases.runs.run_figures import LABELS, SUBSET_SEED, RunResult
from tools.usecases.train.trainings import alike

Subject = crossval.Run | ensembling.Blend


@dataclass(frozen=True)
class Row:
    """A run or a blend; None for figures that it does not have.

    Attributes:
        kind: "run" or "blend".
        name: of it.
        score: honest score; of a run, if it were submitted alone.
        score_interval: 95 % interval over new images.
        score_empty: the score without any mask.
        auc: area under the ROC curve of the out-of-fold probabilities.
        score_positives: honest score of the positive images.
        folds_done: finished folds.
        folds: all folds.
        minutes: wall-clock time of a run's folds.
        bytes: size on disk.
        changed: date of the last change, ISO 8601.
        settings: changed settings of a run, ``name=value``; the runs of a blend.
        trainings: complete runs that differ from it at most in the seed; None for blends.
        score_sd: standard deviation of their scores; None for a single one.
    """

    kind: str
    name: str
    score: float | None
    score_interval: tuple[float, float] | None
    score_empty: float | None
    auc: float | None
    score_positives: float | None
    folds_done: int | None
    folds: int | None
    minutes: float | None
    bytes: int
    changed: str
    settings: tuple[str, ...]
    trainings: int | None = None
    score_sd: float | None = None


@dataclass(frozen=True)
class Runs(Html):
    """The runs and blends of a competition."""

    competition: str
    runs: list[Row]


SORTS: dict[str, tuple[Callable[[Row], Any], bool]] = {
    "score": (lambda row: row.score, True),
    "auc": (lambda row: row.auc, True),
    "positives": (lambda row: row.score_positives, True),
    "date": (lambda row: row.changed, True),
    "time": (lambda row: row.minutes, True),
    "size": (lambda row: row.bytes, True),
    "name": (lambda row: row.name, False),
}
"""Orders of the table: value of a row, and whether the largest comes first."""


def runs(place: Workplace, *, sort: str = "score", match: str = "", kind: str = "all") -> Runs:
    """Return the runs and blends, also unfinished runs.

    Args:
        sort: a key of `SORTS`; rows without the value come last.
        match: only names or settings that contain this text.
        kind: "run", "blend" or "all".
    """
    every = crossval.all_runs(place.paths.runs, place.spec.name)
    rows = _with_spread([_run_row(place, run) for run in every], list(map(alike, every)))
    if place.blends.names():
        rows += [_blend_row(place, one) for one in place.blends.blends().values()]
    shown = [
        row
        for row in rows
        if kind in (row.kind, "all") and match in " ".join((row.name, *row.settings))
    ]
    value, reverse = SORTS[sort]
    known = sorted((row for row in shown if value(row) is not None), key=value, reverse=reverse)
    return Runs(place.spec.name, known + [row for row in shown if value(row) is None])


def show(place: Workplace, name: str) -> RunResult | ensembling.Blend:
    """Return the figures of a run or a blend."""
    subject = find(place, name)
    return subject if isinstance(subject, ensembling.Blend) else RunResult.of(subject)


def is_blend(subject: object) -> TypeGuard[ensembling.Blend]:
    """Return whether `show` has returned a blend."""
    return isinstance(subject, ensembling.Blend)


def find(place: Workplace, name: str, *, complete: bool = True) -> Subject:
    """Return the blend of that name, "best" included, else the run with this (beginning of a) name.

    Args:
        name: of it.
        complete: unfinished runs are refused.
    """
    if name == ensembling.BEST or name in place.blends.names():
        return place.open_blend(name)
    known = {run.name: run for run in crossval.all_runs(place.paths.runs, place.spec.name)}
    if not complete and name in known:
        return known[name]
    return place.open_run(name)


def honest_images(place: Workplace, subject: Subject) -> pd.DataFrame:
    """Return the honest score of each image: fold, score, predicted, indexed by image id."""
    if isinstance(subject, ensembling.Blend):
        return place.blends.images(subject)
    path = subject.file(run_figures.HONEST)
    if path.exists():
        return jobs.read_table(path)
    return blending.fit_runs(place, [subject], subject.name)[1]  # a run of an older version


def compare(place: Workplace, first: Subject, second: Subject) -> ensembling.Comparison:
    """Compare two runs or blends on the images that both were scored on.

    Raises:
        ensembling.EnsemblingError: they were scored on different images or annotations.
    """
    if not comparable(first, second):
        raise ensembling.EnsemblingError(
            f"{first.name} and {second.name} were scored on different images or annotations: make "
            "them again on the same data"
        )
    images = [honest_images(place, one) for one in (first, second)]
    return ensembling.compare(images[0], images[1], place.groups())


def comparable(first: Subject, second: Subject) -> bool:
    """Return whether two runs or blends were scored on the same images and annotations."""
    return _data_digest(first) == _data_digest(second)


def honest_score(subject: Subject) -> float:
    """Return the honest score of a run, if it were submitted alone, or of a blend."""
    if isinstance(subject, ensembling.Blend):
        return subject.score_honest
    return float(subject.metrics()["score"])


def _data_digest(subject: Subject) -> str:
    if isinstance(subject, ensembling.Blend):
        return subject.data_digest
    return str(subject.config["data_digest"])


def _run_row(place: Workplace, run: crossval.Run) -> Row:
    figures = run.metrics() if run.complete else {}
    interval, seconds = figures.get("score_interval"), run.seconds
    changed = contest.settings_changed(place.spec.experiments, run.config) or {}
    if LABELS in run.config:
        changed[LABELS] = f"{100 * run.config[LABELS]:g}%"
    if run.config.get(SUBSET_SEED):
        changed[SUBSET_SEED] = run.config[SUBSET_SEED]
    return Row(
        kind="run",
        name=run.name,
        score=figures.get("score"),
        score_interval=tuple(interval) if interval else None,
        score_empty=figures.get("score_empty"),
        auc=figures.get("auc"),
        score_positives=figures.get("score_positives"),
        folds_done=run.folds_done,
        folds=int(run.folds.nunique()),
        minutes=None if seconds is None else seconds / 60,
        bytes=size_on_disk(place, run),
        changed=_date(run.path / ("COMPLETE" if run.complete else "config.json")),
        settings=tuple(
            f"{name.rpartition('.')[2]}={_plain(value)}" for name, value in changed.items()
        ),
    )


def _with_spread(rows: Sequence[Row], configs: Sequence[str]) -> list[Row]:
    """Return the rows of runs with the spread over the seeds.

    Args:
        rows: of the runs.
        configs: of each run the digest of its configuration without the seed.
    """
    scores: dict[str, list[float]] = defaultdict(list)
    for row, config in zip(rows, configs, strict=True):
        if row.score is not None:
            scores[config].append(row.score)
    return [
        replace(
            row,
            trainings=len(scores[config]),
            score_sd=stdev(scores[config]) if len(scores[config]) > 1 else None,
        )
        for row, config in zip(rows, configs, strict=True)
    ]


def _blend_row(place: Workplace, blend: ensembling.Blend) -> Row:
    return Row(
        kind="blend",
        name=blend.name,
        score=blend.score_honest,
        score_interval=blend.interval,
        score_empty=blend.score_empty,
        auc=blend.auc,
        score_positives=blend.positive_score,
        folds_done=None,
        folds=None,
        minutes=None,
        bytes=size_on_disk(place, blend),
        changed=_date(place.blends.path(blend.name)),
        settings=tuple(blend.runs),
    )


def size_on_disk(place: Workplace, subject: Subject) -> int:
    if isinstance(subject, crossval.Run):
        return sum(one.size for one in jobs.files_below(subject.path))
    record = place.blends.path(subject.name)
    parts = (record.with_suffix(suffix) for suffix in (".json", ".parquet", ".png"))
    return sum(part.stat().st_size for part in parts if part.exists())


def _date(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="minutes")


def _plain(value: Any) -> str:
    """Return the short text of a setting: items with commas, the name of a file without folders."""
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return Path(value).name if isinstance(value, str) else str(value)
