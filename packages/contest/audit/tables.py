"""Checks of tables: faulty rows, rows that overlap, mask pictures, facts and groups."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import imagestack
import jobs
from contest._errors import AnnotationError, DataError, SubmissionError, TableError
from contest.audit.findings import Findings
from contest.audit.overlaps import contradictory_rows, overlapping_rows
from contest.data.layout import Layout
from contest.spec.spec import Spec
from contest.tables.annotations import other_form, read_groups, scan_annotations
from contest.tables.facts import read_facts
from contest.tables.mask_pictures import differing, read_mask_pictures
from contest.tables.masks import Masks, masks_of
from contest.tables.submission import scan_sample

NO_GROUPS = (
    "no table of groups ({places}): folds cannot keep related images together, so the "
    "cross-validated score may be too high"
)


@dataclass(frozen=True)
class Tables:
    """The readable parts of the tables.

    Attributes:
        annotated: the id of each annotation row, indexed by line; None for an unusable file.
        rows: the valid annotation rows, columns image_id and rle, indexed by line.
        sample: the id of each row of the sample, indexed by line; None for an unusable file.
        groups: the group of each image, indexed by id; None for no or a faulty table.
        pictures: the masks of mask pictures; None without any.
    """

    annotated: pd.Series | None
    rows: pd.DataFrame
    sample: pd.Series | None
    groups: pd.Series | None
    pictures: Masks | None

    def masks(self, spec: Spec) -> Masks:
        """Return the masks of the annotated images: of the table or, without one, the pictures."""
        rows = masks_of(self.rows, spec)
        return self.pictures if self.pictures is not None and not len(rows) else rows


def read_tables(
    layout: Layout, spec: Spec, cache: Path, log: Findings, report: jobs.Report
) -> Tables:
    """Read annotations, mask pictures, sample and groups; their faults are errors."""
    annotated, rows = _annotations(layout.annotations, spec, log)
    pictures = _pictures(layout, spec, cache, log, report)
    if layout.annotations is None and pictures is not None:
        annotated = pd.Series(list(pictures), index=range(1, len(pictures) + 1), dtype="str")
    return Tables(
        annotated=annotated,
        rows=rows,
        sample=_sample(layout.sample, spec, log),
        groups=_groups(layout.groups, spec, log),
        pictures=pictures,
    )


def check_masks(tables: Tables, spec: Spec, log: Findings) -> None:
    """Warn of annotation rows that overlap or contradict each other or the mask pictures."""
    for image_id, lines, pixels in overlapping_rows(tables.rows, spec):
        message = f"lines {_listed(lines)} overlap in {pixels:,} pixels"
        log.warn("overlap", image_id, message, lines[0])
    for image_id, lines in contradictory_rows(tables.rows, spec):
        message = f"of lines {_listed(lines)} some are empty, others give a mask"
        log.warn("contradiction", image_id, message, lines[0])
    if tables.pictures is not None and len(tables.rows):
        for image_id, message in differing(masks_of(tables.rows, spec), tables.pictures):
            log.warn("mask picture", image_id, message)


def check_facts(path: Path | None, spec: Spec, ids: list[str], log: Findings) -> None:
    """Check the table of facts: its faults are errors, images without facts a warning."""
    if path is None:
        return
    try:
        _, notes = read_facts(path, spec, ids)
    except TableError as error:
        log.add(error.faults, "facts")
        return
    for note in notes:
        log.warn("facts", "", note)


def _annotations(
    path: Path | None, spec: Spec, log: Findings
) -> tuple[pd.Series | None, pd.DataFrame]:
    nothing = pd.DataFrame({"image_id": [], "rle": []}, dtype="str")
    if path is None:
        return None, nothing
    try:
        table, faults = scan_annotations(path, spec)
    except AnnotationError as error:
        log.add(error.faults, "annotation")
        return None, nothing
    log.add(faults, "annotation")
    if form := other_form(table, spec):
        log.warn("form", "", form)
    sound = table.drop(index=[fault.row for fault in faults if fault.row in table.index])
    return table["image_id"], sound


def _pictures(
    layout: Layout, spec: Spec, cache: Path, log: Findings, report: jobs.Report
) -> Masks | None:
    """Return the mask pictures; unusable ones are errors only if there is no table."""
    if layout.masks is None or layout.train is None:
        return None
    try:
        return read_mask_pictures(layout.masks, layout.train.ids, spec, cache, report)
    except (DataError, imagestack.FolderError) as error:
        add = log.error if layout.annotations is None else log.warn
        add("mask picture", "", str(error))
        return None


def _sample(path: Path | None, spec: Spec, log: Findings) -> pd.Series | None:
    if path is None:
        return None
    try:
        ids, faults = scan_sample(path, spec)
    except SubmissionError as error:
        log.add(error.faults, "sample")
        return None
    log.add(faults, "sample")
    return ids


def _groups(path: Path | None, spec: Spec, log: Findings) -> pd.Series | None:
    """Return the groups; warn if the competition has groups and the table is missing."""
    places = spec.data.get("groups", ())
    if path is None and places:
        log.warn("groups", "", NO_GROUPS.format(places=" or ".join(places)))
    if path is None:
        return None
    try:
        return read_groups(path, spec)
    except AnnotationError as error:
        log.add(error.faults, "groups")
        return None


def _listed(lines: tuple[int, ...]) -> str:
    return f"{', '.join(map(str, lines[:-1]))} and {lines[-1]}"
