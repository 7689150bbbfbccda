"""What an audit found: rows for a program, a table on the disk, a few lines for a person."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import jobs

Finding = dict[str, Any]
COLUMNS = ("severity", "kind", "id", "row", "message")
EXAMPLES = 2
"""Findings of a kind that a person sees; all are in the table."""
LONG_WORD, LONG_LINE = 64, 300
"""Characters after which a word (a path) and a finding are cut on the terminal."""

MEANINGS = {
    "unreadable": "files that cannot be used: replace them, or leave them out with --accept",
    "double id": "files of one name: keep one of each, or leave the ids out with --accept",
    "no file": "ids without a file: complete the data, or leave them out with --accept",
    "annotation": "faulty rows of the annotations: correct them",
    "sample": "faulty rows of the sample submission: correct them",
    "mask picture": "mask pictures that cannot be used or differ from the annotations",
    "groups": "gaps in what is known of groups, such as patients",
    "facts": "faulty rows of the table of facts, or images that it does not know",
    "leakage": "folds that share groups: scores on them are too good",
    "folds": "folds that cannot be made or read",
    "leak": "ids that are in train and in test",
    "duplicate": "copies of another file",
    "near-duplicate": "pairs of pictures that look alike",
    "overlap": "images whose annotation rows overlap: their union counts",
    "contradiction": "images that one row calls empty and another does not: the mask counts",
    "unannotated": "training images without an annotation row: they are left out",
    "not in sample": "test images that the sample does not list: they are not predicted",
    "header": "header fields that are out of line",
}
"""Every kind of finding and what it means, in the order of showing them."""


@dataclass
class Findings:
    """Errors and warnings as the checks of an audit hand them in.

    A finding has the keys kind (of `MEANINGS`), id (of an image, or of folds; "" where it is
    about none), row (line of the table that it is about, or None) and message.
    """

    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)

    def error(self, kind: str, image_id: str, message: str, row: int | None = None) -> None:
        """Add what stops the other commands."""
        self.errors.append(_finding(kind, image_id, message, row))

    def warn(self, kind: str, image_id: str, message: str, row: int | None = None) -> None:
        """Add what a person should know of."""
        self.warnings.append(_finding(kind, image_id, message, row))


class Audit(dict[str, Any]):
    """The result of an audit: all findings for a program; `text` is what a person sees."""

    def text(self) -> str:
        """Return a summary of a few lines per kind of finding."""
        images = ", ".join(f"{part} {count:,}" for part, count in self["images"].items())
        lines = [
            f"images: {images.replace('_', ' ')}",
            *_section("errors", self["errors"]),
            *_section("warnings", self["warnings"]),
            *_shares(self["leakage"]),
        ]
        if self["accepted"]:
            lines.append(f"accepted: {len(self['accepted']):,} images are left out")
        lines.append(f"all findings: {self['path']}")
        return "\n".join([*lines, *([f"page: {self['page']}"] if "page" in self else [])])


def write_csv(path: Path, result: Audit) -> None:
    """Write every finding as a row, whole or not at all; control characters are escaped."""
    with jobs.writing(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as to:
        table = csv.writer(to, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows(_cells("error", result["errors"]))
        table.writerows(_cells("warning", result["warnings"]))


def shared(figures: Finding) -> str:
    """Return in words what folds give away; see `crossval.group_leakage`."""
    auc = figures["auc"]
    if not figures["share"]:
        return "every group lies in one fold"
    tail = "" if auc is None else f", whose labels alone reach an AUC of {auc:.3f}"
    return f"{figures['share']:.1%} of the images share a group with another fold{tail}"


def _finding(kind: str, image_id: str, message: str, row: int | None) -> Finding:
    assert kind in MEANINGS, f"{kind} has no meaning"
    return {"kind": kind, "id": image_id, "row": row, "message": message}


def _cells(severity: str, findings: Iterable[Finding]) -> Iterator[list[object]]:
    import contest

    for one in findings:
        image_id, message = (contest.shown(one[key], None) for key in ("id", "message"))
        yield [severity, one["kind"], image_id, one["row"], message]


def _section(title: str, findings: list[Finding]) -> Iterator[str]:
    yield f"{title}: {len(findings):,}" if findings else f"{title}: none"
    order = list(MEANINGS)
    ranked = sorted(findings, key=lambda one: order.index(one["kind"]))  # stable within a kind
    for kind, group in groupby(ranked, key=lambda one: one["kind"]):
        members = list(group)
        yield f"  {kind} ({len(members):,}): {MEANINGS[kind]}"
        yield from (f"    {_line(one)}" for one in members[:EXAMPLES])
        if len(members) > EXAMPLES:
            yield f"    … and {len(members) - EXAMPLES:,} more"


def _line(one: Finding) -> str:
    """Return a finding in one line: id, line of the table and message, none of them twice."""
    import contest

    image_id, text = contest.shown(one["id"]), contest.shown(one["message"], None)
    where = [] if not image_id or f"image {image_id}" in text else [image_id]
    if one["row"] and not text.startswith("line"):
        where.append(f"line {one['row']}")
    text = re.sub(rf"\S{{{LONG_WORD + 1},}}", _middle_cut, text)
    text = f"{', '.join(where)}: {text}" if where else text
    return text if len(text) <= LONG_LINE else f"{text[:LONG_LINE]}…"


def _middle_cut(word: re.Match[str]) -> str:
    return f"{word[0][: LONG_WORD // 3]}…{word[0][-LONG_WORD // 2 :]}"


def _shares(leakage: dict[str, Any] | None) -> Iterator[str]:
    for kind in ("made", "random"):
        if leakage is not None and leakage[kind] is not None:
            name = "folds made now" if kind == "made" else "random folds, for comparison"
            yield f"{name}: {shared(leakage[kind])}"
