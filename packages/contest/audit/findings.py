"""The findings of an audit, grouped by kind, and the table of all findings."""

import csv
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import jobs
from contest._errors import Fault, shown

MEANINGS = {
    "unreadable": "files that cannot be used: replace them, or leave them out with --accept",
    "double id": "files with the same id: keep one of each, or leave the ids out with --accept",
    "no file": "ids without a file: complete the data, or leave them out with --accept",
    "accepted": "accepted images that can be used again: take them back with "
    "`tools data accepted --withdraw ID`",
    "annotation": "faulty rows of the annotations: correct them",
    "sample": "faulty rows of the sample submission: correct them",
    "mask picture": "mask pictures that cannot be used or differ from the annotations",
    "groups": "no table of groups, faulty rows in it, or images without a group",
    "facts": "faulty rows of the table of facts, or images that are not in it",
    "leakage": "folds that split groups: scores on them are too high",
    "folds": "folds that cannot be made or read",
    "leak": "ids that are in train and in test",
    "duplicate": "copies of another file",
    "near-duplicate": "pairs of images that look alike",
    "overlap": "images whose annotation rows overlap: the union of the masks is used",
    "contradiction": "images with empty and non-empty annotation rows: the mask is used",
    "unannotated": "training images without an annotation row: they are left out",
    "not in sample": "test images that are not in the sample submission: they are not predicted",
    "constant": "images of one grey level or nearly so, which show nothing",
    "file": "files whose content, header and name disagree: check what their pictures show",
    "form": "masks that seem to be written in another form: a warning, they are read as they are",
    "stripes": "masks of whole columns or whole rows, often not traced by hand",
    "few pixels": "masks of very few pixels: often errors of annotation",
    "whole image": "masks of nearly the whole image",
    "bit depth": "mask pictures of different bit depths: scale each by its own largest level",
    "header": "header fields with unusual values",
}
"""Every kind of finding and its meaning, in the order in which they are shown."""
ACCEPTABLE = frozenset({"unreadable", "double id", "no file"})
"""Kinds of errors of single images, which can be left out."""
COLUMNS = ("severity", "kind", "id", "row", "message")
Severity = Literal["errors", "warnings"]
"""Errors keep other commands from working; warnings do not."""


@dataclass(frozen=True)
class Finding:
    """One finding of an audit.

    Attributes:
        kind: one of `MEANINGS`.
        id: of the image, or the digest of folds; "" for neither.
        row: line of the table, from 1; None for no line.
        message: one line; texts of the data are not escaped in it.
    """

    kind: str
    id: str
    row: int | None
    message: str

    def __post_init__(self) -> None:
        """Check the kind."""
        assert self.kind in MEANINGS, f"{self.kind} has no meaning"

    @property
    def meaning(self) -> str:
        """Description of this kind of finding, with its remedy."""
        return MEANINGS[self.kind]


@dataclass
class Findings:
    """Errors and warnings collected by the checks of an audit."""

    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)

    def error(self, kind: str, image_id: str, message: str, row: int | None = None) -> None:
        """Add an error; other commands refuse the data."""
        self.errors.append(Finding(kind, image_id, row, message))

    def warn(self, kind: str, image_id: str, message: str, row: int | None = None) -> None:
        """Add a warning; other commands accept the data."""
        self.warnings.append(Finding(kind, image_id, row, message))

    def add(self, faults: Iterable[Fault], kind: str | None = None) -> None:
        """Add faults by their level, as findings of `kind`; None takes the kind of each fault."""
        for fault in faults:
            add = self.error if fault.level == "error" else self.warn
            add(kind or fault.kind, fault.image_id, fault.message, fault.row)


@dataclass(frozen=True)
class FoldLeakage:
    """Leakage of folds that split groups, see `crossval.group_leakage`.

    Attributes:
        digest: of the folds.
        share: of the images whose group has images in another fold, 0..1.
        auc: of the mean label of these other images; None if all labels are equal.
    """

    digest: str
    share: float
    auc: float | None

    @property
    def text(self) -> str:
        """The leakage in words, one line."""
        if not self.share:
            return "each group is in one fold"
        tail = "" if self.auc is None else f", whose labels alone reach an AUC of {self.auc:.3f}"
        return f"{self.share:.1%} of the images share a group with another fold{tail}"


@dataclass(frozen=True)
class LeakageReport:
    """The leakage of several folds of the same images.

    Attributes:
        made: of the folds with the settings of the competition; None if they cannot be made.
        random: of folds that ignore groups, for comparison; None if they cannot be made.
        written: of the stored folds.
    """

    made: FoldLeakage | None
    random: FoldLeakage | None
    written: Sequence[FoldLeakage] = ()


@dataclass(frozen=True)
class Audit:
    """The result of an audit.

    Attributes:
        errors: findings because of which the other commands refuse the data.
        warnings: all other findings.
        images: number of readable images of "train" and of "test".
        leakage: None if no groups are known.
        accepted: image ids that are left out, sorted.
        left: number of images of "train" and of "test" that can be used if the ids in `acceptable`
            are left out, too.
    """

    errors: Sequence[Finding]
    warnings: Sequence[Finding]
    images: dict[str, int]
    leakage: LeakageReport | None = None
    accepted: Sequence[str] = ()
    left: dict[str, int] = field(default_factory=dict, kw_only=True)

    def accepting(self, ids: Collection[str]) -> "Audit":
        """Return the audit without the errors that disappear if the images `ids` are left out."""
        left = [one for one in self.errors if not (one.kind in ACCEPTABLE and one.id in ids)]
        return replace(self, errors=left, accepted=sorted(ids))

    @property
    def acceptable(self) -> set[str]:
        """The ids of images with errors that disappear if the images are left out."""
        return {one.id for one in self.errors if one.kind in ACCEPTABLE}

    def by_kind(self, severity: Severity) -> dict[str, list[Finding]]:
        """Return the errors or the warnings of each kind, in the order of `MEANINGS`."""
        found = getattr(self, severity)
        groups = {kind: [one for one in found if one.kind == kind] for kind in MEANINGS}
        return {kind: group for kind, group in groups.items() if group}


def write_findings(path: Path, audit: Audit) -> None:
    """Write all findings as a CSV file, atomically; control characters are escaped."""
    with jobs.writing(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as to:
        table = csv.writer(to, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows(_cells("error", audit.errors))
        table.writerows(_cells("warning", audit.warnings))


def _cells(severity: str, findings: Iterable[Finding]) -> Iterator[list[object]]:
    for one in findings:
        yield [severity, one.kind, shown(one.id, None), one.row, shown(one.message, None)]
