"""The tables of an audit: what they say, what is wrong in them, rows that clash."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tools.usecases.findings import Findings
from tools.usecases.workplace import Workplace

if TYPE_CHECKING:
    import pandas as pd

    import contest

NO_GROUPS = (
    "no table of groups ({places}): folds cannot keep together what belongs together, such as the "
    "images of a patient, so the cross-validated score may be too good"
)


@dataclass(frozen=True)
class Tables:
    """What can be read of the tables.

    Attributes:
        annotated: the id of each annotation row, indexed by line; None for an unusable file.
        rows: the sound annotation rows, columns image_id and rle, indexed by line.
        sample: the id of each row of the sample, indexed by line; None for an unusable file.
        groups: the group of each image, indexed by id; None for no or a faulty table.
        pictures: the masks of mask pictures; None without any.
    """

    annotated: "pd.Series | None"
    rows: "pd.DataFrame"
    sample: "pd.Series | None"
    groups: "pd.Series | None"
    pictures: "contest.Masks | None"

    def areas(self, spec: "contest.Spec") -> "pd.Series":
        """Return the lesion pixels of the annotated images, indexed by image id."""
        import pandas as pd

        import contest

        rows = contest.masks_of(self.rows, spec)
        masks = self.pictures if self.pictures is not None and not len(rows) else rows
        index = pd.Index(list(masks), dtype="str", name="image_id")
        return pd.Series([mask.area for mask in masks.values()], index, dtype="int64")


def read_tables(place: Workplace, layout: "contest.Layout", log: Findings) -> Tables:
    """Read annotations, mask pictures, sample and groups; their faults are errors."""
    annotated, rows = _annotations(place, layout.annotations, log)
    pictures = _pictures(place, layout, log)
    if layout.annotations is None and pictures is not None:
        annotated = _column(list(pictures))
    return Tables(
        annotated, rows, _sample(place, layout.sample, log), _groups(place, layout.groups, log),
        pictures,
    )  # fmt: skip


def look_at_rows(place: Workplace, tables: Tables, log: Findings) -> None:
    """Warn of annotation rows of one image that overlap or contradict each other."""
    import contest

    for image_id, lines, pixels in contest.overlapping_rows(tables.rows, place.spec):
        message = f"lines {_listed(lines)} overlap in {pixels:,} pixels"
        log.warn("overlap", image_id, message, lines[0])
    for image_id, lines in contest.contradictory_rows(tables.rows, place.spec):
        message = f"lines {_listed(lines)} say both empty and not"
        log.warn("contradiction", image_id, message, lines[0])


def _annotations(
    place: Workplace, path: Path | None, log: Findings
) -> tuple["pd.Series | None", "pd.DataFrame"]:
    import pandas as pd

    import contest

    nothing = pd.DataFrame({"image_id": [], "rle": []}, dtype="str")
    if path is None:
        return None, nothing
    try:
        table, faults = contest.scan_annotations(path, place.spec)
    except contest.AnnotationError as error:
        _log_faults("annotation", error.faults, log)
        return None, nothing
    _log_faults("annotation", faults, log)
    sound = table.drop(index=[fault.row for fault in faults if fault.row in table.index])
    return table["image_id"], sound


def _pictures(place: Workplace, layout: "contest.Layout", log: Findings) -> "contest.Masks | None":
    """Return the mask pictures; unusable ones are an error only where they are the truth."""
    import contest
    import imagestack

    if layout.masks is None or layout.train is None:
        return None
    try:
        pictures = contest.read_mask_pictures(
            layout.masks, layout.train.ids, place.spec, place.paths.cache, place.report
        )
    except (contest.DataError, imagestack.FrameError) as error:
        tell = log.error if layout.annotations is None else log.warn
        tell("mask picture", "", str(error))
        return None
    return pictures


def look_at_pictures(place: Workplace, tables: Tables, log: Findings) -> None:
    """Warn of mask pictures that are not what the annotations say."""
    import contest

    if tables.pictures is not None and len(tables.rows):
        table = contest.masks_of(tables.rows, place.spec)
        for image_id, message in contest.differing(table, tables.pictures):
            log.warn("mask picture", image_id, message)


def look_at_facts(
    place: Workplace, layout: "contest.Layout", ids: list[str], log: Findings
) -> None:
    """Look at the table of facts: its faults are errors, images without facts a warning."""
    import contest

    if layout.facts is None:
        return
    try:
        _, notes = contest.read_facts(layout.facts, place.spec, ids)
    except contest.TableError as error:
        _log_faults("facts", error.faults, log)
        return
    for note in notes:
        log.warn("facts", "", note)


def _column(ids: list[str]) -> "pd.Series":
    import pandas as pd

    return pd.Series(ids, index=range(1, len(ids) + 1), dtype="str")


def _sample(place: Workplace, path: Path | None, log: Findings) -> "pd.Series | None":
    import contest

    if path is None:
        return None
    try:
        ids, faults = contest.scan_sample(path, place.spec)
    except contest.SubmissionError as error:
        _log_faults("sample", error.faults, log)
        return None
    _log_faults("sample", faults, log)
    return ids


def _groups(place: Workplace, path: Path | None, log: Findings) -> "pd.Series | None":
    """Return the groups; a competition that names a place for them is told when there are none."""
    import contest

    places = place.spec.data.get("groups", ())
    if path is None and places:
        log.warn("groups", "", NO_GROUPS.format(places=" or ".join(places)))
    if path is None:
        return None
    try:
        return contest.read_groups(path, place.spec)
    except contest.AnnotationError as error:
        _log_faults("groups", error.faults, log)
        return None


def _log_faults(kind: str, faults: Iterable["contest.Fault"], log: Findings) -> None:
    for fault in faults:
        log.error(kind, fault.image_id, fault.message, fault.row)


def _listed(lines: tuple[int, ...]) -> str:
    return f"{', '.join(map(str, lines[:-1]))} and {lines[-1]}"
