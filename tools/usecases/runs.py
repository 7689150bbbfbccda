"""`tools runs`: all runs and blends with their figures; differences, names, and deletion."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeGuard

import pandas as pd

import configuration
import contest
import crossval
import ensembling
import jobs
from tools.usecases import blending, run_figures
from tools.usecases.html import Html
from tools.usecases.run_figures import RunResult
from tools.usecases.workplace import Workplace

Subject = crossval.Run | ensembling.Blend


class InUse(jobs.UserError):
    """A run or blend is needed by others."""


class NotConfirmed(jobs.UserError):
    """The user did not confirm a deletion."""


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


@dataclass(frozen=True)
class Runs(Html):
    """The runs and blends of a competition."""

    competition: str
    runs: list[Row]


@dataclass(frozen=True)
class Difference(Html):
    """How two runs or blends differ; `difference` is the score of `a` minus that of `b`."""

    a: str
    b: str
    settings: list[dict[str, Any]]
    score_a: float
    score_b: float
    difference: float
    difference_interval: tuple[float, float]
    a_wins: float
    images: int
    better: int
    worse: int


@dataclass(frozen=True)
class Changed:
    """What was deleted or renamed."""

    deleted: str | None = None
    renamed: str | None = None
    to: str | None = None
    bytes: int | None = None


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
    rows = [_run_row(place, run) for run in crossval.all_runs(place.paths.runs, place.spec.name)]
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


def diff(place: Workplace, a: str, b: str) -> Difference:
    """Return the settings in which two runs or blends differ, and their paired score difference.

    Raises:
        ensembling.EnsemblingError: they were scored on different images.
    """
    first, second = find(place, a), find(place, b)
    found = compare(place, first, second)
    return Difference(
        a=first.name,
        b=second.name,
        settings=_different(_settings(place, first), _settings(place, second)),
        score_a=honest_score(first),
        score_b=honest_score(second),
        difference=found.difference,
        difference_interval=found.interval,
        a_wins=found.a_wins,
        images=found.images,
        better=found.better,
        worse=found.worse,
    )


def delete(place: Workplace, name: str, *, yes: bool = False) -> Changed:
    """Delete a run, also an unfinished one, or a blend, after confirmation.

    Raises:
        InUse: a blend uses the run, or a run was trained on pseudo-labels of the blend.
        NotConfirmed: the answer is no.
    """
    subject = find(place, name, complete=False)
    _refuse_used(place, subject)
    size = _size(place, subject)
    if not (yes or place.ask(f"Delete {subject.name}, {size / 1e6:.1f} MB?")):
        raise NotConfirmed(f"nothing was deleted: confirm it to delete {subject.name}")
    if isinstance(subject, ensembling.Blend):
        place.blends.delete(subject.name)
    else:
        crossval.delete_run(subject)
    return Changed(deleted=subject.name, bytes=size)


def rename(place: Workplace, name: str, to: str) -> Changed:
    """Give a run or a blend another name.

    Raises:
        InUse: as for `delete`, or the name is taken.
        jobs.BadName: nothing can be stored under the name.
    """
    subject = find(place, name, complete=False)
    _refuse_used(place, subject)
    taken = {run.name for run in crossval.all_runs(place.paths.runs)} | {*place.blends.names()}
    if to in taken:
        raise InUse(f"{to!r} is the name of another run or blend: choose another one")
    if isinstance(subject, ensembling.Blend):
        place.blends.rename(subject, to)
    else:
        crossval.rename_run(subject, to)
    return Changed(renamed=subject.name, to=to)


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
        bytes=_size(place, run),
        changed=_date(run.path / ("COMPLETE" if run.complete else "config.json")),
        settings=tuple(
            f"{name.rpartition('.')[2]}={_plain(value)}" for name, value in changed.items()
        ),
    )


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
        bytes=_size(place, blend),
        changed=_date(place.blends.path(blend.name)),
        settings=tuple(blend.runs),
    )


def _size(place: Workplace, subject: Subject) -> int:
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


def _settings(place: Workplace, subject: Subject) -> dict[str, Any]:
    """Return what a run or blend was made with, by name."""
    if isinstance(subject, ensembling.Blend):
        kept = ("runs", "rule", "thresholds", "weights", "gate_weights", "postprocess")
        own = {name: value for name, value in subject.as_dict().items() if name in kept}
        return {"of": "blend", "folds_digest": subject.folds_digest, **own}
    config = subject.config
    own = {"of": config["experiment"], "folds_digest": config["folds_digest"]}
    if "config" not in config or config["experiment"] not in contest.experiment_names(
        place.spec.experiments
    ):
        return own
    restored = contest.restore_experiment(
        contest.load_experiment(place.spec.experiments, config["experiment"]), config
    )
    chosen = {name: getattr(restored, name) for name in restored.choices}
    return {
        **own,
        **chosen,
        **{one.name: one.value for one in configuration.describe(restored.config)},
    }


def _different(a: dict[str, Any], b: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the settings that both have with different values."""
    both = [name for name in a if name in b]
    return [{"setting": name, "a": a[name], "b": b[name]} for name in both if a[name] != b[name]]


def _refuse_used(place: Workplace, subject: Subject) -> None:
    if isinstance(subject, ensembling.Blend):
        every = crossval.all_runs(place.paths.runs, place.spec.name)
        users = [run.name for run in every if _pseudo(run) == subject.name]
        what = "pseudo-labels of run"
    else:
        blends: Sequence[ensembling.Blend] = (
            list(place.blends.blends().values()) if place.blends.names() else []
        )
        users = [blend.name for blend in blends if subject.name in blend.runs]
        what = "blend"
    if users:
        raise InUse(
            f"{subject.name} is used by {what} {', '.join(users)}: delete that first, "
            f"`tools runs rm {users[0]}`"
        )


def _pseudo(run: crossval.Run) -> str:
    return str(run.config.get("config", {}).get("pseudo", ""))
