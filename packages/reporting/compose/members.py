"""Sections on the runs of a blend: weights, correlation, learning curves, features."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

import crossval
import ensembling
import jobs
from reporting.charts.charts import bars, matrix
from reporting.charts.lines import lines
from reporting.compose.gallery import member_ranks
from reporting.compose.subject import Subject
from reporting.page.content import Chart, Section

FEATURES = 20
"""Number of features in the chart."""


def weights_section(subject: Subject, blend: ensembling.Blend) -> Section:
    """Return charts of the weights, the correlation between runs, and the weight search."""
    drawn = {run: blend.weights.get(run, 0.0) for run in blend.runs}
    charts = [bars("Weights of the probability maps", f"{len(drawn)} runs.", drawn, axis="weight")]
    if blend.gate_weights:
        charts.append(bars(
            "Weights in the gate", "Weight of each run's calibrated probability.",
            blend.gate_weights, axis="weight",
        ))  # fmt: skip
    if len(subject.members) > 1:
        correlation = member_ranks(subject).corr()
        others = correlation.to_numpy()[~np.eye(len(correlation), dtype=bool)]
        charts.append(matrix(
            "Correlation between runs",
            "Spearman's rank correlation of the probabilities, from "
            f"{others.min():.2f} to {others.max():.2f}.",
            correlation, format=".2f",
        ))  # fmt: skip
    if path := blend.weights_path:
        steps = np.arange(len(path))
        charts.append(lines(
            "Weight search", "Score on reduced probability maps at each step of the search.",
            {"score": (steps, np.array([step["score"] for step in path]))}, x="step", y="score",
        ))  # fmt: skip
    return Section("Members", "", charts)


def training_section(run: crossval.Run) -> Section | None:
    """Return the learning curves of a run of neural networks; None for other runs."""
    models = run.path / "models"
    tables = {
        # runs of earlier versions have a column "dice" instead of "score"
        str(path.parent.relative_to(models)): pd.read_csv(path).rename(columns={"dice": "score"})
        for path in sorted(models.rglob("history.csv"))
    }
    shown = {
        "loss": "Loss of the training images",
        "score": "Score of images held out from training",
    }
    charts = [_learning_curves(title, column, tables) for column, title in shown.items()]
    drawn = [chart for chart in charts if chart is not None]
    return Section(f"Training of {run.name}", "", drawn) if drawn else None


def features_section(run: crossval.Run) -> Section | None:
    """Return charts of the feature importance of a run; None for a run without features."""
    path = run.file("importances.parquet")
    if not path.exists():
        return None
    columns = jobs.read_table(path).set_index("feature")["contribution"]
    families = run.metrics().get("families", [])
    charts = [
        bars("Features", f"Mean |SHAP| of the {FEATURES} most important features.",
             columns.head(FEATURES).to_dict(), axis="log-odds")
    ]  # fmt: skip
    if families:
        charts.insert(0, bars(
            "Feature families", "Loss of AUC when the columns of a family are shuffled.",
            {row["family"]: row["auc_drop"] for row in families}, axis="loss of AUC",
        ))  # fmt: skip
    return Section(f"Features of {run.name}", "", charts)


def _learning_curves(title: str, column: str, tables: Mapping[str, pd.DataFrame]) -> Chart | None:
    """Return one curve per model with the column; None if no model has the column."""
    known = {name: one.dropna(subset=[column]) for name, one in tables.items() if column in one}
    known = {name: one for name, one in known.items() if len(one)}
    if not known:
        return None
    last = [float(one[column].iloc[-1]) for one in known.values()]
    return lines(
        title,
        f"By epoch, one curve for each model; {min(last):.3f} to {max(last):.3f} at the end.",
        {name: (one["epoch"].to_numpy(), one[column].to_numpy()) for name, one in known.items()},
        x="epoch",
        y=column,
    )
