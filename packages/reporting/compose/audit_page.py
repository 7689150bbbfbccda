"""`tools data audit --report`: the findings as a page, with the pictures they are about."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.usecases.findings import MEANINGS, Audit, Finding, shared
from tools.usecases.reports import table
from tools.usecases.reports.pictures import ImageFiles
from tools.usecases.workplace import Workplace

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    import reporting

SHOWN = 500
"""Rows of a kind of finding in the page; all are in the CSV."""
SEVERITIES = ("errors", "warnings")


def write(place: Workplace, audit: Audit, path: Path) -> None:
    """Write the page of an audit; without pictures where errors keep the data from being used."""
    import reporting

    usable = not audit["errors"]
    page = reporting.Page(
        title="Audit of the raw data",
        subtitle=f"{place.spec.title}: {place.data}",
        figures=_figures(audit),
        made={"all findings": audit["path"]},
        command=f"tools data audit --data {place.data}",
        sections=_sections(audit),
        gallery=_gallery(place, audit) if usable else None,
    )
    reporting.write(page, path, report=place.report)


def _figures(audit: Audit) -> "list[reporting.Figure]":
    import reporting

    found = [reporting.Figure(kind, f"{len(audit[kind]):,}") for kind in SEVERITIES]
    found += [reporting.Figure(f"{part.replace('_', ' ')} images", f"{count:,}")
              for part, count in audit["images"].items()]  # fmt: skip
    leakage = audit["leakage"] or {}
    for kind, name in (("made", "folds made now"), ("random", "random folds")):
        if leakage.get(kind) is not None:
            figures = leakage[kind]
            found.append(reporting.Figure(name, f"{figures['share']:.1%}", shared(figures)))
    return found


def _sections(audit: Audit) -> "list[reporting.Section]":
    import reporting

    counts = Counter(one["kind"] for kind in SEVERITIES for one in audit[kind])
    if not counts:
        return [reporting.Section("Nothing was found", "No errors and no warnings.")]
    chart = reporting.bars(
        "Findings by kind",
        f"{counts.total():,} findings, most of the kind {counts.most_common(1)[0][0]}.",
        dict(counts.most_common()), axis="findings",
    )  # fmt: skip
    tables = [
        reporting.Table(
            f"{severity}, {kind}: {MEANINGS[kind]}", [_row(one) for one in rows[:SHOWN]]
        )
        for severity in SEVERITIES
        for kind in MEANINGS
        if (rows := [one for one in audit[severity] if one["kind"] == kind])
    ]
    return [reporting.Section("Findings", "", [chart], tables)]


def _row(one: Finding) -> dict[str, Any]:
    import contest

    return {
        "image": contest.shown(one["id"]),
        "line": one["row"],
        "message": contest.shown(one["message"], None),
    }


def _gallery(place: Workplace, audit: Audit) -> "reporting.Gallery | None":
    """Return the images that findings name; None where they name none that can be shown."""
    import pandas as pd

    import reporting

    told = defaultdict(list)
    for kind in SEVERITIES:
        for one in audit[kind]:
            told[one["id"]].append(f"{one['kind']}: {one['message']}")
    parts = {part: table.of_images(place, part) for part in ("train", "test")}
    rows = pd.concat(
        [known[known.index.isin(list(told))].assign(part=part) for part, known in parts.items()]
    )
    rows = rows[~rows.index.duplicated()]
    if rows.empty:
        return None
    rows["finding"] = ["; ".join(told[image_id]) for image_id in rows.index]
    return reporting.Gallery(rows, _Both(place, rows["part"]), place.spec.shape)


class _Both:
    """Pictures of training and test images together."""

    def __init__(self, place: Workplace, parts: "pd.Series") -> None:
        self._of = {part: ImageFiles(place, part) for part in ("train", "test")}
        self._parts = parts

    def image(self, image_id: str, size: int) -> "np.ndarray":
        return self._own(image_id).image(image_id, size)

    def truth(self, image_id: str) -> "np.ndarray | None":
        return self._own(image_id).truth(image_id)

    def decided(self, image_id: str) -> "np.ndarray | None":
        return self._own(image_id).decided(image_id)

    def soft(self, image_id: str) -> "np.ndarray | None":
        return self._own(image_id).soft(image_id)

    def curves(self, image_id: str) -> "tuple[np.ndarray, np.ndarray | None] | None":
        return self._own(image_id).curves(image_id)

    def _own(self, image_id: str) -> ImageFiles:
        return self._of[self._parts[image_id]]
