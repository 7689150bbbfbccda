"""Several trainings of one experiment that differ only in their seed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import contest
import crossval
import jobs
from tools.usecases.context.html import Html
from tools.usecases.context.workplace import Workplace
from tools.usecases.ensemble import blending
from tools.usecases.runs.run_figures import RunResult

STEP = 1000
"""Between the seeds of two trainings: fold k trains with seed + k, and a run has at most so many
folds."""


@dataclass(frozen=True)
class Trainings(Html):
    """Trainings of one experiment with different seeds.

    Attributes:
        experiment: its name.
        auc: mean area under the ROC curve, with `auc_interval` (95 %, one more training on new
            images) and `auc_sd` between the trainings.
        score: the same of the honest score.
        score_empty: the score without any mask.
        score_average: honest score of the average of all trainings.
        intervals: what they cover.
        trainings: run, seed and figures of each.
        blend: the command that blends them.
    """

    experiment: str
    auc: float
    auc_interval: tuple[float, float]
    auc_sd: float
    score: float
    score_interval: tuple[float, float]
    score_sd: float
    score_empty: float
    score_average: float
    score_average_interval: tuple[float, float]
    intervals: str
    trainings: list[dict[str, Any]]
    blend: str


def with_seeds(experiment: contest.Experiment, count: int) -> Iterator[contest.Experiment]:
    """Yield the experiment with so many seeds, the first with its own."""
    for number in range(count):
        yield replace(experiment, seed=experiment.seed + STEP * number)


def trainings_of(place: Workplace, experiment_name: str, found: Sequence[RunResult]) -> Trainings:
    """Return the figures of at least two trainings, and of their average."""
    runs = blending.open_runs(place, [one.run for one in found])
    average, _ = blending.fit_runs(place, runs, experiment_name)
    figures = [one.metrics for one in found]
    auc, score = (_over(figures, name) for name in ("auc", "score"))
    return Trainings(
        experiment=experiment_name,
        auc=auc.mean,
        auc_interval=auc.interval_new,
        auc_sd=auc.sd,
        score=score.mean,
        score_interval=score.interval_new,
        score_sd=score.sd,
        score_empty=average.score_empty,
        score_average=average.score_honest,
        score_average_interval=average.interval,
        intervals="95 %: of the mean, over new images and a new training; of the average, over new "
        "images",
        trainings=[
            {"run": run.name, "seed": run.config["seed"], "auc": one["auc"], "score": one["score"],
             "score_positives": one["score_positives"]}
            for run, one in zip(runs, figures, strict=True)
        ],
        blend=f"tools blend {' '.join(run.name for run in runs)} --name NAME",
    )  # fmt: skip


def _over(figures: Sequence[Mapping[str, Any]], name: str) -> crossval.OverTrainings:
    return crossval.over_trainings(
        [one[name] for one in figures], [one[f"{name}_interval"] for one in figures]
    )


def alike(run: crossval.Run) -> str:
    """Return the digest of everything in a run's configuration but the seed."""
    return jobs.digest({name: value for name, value in run.config.items() if name != "seed"})
