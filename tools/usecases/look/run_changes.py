"""`tools runs diff`, `rename`, `rm`: how two runs or blends differ, other names, deletion."""

from dataclasses import dataclass
from typing import Any

import configuration
import contest
import crossval
import ensembling
import jobs
from tools.usecases.context.html import Html
from tools.usecases.context.workplace import Workplace
from tools.usecases.look.runs import Subject, compare, find, honest_score, size_on_disk
from tools.usecases.runs.run_figures import LABELS, SUBSET_SEED


class InUse(jobs.UserError):
    """A run or blend is needed by others."""


class NotConfirmed(jobs.UserError):
    """The user did not confirm a deletion."""


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
    size = size_on_disk(place, subject)
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


def _settings(place: Workplace, subject: Subject) -> dict[str, Any]:
    """Return what a run or blend was made with, by name."""
    if isinstance(subject, ensembling.Blend):
        kept = ("runs", "rule", "thresholds", "weights", "gate_weights", "postprocess")
        own = {name: value for name, value in subject.as_dict().items() if name in kept}
        return {"of": "blend", "folds_digest": subject.folds_digest, **own}
    config = subject.config
    own = {"of": config["experiment"], "folds_digest": config["folds_digest"],
           LABELS: config.get(LABELS, 1.0), SUBSET_SEED: config.get(SUBSET_SEED, 0)}  # fmt: skip
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
    """Raise `InUse` if a blend uses the run, or a run the blend for pseudo-labels."""
    if isinstance(subject, ensembling.Blend):
        every = crossval.all_runs(place.paths.runs, place.spec.name)
        what, users = "run", [run.name for run in every if _pseudo(run) == subject.name]
    else:
        blends = place.blends.blends() if place.blends.names() else {}
        what, users = "blend", [one for one, blend in blends.items() if subject.name in blend.runs]
    if users:
        raise InUse(
            f"{subject.name} is used by {what} {', '.join(users)}: delete that first, "
            f"`tools runs rm {users[0]}`"
        )


def _pseudo(run: crossval.Run) -> str:
    return str(run.config.get("config", {}).get("pseudo", ""))
