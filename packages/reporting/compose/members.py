"""Charts of the runs behind it: weights, correlation, learning curves, features."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tools.usecases.reports import table
from tools.usecases.reports.subject import Subject

if TYPE_CHECKING:
    import pandas as pd

    import crossval
    import reporting

FEATURES = 20
"""Features that are shown."""


def weights(subject: Subject) -> "reporting.Section":
    """Return the weight of each run, how they correlate, and the search for the weights."""
    import numpy as np

    import reporting

    record = subject.record
    drawn = {run: record["weights"].get(run, 0.0) for run in record["runs"]}
    charts = [
        reporting.bars(
            "Weights of the soft maps", f"Out of {len(drawn)} runs.", drawn, axis="weight"
        )
    ]
    if record["gate_weights"]:
        charts.append(reporting.bars(
            "Weights in the gate", "Of each run's calibrated probability.",
            record["gate_weights"], axis="weight",
        ))  # fmt: skip
    if len(subject.members) > 1:
        correlation = table.member_ranks(subject).corr()
        others = correlation.to_numpy()[~np.eye(len(correlation), dtype=bool)]
        charts.append(reporting.matrix(
            "Correlation between runs",
            f"Spearman's, of the probabilities; between {others.min():.2f} and {others.max():.2f}.",
            correlation, format=".2f",
        ))  # fmt: skip
    if path := record["weights_path"]:
        steps = np.arange(len(path))
        charts.append(reporting.lines(
            "Search for weights", "Score on small maps at each step of the search.",
            {"score": (steps, np.array([step["score"] for step in path]))}, x="step", y="score",
        ))  # fmt: skip
    return reporting.Section("Members", "", charts)


def learning(run: "crossval.Run") -> "reporting.Section | None":
    """Return the learning curves of a run of networks; None for others."""
    import pandas as pd

    import reporting

    models = run.path / "models"
    tables = {
        # runs of earlier versions call the score "dice"
        str(path.parent.relative_to(models)): pd.read_csv(path).rename(columns={"dice": "score"})
        for path in sorted(models.rglob("history.csv"))
    }
    shown = {"loss": "Loss of the training images", "score": "Score of images held out in training"}
    charts = [_course(title, column, tables) for column, title in shown.items()]
    drawn = [chart for chart in charts if chart is not None]
    return reporting.Section(f"Training of {run.name}", "", drawn) if drawn else None


def features(run: "crossval.Run") -> "reporting.Section | None":
    """Return what the features of a run are worth; None for runs without."""
    import pandas as pd

    import reporting

    path = run.path / "importances.parquet"
    if not path.exists():
        return None
    columns = pd.read_parquet(path).set_index("feature")["contribution"]
    families = run.metrics().get("families", [])
    charts = [
        reporting.bars("Features", f"Mean |SHAP| of the {FEATURES} largest.",
                       columns.head(FEATURES).to_dict(), axis="log-odds")
    ]  # fmt: skip
    if families:
        charts.insert(0, reporting.bars(
            "Families of features", "AUC that is lost when the family is shuffled.",
            {row["family"]: row["auc_drop"] for row in families}, axis="loss of AUC",
        ))  # fmt: skip
    return reporting.Section(f"Features of {run.name}", "", charts)


def _course(
    title: str, column: str, tables: "Mapping[str, pd.DataFrame]"
) -> "reporting.Chart | None":
    """Return one curve for each model that has the column; None where none has."""
    import reporting

    known = {name: one.dropna(subset=[column]) for name, one in tables.items() if column in one}
    known = {name: one for name, one in known.items() if len(one)}
    if not known:
        return None
    last = [float(one[column].iloc[-1]) for one in known.values()]
    return reporting.lines(
        title,
        f"By epoch, one curve for each model; {min(last):.3f} to {max(last):.3f} at the end.",
        {name: (one["epoch"].to_numpy(), one[column].to_numpy()) for name, one in known.items()},
        x="epoch",
        y=column,
    )
