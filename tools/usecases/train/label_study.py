"""`tools study labels`: how the score of an experiment depends on the number of annotations."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import crossval
import drawing
import jobs
import reporting
from tools.usecases.context.html import Html
from tools.usecases.context.source import load_experiment
from tools.usecases.context.workplace import Workplace
from tools.usecases.prepare.folds import make_folds
from tools.usecases.runs.run_figures import RunResult
from tools.usecases.train.cv import has_followed, leading, train

LEAST_FOLDS, WHOLE = 3, 100.0
SHARES = (5.0, 10.0, 25.0, 50.0, WHOLE)
"""Percent of the annotated groups of each fold."""

INTERVALS = "95 %, over new images, not over a new training or another subset"
"""What the intervals cover."""


class TooFewFolds(jobs.UserError):
    """A rule cannot be chosen without a fold."""


@dataclass(frozen=True)
class LabelCurve(Html):
    """The figures of an experiment over the share of the annotations that it uses.

    Attributes:
        experiment: its name.
        score_empty: the score without any mask.
        intervals: what they cover.
        shares: a row for each share, see `reporting.LabelShare`.
        table: the rows as CSV.
        picture: their chart.
        page: the page with charts and table.
    """

    experiment: str
    score_empty: float
    intervals: str
    shares: list[dict[str, object]]
    table: Path
    picture: Path
    page: Path


def label_curve(
    place: Workplace,
    experiment_name: str,
    *,
    shares: Sequence[float] = SHARES,
    settings: Sequence[str] = (),
    n_splits: int | None = None,
    fold_seed: int | None = None,
    subset_seed: int = 0,
) -> LabelCurve | None:
    """Cross-validate an experiment with growing shares of the annotations; a run for each.

    Every model is trained on that share of the training groups of its fold, and the rule that
    makes masks is fitted with the same annotations only (`ensembling.score_of_part`); all images
    of a fold are scored by models and rules that have seen none of them. With all annotations it
    is the run of `tools cv`. The helper processes of a distributed training return None.

    Args:
        shares: in percent, above 0 and at most 100.
        subset_seed: of the choice of annotated groups; subsets of one seed are nested.

    Raises:
        TooFewFolds: for a share below 100 %, fewer than 3 folds.
    """
    experiment = load_experiment(place, experiment_name, settings)
    folds = make_folds(place, n_splits, fold_seed)
    if folds.nunique() < LEAST_FOLDS and min(shares) < WHOLE:
        raise TooFewFolds(
            f"{folds.nunique()} folds are too few, as the rule for a fold is chosen by "
            f"cross-validation over the others: give at least {LEAST_FOLDS} folds"
        )
    if has_followed(place, experiment):
        return None
    with leading(experiment):
        found = [
            (share, train(place, experiment_name, experiment, folds, share / 100, subset_seed))
            for share in sorted(set(shares))
        ]
    rows = [_row(place, folds, share, subset_seed, result) for share, result in found]
    empty = float(found[0][1].metrics["score_empty"])
    path = place.own("studies") / f"labels-{experiment_name}-{_digest(found)}"
    table, picture, page = (path.with_suffix(suffix) for suffix in (".csv", ".png", ".html"))
    with jobs.writing(table) as temporary:
        pd.DataFrame([asdict(row) for row in rows]).to_csv(temporary, index=False)
    drawing.write_png(picture, _charts(rows, empty))
    command = _command(experiment_name, [row.percent for row in rows], settings, {
        "folds": n_splits, "fold-seed": fold_seed, "subset-seed": subset_seed or None,
    })  # fmt: skip
    content = reporting.label_curve_page(place.spec.title, experiment_name, rows, empty, command)
    reporting.write(content, page, report=place.report)
    shown = [asdict(row) for row in rows]
    return LabelCurve(experiment_name, empty, INTERVALS, shown, table, picture, page)


def _command(
    experiment: str, shares: Sequence[float], settings: Sequence[str], others: Mapping[str, Any]
) -> str:
    """Return the command that repeats a study; options of None are left out."""
    words = ["tools", "study", "labels", experiment]
    words += [word for share in shares for word in ("--share", f"{share:g}")]
    words += [word for setting in settings for word in ("--set", setting)]
    given = {name: value for name, value in others.items() if value is not None}
    return shlex.join(words + [word for name in given for word in (f"--{name}", f"{given[name]}")])


def _digest(found: Sequence[tuple[float, RunResult]]) -> str:
    return jobs.digest([result.run for _, result in found])[:8]


def _row(
    place: Workplace, folds: pd.Series, share: float, seed: int, result: RunResult
) -> reporting.LabelShare:
    dataset, run, figures = place.dataset, place.open_run(result.run), result.metrics
    used = crossval.label_subset(dataset.areas, folds, dataset.groups, share=share / 100, seed=seed)
    outside = 1 - 1 / folds.nunique()
    seconds = run.seconds
    return reporting.LabelShare(
        percent=share,
        images=round(outside * len(used)),
        positives=round(outside * int((dataset.areas[used] > 0).sum())),
        auc=figures["auc"],
        auc_interval=tuple(figures["auc_interval"]),
        score=figures["score"],
        score_interval=tuple(figures["score_interval"]),
        score_positives=figures["score_positives"],
        minutes=None if seconds is None else seconds / 60,
        run=run.name,
    )


def _charts(rows: Sequence[reporting.LabelShare], empty: float) -> np.ndarray:
    x = np.array([row.percent for row in rows])

    def chart(title: str, name: str, band: bool, **others: np.ndarray) -> drawing.Lines:
        curves = {title: np.array([getattr(row, name) for row in rows], float), **others}
        ends = [getattr(row, f"{name}_interval") for row in rows] if band else []
        bands = {title: tuple(np.array(ends).T)} if band else {}
        axis = "annotated training groups in percent"
        return drawing.Lines(
            title, axis, {one: (x, y) for one, y in curves.items()}, bands, logarithmic=True
        )

    auc = chart("AUC", "auc", band=True)
    if not reporting.has_masks(rows):
        return drawing.line_charts([auc])
    score = chart("honest score", "score", True, **{"empty file": np.full(len(x), empty)})
    positives = chart("score of the positive images", "score_positives", band=False)
    return drawing.line_charts([score, auc, positives])
