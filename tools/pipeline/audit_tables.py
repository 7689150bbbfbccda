"""The tables of an audit: what they say, what is wrong in them, rows that clash."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tools.pipeline.findings import Findings
from tools.pipeline.workplace import Workplace

if TYPE_CHECKING:
    import pandas as pd

    import contest

NO_PATIENTS = (
    "no patient table: folds cannot keep a patient together, and the DICOM PatientID differs in "
    "every file, so the cross-validated score may be too good"
)


@dataclass(frozen=True)
class Tables:
    """What can be read of the tables.

    Attributes:
        annotated: the id of each annotation row, indexed by line; None for an unusable file.
        rows: the sound annotation rows, columns image_id and rle, indexed by line.
        sample: the id of each row of the sample, indexed by line; None for an unusable file.
        patients: the patient of each image, indexed by id; None for no or a faulty table.
    """

    annotated: "pd.Series | None"
    rows: "pd.DataFrame"
    sample: "pd.Series | None"
    patients: "pd.Series | None"

    def areas(self, spec: "contest.Spec") -> "pd.Series":
        """Return the lesion pixels of the annotated images, indexed by image id."""
        import pandas as pd

        import contest

        masks = contest.masks_of(self.rows, spec)
        index = pd.Index(list(masks), dtype="str", name="image_id")
        return pd.Series([mask.area for mask in masks.values()], index, dtype="int64")


def read_tables(place: Workplace, found: dict[str, Path], log: Findings) -> Tables:
    """Read the annotations, the sample and the patients; their faults are errors."""
    annotated, rows = _annotations(place, found["annotations"], log)
    return Tables(
        annotated,
        rows,
        _sample(place, found["sample_submission"], log),
        _patients(place, found.get("patients"), log),
    )


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
    place: Workplace, path: Path, log: Findings
) -> tuple["pd.Series | None", "pd.DataFrame"]:
    import pandas as pd

    import contest

    try:
        table, faults = contest.scan_annotations(path, place.spec)
    except contest.AnnotationError as error:
        _log_faults("annotation", error.faults, log)
        return None, pd.DataFrame({"image_id": [], "rle": []}, dtype="str")
    _log_faults("annotation", faults, log)
    sound = table.drop(index=[fault.row for fault in faults if fault.row in table.index])
    return table["image_id"], sound


def _sample(place: Workplace, path: Path, log: Findings) -> "pd.Series | None":
    import contest

    try:
        ids, faults = contest.scan_sample(path, place.spec)
    except contest.SubmissionError as error:
        _log_faults("sample", error.faults, log)
        return None
    _log_faults("sample", faults, log)
    return ids


def _patients(place: Workplace, path: Path | None, log: Findings) -> "pd.Series | None":
    import contest

    if path is None:
        log.warn("patients", "", NO_PATIENTS)
        return None
    try:
        return contest.read_patients(path, place.spec)
    except contest.AnnotationError as error:
        _log_faults("patients", error.faults, log)
        return None


def _log_faults(kind: str, faults: Iterable["contest.Fault"], log: Findings) -> None:
    for fault in faults:
        log.error(kind, fault.image_id, fault.message, fault.row)


def _listed(lines: tuple[int, ...]) -> str:
    return f"{', '.join(map(str, lines[:-1]))} and {lines[-1]}"
