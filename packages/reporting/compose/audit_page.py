"""The page of an audit: its findings, and the images concerned."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pandas as pd

import contest
from reporting.charts.charts import bars
from reporting.compose.gallery import ImageFiles, image_table
from reporting.page.content import Figure, Gallery, Page, Section, Table

SHOWN = 500
"""Largest number of rows per kind of finding; the CSV file contains all findings."""
SEVERITIES: tuple[contest.Severity, ...] = ("errors", "warnings")


def audit_page(
    audit: contest.Audit,
    spec: contest.Spec,
    *,
    data: Path,
    table: Path,
    dataset: contest.Dataset | None,
) -> Page:
    """Return the page of an audit.

    Args:
        audit: result of the audit.
        spec: specification of the competition.
        data: folder of the raw data.
        table: CSV file of all findings.
        dataset: source of the images; None if errors prevented its preparation.
    """
    return Page(
        title="Audit of the raw data",
        subtitle=f"{spec.title}: {data}",
        figures=_figures(audit),
        made={"all findings": str(table)},
        command=f"tools data audit --data {data}",
        sections=[_section(audit)],
        gallery=None if dataset is None else _gallery(audit, spec, dataset),
    )


def _figures(audit: contest.Audit) -> list[Figure]:
    found = [Figure(kind, f"{len(getattr(audit, kind)):,}") for kind in SEVERITIES]
    found += [Figure(f"{part} images", f"{count:,}") for part, count in audit.images.items()]
    if audit.leakage is not None:
        folds = {"new folds": audit.leakage.made, "random folds": audit.leakage.random}
        found += [
            Figure(f"leakage of {name}", f"{one.share:.1%}", one.text)
            for name, one in folds.items()
            if one is not None
        ]
    return found


def _section(audit: contest.Audit) -> Section:
    counts = Counter(one.kind for severity in SEVERITIES for one in getattr(audit, severity))
    if not counts:
        return Section("No findings", "No errors and no warnings.")
    chart = bars(
        "Findings by kind",
        f"{counts.total():,} findings, most of the kind {counts.most_common(1)[0][0]}.",
        dict(counts.most_common()), axis="findings",
    )  # fmt: skip
    tables = [
        Table(f"{severity}, {kind}: {members[0].meaning}", [_row(one) for one in members[:SHOWN]])
        for severity in SEVERITIES
        for kind, members in audit.by_kind(severity).items()
    ]
    return Section("Findings", "", [chart], tables)


def _row(one: contest.Finding) -> dict[str, Any]:
    message = contest.shown(one.message, None)
    return {"image": contest.shown(one.id), "line": one.row, "message": message}


def _gallery(audit: contest.Audit, spec: contest.Spec, dataset: contest.Dataset) -> Gallery | None:
    """Return the images with findings; None if there are none in the data set."""
    named = defaultdict(list)
    for one in [*audit.errors, *audit.warnings]:
        named[one.id].append(f"{one.kind}: {one.message}")
    rows = pd.concat([image_table(dataset, part).assign(part=part) for part in ("train", "test")])
    rows = rows[rows.index.isin(list(named)) & ~rows.index.duplicated()]
    if rows.empty:
        return None
    rows["finding"] = ["; ".join(named[image_id]) for image_id in rows.index]
    return Gallery(rows, ImageFiles(dataset, spec), spec.shape)
