"""Figures of a run: metrics, subgroups, importances of features, learning curves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import contest
import crossval
import drawing
import ensembling
import jobs
from tools.usecases.context.html import Html
from tools.usecases.context.workplace import Workplace

HONEST = "honest.parquet"
"""File of a run with the honest score of each image when it is submitted alone."""
LABELS, SUBSET_SEED = "labels", "subset_seed"
"""Entries of the configuration of a run that uses only a share of the annotations."""
INTERVALS = "95 %, over new images, not over a new training; see `tools cv --seeds`"
"""What the intervals of a run cover."""
SHOWN = 20
"""Features in the chart."""
ORDER = (
    "fold", "kind", "group", "family", "images", "positives", "columns", "auc", "auc_interval",
    "average_precision", "average_precision_interval", "trees", "inner_auc", "inner_log_loss",
    "brier", "log_loss", "calibration_error", "score", "score_interval", "score_in_sample",
    "score_empty", "score_positives", "gain", "contribution", "auc_drop", "folds", "subgroups",
    "families",
)  # fmt: skip
"""Order in which figures are shown; others follow by name."""


@dataclass(frozen=True)
class RunResult(Html):
    """A complete run.

    Attributes:
        run: its name.
        metrics: its figures in the order of `ORDER`.
        files: paths of ``importances``, ``plot`` and learning curves (``history``), if it has any.
    """

    run: str
    metrics: Mapping[str, Any]
    files: Mapping[str, Path]

    @classmethod
    def of(cls, run: crossval.Run) -> "RunResult":
        paths = {
            "importances": run.path / "importances.parquet",
            "plot": run.path / "importances.png",
            "history": run.path / "history.png",
        }
        files = {name: path for name, path in paths.items() if path.exists()}
        return cls(run.name, in_order(run.metrics()), files)

    def as_dict(self) -> dict[str, Any]:
        return {"run": self.run, **self.metrics, "intervals": INTERVALS, **self.files}


def metrics(
    place: Workplace, run: crossval.Run, oof: pd.DataFrame, part: pd.Index | None = None
) -> dict[str, Any]:
    """Return the figures of a run's out-of-fold probabilities and maps, if it has maps.

    Args:
        part: the images it was trained on without a fold, whose annotations the rule may use; None
            for all.
    """
    dataset = place.dataset
    labels, p = dataset.labels[oof.index], oof["p"]
    rows = []
    for fold in sorted(set(oof["fold"])):
        chosen = oof.index[oof["fold"] == fold]
        of_learner = jobs.read_json(run.path / "parts" / f"fold{fold}.json")
        ranks = _ranking(labels[chosen], p[chosen], dataset.groups)
        held_out = {"images": len(chosen), "positives": int(labels[chosen].sum())}
        rows.append({"fold": fold, **ranks, **of_learner, **held_out})
    return {
        **_ranking(labels, p, dataset.groups),
        **crossval.reliability(labels.to_numpy(), p.to_numpy()),
        **_honest(place, run, oof, part),
        "folds": rows,
        "subgroups": crossval.subgroup_table(
            dataset.areas[oof.index], p, kinds(place, oof.index), dataset.groups
        ),
    }


def is_outdated(run: crossval.Run) -> bool:
    """Return whether a complete run lacks figures that older versions did not compute."""
    return not {"score", "score_interval", "score_empty", "score_positives"} <= set(run.metrics())


def _honest(
    place: Workplace, run: crossval.Run, oof: pd.DataFrame, part: pd.Index | None
) -> dict[str, Any]:
    """Return the honest score of a blend of this run only; keep that of each image."""
    own = member(run, oof, "oof")
    if part is None:
        fitted, images = fit(place, [own], oof["fold"])
        found = {
            "score": fitted.score_honest,
            "score_interval": list(fitted.interval),
            "score_in_sample": fitted.score_in_sample,
            "score_empty": fitted.score_empty,
            "score_positives": fitted.positive_score,
        }
    else:
        dataset, metric = place.dataset, contest.metric_of(place.spec)
        score, images = ensembling.score_of_part(
            [own], dataset.truth, oof["fold"], part, dataset.groups,
            metric=metric, report=place.report,
        )  # fmt: skip
        found = {
            "score": score.score,
            "score_interval": list(score.interval),
            "score_empty": score.score_empty,
            "score_positives": score.positive_score,
        }
    jobs.write_table(run.path / HONEST, images)
    return found


def fit(
    place: Workplace, members: Sequence[ensembling.Member], folds: pd.Series
) -> tuple[ensembling.Blend, pd.DataFrame]:
    """Fit a blend of out-of-fold predictions and score it; see `ensembling.fit`."""
    dataset, metric = place.dataset, contest.metric_of(place.spec)
    return ensembling.fit(
        members, dataset.truth, folds, dataset.groups, metric=metric, report=place.report
    )


def member(run: crossval.Run, table: pd.DataFrame, part: str) -> ensembling.Member:
    """Return the predictions of a run, `part` "oof" or "test", as a member of a blend."""
    return ensembling.Member(
        run.name, table["p"], run.maps(part, table), run.folds_digest, table.get("spread")
    )


def explain(
    run: crossval.Run,
    learner: crossval.Learner,
    experiment: contest.Experiment,
    report: jobs.Report,
) -> dict[str, Any]:
    """Write `importances.parquet` and `importances.png` of a run with features.

    Returns:
        families: a row for each; {} for learners without features.
    """
    folds = run.folds
    held_out = {
        run.model_folder(fold): list(folds.index[folds == fold]) for fold in sorted(folds.unique())
    }
    found = experiment.explain(learner, held_out, report)
    if found is None:
        return {}
    jobs.write_table(run.path / "importances.parquet", found.columns.reset_index())
    top = found.columns["contribution"].head(SHOWN).to_dict()
    families = found.families
    charts = [
        drawing.Bars("families", "mean |SHAP|, log-odds", families["contribution"].to_dict()),
        drawing.Bars("families, permuted", "loss of AUC", families["auc_drop"].to_dict()),
        drawing.Bars("features", "mean |SHAP|, log-odds", top),
    ]
    drawing.write_png(run.path / "importances.png", drawing.bar_charts(charts))
    return {"families": families.reset_index().to_dict("records")}


def draw_history(run: crossval.Run) -> None:
    """Write `history.png`, the learning curves of all folds, for a run of networks."""
    models = run.path / "models"
    tables = {
        str(path.parent.relative_to(models)): pd.read_csv(path)
        for path in sorted(models.glob("fold*/**/history.csv"))
    }
    shown = {"loss": "training loss", "score": "score of the hold-out images"}
    charts = [
        drawing.Lines(title, "epoch", {
            fold: (table["epoch"].to_numpy(), table[column].to_numpy())
            for fold, table in tables.items()
        })
        for column, title in shown.items()
        if any(table[column].notna().any() for table in tables.values())
    ]  # fmt: skip
    if charts:
        drawing.write_png(run.path / "history.png", drawing.line_charts(charts))


def in_order(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return `figures`, and the tables among them, in the order of `ORDER`."""
    place = {name: number for number, name in enumerate(ORDER)}
    tidy = {
        name: [in_order(row) for row in value] if _is_table(value) else value
        for name, value in figures.items()
    }
    return dict(sorted(tidy.items(), key=lambda item: (place.get(item[0], len(ORDER)), item[0])))


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def _ranking(labels: pd.Series, p: pd.Series, groups: pd.Series | None) -> dict[str, Any]:
    truth = labels.to_numpy()
    return {
        "auc": crossval.area_under_roc(truth, p.to_numpy()),
        "auc_interval": list(crossval.auc_interval(labels, p, groups)),
        "average_precision": crossval.average_precision(truth, p.to_numpy()),
        "average_precision_interval": list(crossval.average_precision_interval(labels, p, groups)),
    }


def kinds(place: Workplace, ids: pd.Index) -> pd.DataFrame:
    """Return the subgroup of each image by categorical facts and by bands of numeric ones."""
    facts, bands = place.dataset.facts.loc[ids], place.spec.bands
    found = pd.DataFrame(index=ids)
    for name in map(str, facts):
        if name in bands:
            found[name] = crossval.bands_of(facts[name], list(bands[name]))
        elif not pd.api.types.is_numeric_dtype(facts[name]):
            found[name] = facts[name]
    return found
