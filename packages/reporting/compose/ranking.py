"""The section on probabilities: ROC and precision-recall curve, calibration, subgroups."""

import numpy as np
import pandas as pd

import crossval
from reporting.charts.charts import bars
from reporting.charts.lines import lines
from reporting.compose.subject import Subject
from reporting.page.content import Chart, Section

BINS = 10


def ranking_section(subject: Subject) -> Section:
    """Return the ROC and precision-recall curves, the calibration, and the AUC of subgroups."""
    p, labels = subject.p, subject.labels
    assert p is not None, "runs and blends have probabilities"
    charts = [*_curves(subject, labels, p), _calibration(labels, p), *_subgroups(subject, p)]
    return Section(
        "Ranking",
        "Out-of-fold probabilities that an image is positive: each image is predicted by models "
        "that were trained without it.",
        charts,
    )


def _curves(subject: Subject, labels: pd.Series, p: pd.Series) -> list[Chart]:
    roc, precision = crossval.ranking_curves(labels, p, subject.dataset.groups)
    auc = crossval.area_under_roc(labels.to_numpy(), p.to_numpy())
    average = crossval.average_precision(labels.to_numpy(), p.to_numpy())
    return [
        lines(
            "ROC",
            "Sensitivity (true positive rate) over false positive rate (1 − specificity); area "
            f"under the curve {auc:.3f}. Band: 95 % bootstrap interval over {subject.units}.",
            {"ROC": (roc.x, roc.y)},
            x="false positive rate", y="sensitivity",
            bands={"ROC": (roc.x, roc.low, roc.high)}, diagonal=True,
        ),
        lines(
            "Precision and sensitivity",
            f"Precision over sensitivity (recall); average precision {average:.3f}, of random "
            f"probabilities {labels.mean():.3f}.",
            {"precision": (precision.x, precision.y)},
            x="sensitivity", y="precision",
            bands={"precision": (precision.x, precision.low, precision.high)},
        ),
    ]  # fmt: skip


def _subgroups(subject: Subject, p: pd.Series) -> list[Chart]:
    """Return the AUC of each subgroup that has positive and negative images."""
    dataset = subject.dataset
    table = crossval.subgroup_table(dataset.areas[p.index], p, subject.kinds, dataset.groups)
    rows = {f"{row['kind']} {row['group']}": row for row in table if row["auc"] is not None}
    if not rows:
        return []
    lowest = min(rows, key=lambda name: rows[name]["auc"])
    return [
        bars(
            "AUC by subgroup",
            "For bands of the true area, the positive images of the band against all negative "
            f"images; lowest for {lowest}. Lines: 95 % bootstrap interval over {subject.units}.",
            {name: row["auc"] for name, row in rows.items()},
            axis="AUC",
            intervals={name: tuple(row["auc_interval"]) for name, row in rows.items()},
        )
    ]


def _calibration(labels: pd.Series, p: pd.Series) -> Chart:
    """Return the calibration curve in ten equal groups of images by probability."""
    mean, share = tenths(labels.to_numpy(float), p.to_numpy(float))
    largest = abs(mean - share).max()
    return lines(
        "Calibration",
        "Share of positive images over the mean probability, in ten equally large groups of "
        f"images by probability; the largest difference is {largest:.2f}.",
        {"share of positive images": (mean, share)},
        x="probability",
        y="share of positive images",
        diagonal=True,
    )


def tenths(truth: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean probability and share of positives in ten equal groups by probability.

    Groups are empty and left out if there are fewer than ten images. Both float64 `(<= 10,)`.
    """
    parts = [part for part in np.array_split(np.argsort(p, kind="stable"), BINS) if len(part)]
    mean = np.array([p[part].mean() for part in parts])
    return mean, np.array([truth[part].mean() for part in parts])
