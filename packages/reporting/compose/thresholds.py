"""Sections on the rule: score over thresholds, rules compared, score and errors by subgroup."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

import ensembling
from reporting.charts.charts import bars, matrix, scatter
from reporting.charts.lines import lines
from reporting.compose.subject import Subject
from reporting.page.content import Chart, Section, Table

SUBGROUP = {
    "kind": "kind", "group": "group", "images": "images", "positives": "positives",
    "score": "score", "specificity": "specificity", "recall": "sensitivity",
    "positive_score": "score of positives",
}  # fmt: skip
"""Keys of a row of `crossval.score_table`, and the columns that show them."""
SIZES = ("mask area", "lesion size")
"""Name of the subgroups by true area in this and in earlier versions."""
TRUE_AREA = "true area (pixels)"
COUNTS = ("true positives", "misses (false negatives)", "false positives", "true negatives")


def threshold_section(blend: ensembling.Blend) -> Section:
    """Return charts of the score over each threshold, and the comparison of the rules."""
    charts = [chart for chart in (_levels(blend), _gate(blend)) if chart is not None]
    tables = []
    if blend.candidates:
        charts.append(_rules(blend))
        tables.append(_optimism(blend))
    return Section(
        "Threshold",
        f"Rule: {blend.rule}; post-processing: {blend.postprocess}. The curves are in sample: "
        "computed on the out-of-fold probability maps of all images, before post-processing. The "
        "rules are compared by cross-validation. The honest score contains a correction of "
        f"{blend.correction:+.4f}, because nested cross-validation fits rules on fewer images."
        + "".join(f" Note: {note}." for note in blend.notes),
        charts,
        tables,
    )


def error_section(subject: Subject, blend: ensembling.Blend, table: pd.DataFrame) -> Section:
    """Return the score over the true area, and the confusion matrix of every subgroup."""
    name = subject.spec.metric_name
    rows = blend.subgroups
    sizes = {row["group"]: row["positive_score"] for row in rows if row["kind"] in SIZES}
    charts = []
    if sizes:
        lowest = min(sizes, key=lambda band: sizes[band] or 0.0)
        charts.append(bars(
            f"Honest {name} by true area",
            f"Mean over the positive images of each band; lowest for {lowest}.",
            sizes, axis=name,
        ))  # fmt: skip
    positives = table[table["positive"]]
    charts += [
        scatter(
            f"{name} over true area",
            f"{name} of the predicted mask over the area of the true mask, for each of the "
            f"{len(positives)} positive images.",
            positives.assign(image=positives.index).rename(
                columns={"true_area": TRUE_AREA, "score": name}
            ),
            x=TRUE_AREA, y=name, label="image",
        ),
        matrix(
            "Confusion matrix by subgroup",
            "Images of each subgroup; an image is predicted positive where it gets a mask.",
            confusion(table, subject.kinds), format=".0f",
        ),
    ]  # fmt: skip
    named = [{to: row[name] for name, to in SUBGROUP.items()} for row in rows]
    return Section("Errors", "", charts, [Table("Honest score by subgroup", named)] if rows else [])


def confusion(table: pd.DataFrame, kinds: pd.DataFrame) -> pd.DataFrame:
    """Return the confusion matrix of each subgroup, one per row, with the columns `COUNTS`.

    Args:
        table: columns positive and drawn, indexed by image id.
        kinds: subgroup of each image by each fact.
    """
    groups = {"all": table.index}
    for kind in kinds:
        named = kinds[kind].reindex(table.index).fillna("unknown")
        groups |= {f"{kind} {name}": named.index[named == name] for name in sorted(set(named))}
    return pd.DataFrame({name: _counts(table.loc[ids]) for name, ids in groups.items()}).T


def _counts(table: pd.DataFrame) -> dict[str, int]:
    positive, drawn = table["positive"].astype(bool), table["drawn"].astype(bool)
    cells = (positive & drawn, positive & ~drawn, ~positive & drawn, ~positive & ~drawn)
    return {name: int(cell.sum()) for name, cell in zip(COUNTS, cells, strict=True)}


def _levels(blend: ensembling.Blend) -> Chart | None:
    fitted = {"bottom": blend.thresholds.bottom, "top": blend.thresholds.top}
    drawn = {name: _xy(blend.curves[name]) for name in fitted if name in blend.curves}
    if not drawn:
        return None
    points = [
        (fitted[name], float(np.interp(fitted[name], *curve)), f"{name} {fitted[name]}")
        for name, curve in drawn.items()
    ]
    return lines(
        "Score over the thresholds",
        "In-sample score over one threshold, with the others fixed at their fitted values: top "
        f"{fitted['top']}, bottom {fitted['bottom']} of 255.",
        drawn,
        x="threshold of the probability map (255 = certain)",
        y="score",
        points=points,
    )


def _gate(blend: ensembling.Blend) -> Chart | None:
    gate = blend.thresholds.gate
    if "gate" not in blend.curves or gate is None:
        return None
    curve = _xy(blend.curves["gate"])
    return lines(
        "Score over the gate",
        "In-sample score over the gate, the minimum value of an image with a mask; fitted value "
        f"{gate:.3f}.",
        {"gate": curve},
        x="gate",
        y="score",
        points=[(gate, float(np.interp(gate, *curve)), f"gate {gate:.3f}")],
    )


def _rules(blend: ensembling.Blend) -> Chart:
    honest, empty = blend.candidates, blend.score_empty
    ranked = sorted(honest, key=lambda name: -honest[name])
    return bars(
        "Cross-validated score of the rules",
        f"Gain of each rule over a submission without masks (score {empty:.4f}); highest for "
        f"{ranked[0]}.",
        {name: honest[name] - empty for name in ranked},
        axis="gain in score",
    )


def _optimism(blend: ensembling.Blend) -> Table:
    """Return the in-sample and cross-validated scores of each rule, and their difference."""
    inside = blend.candidates_in_sample
    rows = [
        {
            "rule": name,
            "cross-validated": score,
            "in sample": inside[name],
            "optimism": inside[name] - score,
        }
        for name, score in sorted(blend.candidates.items(), key=lambda one: -one[1])
    ]
    return Table("Rules", rows)


def _xy(curve: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    return np.array(curve["x"], float), np.array(curve["score"], float)
