"""Charts of how probabilities rank the images, and whether they mean what they say."""

from typing import TYPE_CHECKING

from tools.usecases.reports.subject import Subject
from tools.usecases.workplace import Workplace

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    import reporting

BINS = 10


def units(place: Workplace) -> str:
    """Return what resamples draw whole: groups, where they are known, else images."""
    return "images" if place.dataset.groups is None else "groups"


def section(place: Workplace, subject: Subject) -> "reporting.Section":
    """Return ROC, precision and recall, calibration, and the AUC of subgroups; with intervals."""
    import crossval
    import reporting

    p, dataset = subject.p, place.dataset
    assert p is not None, "runs and blends have probabilities"
    labels = dataset.labels[p.index]
    roc, precision = crossval.operating_curves(labels, p, dataset.groups)
    auc = crossval.area_under_roc(labels.to_numpy(), p.to_numpy())
    found = crossval.average_precision(labels.to_numpy(), p.to_numpy())
    share = float(labels.mean())
    charts = [
        reporting.lines(
            "ROC",
            f"Share of the images with a lesion that are found over the share of false positives; "
            f"area {auc:.3f}. The band holds 95 % of the resamples of {units(place)}.",
            {"ROC": (roc.x, roc.y)},
            x="false positive rate", y="true positive rate",
            bands={"ROC": (roc.x, roc.low, roc.high)}, diagonal=True,
        ),
        reporting.lines(
            "Precision and recall",
            f"Share of right alarms over the share of lesions found; average precision {found:.3f}"
            f", {share:.3f} for one who knows nothing.",
            {"precision": (precision.x, precision.y)},
            x="recall", y="precision",
            bands={"precision": (precision.x, precision.low, precision.high)},
        ),
        _calibration(labels, p),
        *_subgroups(place, p),
    ]  # fmt: skip
    return reporting.Section(
        "Ranking",
        "Out-of-fold probabilities of a lesion: no image was seen by the models that judge it.",
        charts,
    )


def _subgroups(place: Workplace, p: "pd.Series") -> "list[reporting.Chart]":
    """Return the AUC inside each subgroup that has images of both kinds; nothing without any."""
    import crossval
    import reporting
    from tools.usecases import figures

    dataset = place.dataset
    rows = {
        f"{row['kind']} {row['group']}": row
        for row in crossval.subgroup_table(
            dataset.areas[p.index], p, figures.kinds(place, p.index), dataset.groups
        )
        if row["auc"] is not None
    }
    if not rows:
        return []
    least = min(rows, key=lambda name: rows[name]["auc"])
    return [
        reporting.bars(
            "AUC by subgroup",
            f"Lesions of each size against all images without one; least for {least}. Lines hold "
            f"95 % of the resamples of {units(place)}.",
            {name: row["auc"] for name, row in rows.items()},
            axis="AUC",
            intervals={name: tuple(row["auc_interval"]) for name, row in rows.items()},
        )
    ]


def _calibration(labels: "pd.Series", p: "pd.Series") -> "reporting.Chart":
    """Return the share of lesions over the probability, in tenths of the images."""
    import reporting

    mean, share = tenths(labels.to_numpy(float), p.to_numpy(float))
    worst = abs(mean - share).max()
    return reporting.lines(
        "Calibration",
        "Share of lesions over the mean probability, in ten equally large groups of images; the "
        f"largest difference is {worst:.2f}.",
        {"share with a lesion": (mean, share)},
        x="probability",
        y="share with a lesion",
        diagonal=True,
    )


def tenths(truth: "np.ndarray", p: "np.ndarray") -> "tuple[np.ndarray, np.ndarray]":
    """Return mean probability and share of lesions of ten equally large groups by probability."""
    import numpy as np

    parts = [part for part in np.array_split(np.argsort(p, kind="stable"), BINS) if len(part)]
    return np.array([p[part].mean() for part in parts]), np.array(
        [truth[part].mean() for part in parts]
    )
