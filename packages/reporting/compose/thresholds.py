"""Charts of the decision: score over thresholds, rules beside one another, parts of the score."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tools.usecases.reports.subject import Subject
from tools.usecases.workplace import Workplace

if TYPE_CHECKING:
    import pandas as pd

    import reporting

SUBGROUP = (
    "kind", "group", "images", "positives", "score", "specificity", "recall", "positive_score",
)  # fmt: skip
TRUE_AREA = "true area (pixels)"
COUNTS = ("found", "missed", "false alarms", "rightly empty")


def thresholds(subject: Subject) -> "reporting.Section":
    """Return the score over each threshold with the chosen point, and the rules compared."""
    import reporting

    record = subject.record
    charts = [chart for chart in (_levels(record), _gate(record)) if chart is not None]
    tables = []
    if record["candidates"]:
        charts.append(_rules(record))
        tables.append(_optimism(record))
    return reporting.Section(
        "Threshold",
        f"Rule: {record['rule']}; masks {record['finish']}. Curves are in sample, on the "
        "out-of-fold maps of all images, before masks are finished; the rules are compared by "
        "cross-validation.",
        charts,
        tables,
    )


def parts(place: Workplace, subject: Subject, table: "pd.DataFrame") -> "reporting.Section":
    """Return the score by lesion size and the confusion of every subgroup."""
    import reporting

    name = place.spec.metric_name

    rows = subject.record.get("subgroups", [])
    sizes = {row["group"]: row["positive_score"] for row in rows if row["kind"] == "lesion size"}
    positives = table[table["positive"]]
    charts = [
        reporting.scatter(
            f"{name} over lesion size",
            f"Each of the {len(positives)} images with a lesion: {name} of the drawn mask over the "
            "true area.",
            positives.assign(image=positives.index).rename(
                columns={"true_area": TRUE_AREA, "score": name}
            ),
            x=TRUE_AREA, y=name, label="image",
        )
    ]  # fmt: skip
    if sizes:
        worst = min(sizes, key=lambda band: sizes[band] or 0.0)
        charts.insert(0, reporting.bars(
            f"Honest {name} by lesion size",
            f"Mean over the images with a lesion of each size; least for {worst}.",
            sizes, axis=name,
        ))  # fmt: skip
    counted = confusion(place, table)
    charts.append(
        reporting.matrix(
            "Confusion by subgroup",
            "How many images of each subgroup were found, missed, falsely drawn, rightly left "
            "empty.",
            counted, format=".0f",
        )
    )  # fmt: skip
    ordered = [{name: row[name] for name in SUBGROUP} for row in rows]
    tables = [reporting.Table("Honest score by subgroup", ordered)] if rows else []
    return reporting.Section("Failures", "", charts, tables)


def confusion(place: Workplace, table: "pd.DataFrame") -> "pd.DataFrame":
    """Return counts of found, missed, false alarms, rightly empty: a row for each subgroup."""
    import pandas as pd

    from tools.usecases import figures

    kinds = figures.kinds(place, table.index)
    groups = {"all": table.index}
    for kind in kinds:
        named = kinds[kind].dropna()
        groups |= {f"{kind} {name}": named.index[named == name] for name in sorted(set(named))}
    return pd.DataFrame({name: _counts(table.loc[ids]) for name, ids in groups.items()}).T


def _counts(table: "pd.DataFrame") -> dict[str, int]:
    positive, drawn = table["positive"].astype(bool), table["drawn"].astype(bool)
    cells = (positive & drawn, positive & ~drawn, ~positive & drawn, ~positive & ~drawn)
    return {name: int(cell.sum()) for name, cell in zip(COUNTS, cells, strict=True)}


def _levels(record: Mapping[str, Any]) -> "reporting.Chart | None":
    import numpy as np

    import reporting

    curves, chosen = record["curves"], record["thresholds"]
    drawn = {name: _xy(curves[name]) for name in ("bottom", "top") if name in curves}
    if not drawn:
        return None
    points = [
        (chosen[name], float(np.interp(chosen[name], *curve)), f"{name} {chosen[name]}")
        for name, curve in drawn.items()
    ]
    return reporting.lines(
        "Score over the levels",
        f"In-sample score when one level changes and the others stay; chosen are top "
        f"{chosen['top']} and bottom {chosen['bottom']} of 255.",
        drawn,
        x="level of the map (255 = certain)",
        y="score",
        points=points,
    )


def _gate(record: Mapping[str, Any]) -> "reporting.Chart | None":
    import numpy as np

    import reporting

    chosen = record["thresholds"]["gate"]
    if "gate" not in record["curves"] or chosen is None:
        return None
    curve = _xy(record["curves"]["gate"])
    return reporting.lines(
        "Score over the gate",
        f"In-sample score over the value that an image must reach to get a mask; chosen is "
        f"{chosen:.3f}.",
        {"gate": curve},
        x="value that the gate looks at",
        y="score",
        points=[(chosen, float(np.interp(chosen, *curve)), f"gate {chosen:.3f}")],
    )


def _rules(record: Mapping[str, Any]) -> "reporting.Chart":
    import reporting

    honest, empty = record["candidates"], record["score_empty"]
    ranked = sorted(honest, key=lambda name: -honest[name])
    return reporting.bars(
        "Rules, cross-validated",
        f"Gain of each rule over an empty file, which scores {empty:.4f}; most for {ranked[0]}.",
        {name: honest[name] - empty for name in ranked},
        axis="gain in score",
    )


def _optimism(record: Mapping[str, Any]) -> "reporting.Table":
    """Return what each rule promises on the images that it was fitted on, and what it keeps."""
    import reporting

    inside = record["candidates_in_sample"]
    rows = [
        {
            "rule": name,
            "cross-validated": score,
            "in sample": inside[name],
            "optimism": inside[name] - score,
        }
        for name, score in sorted(record["candidates"].items(), key=lambda one: -one[1])
    ]
    return reporting.Table("Rules", rows)


def _xy(curve: Mapping[str, Any]) -> Any:
    import numpy as np

    return np.array(curve["x"], float), np.array(curve["score"], float)
