"""`tools data audit`: everything wrong or odd about the raw data, and what may be left out."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import jobs
from tools.pipeline.workplace import Workplace

if TYPE_CHECKING:
    import pandas as pd

Finding = dict[str, str]


def audit(place: Workplace, accept: bool = False) -> dict[str, Any]:
    """Check the raw data; with `accept`, remember to leave the unusable images out.

    Errors stop the other commands; warnings do not. Only unreadable files and ids without a
    file can be accepted; a faulty annotation has to be mended.
    """
    import contest

    prepare = contest.module_of(place.spec.prepare)
    found = prepare.locate(place.folder, place.spec)
    errors: list[Finding] = []
    warnings: list[Finding] = []
    frames = {}
    for part in ("train_images", "test_images"):
        frames[part], faults = prepare.cached_frame(found[part], place.paths.cache, place.report)
        errors += [finding("unreadable", fault["id"], fault["message"]) for fault in faults]
    annotated = _annotations(place, found["annotations"], errors)
    sample = contest.read_sample(found["sample_submission"], place.spec)
    errors += _without_file(annotated, frames["train_images"], "annotated, but has no file")
    errors += _without_file(set(sample), frames["test_images"], "in the sample, but has no file")
    warnings += [
        finding("unannotated", image_id, "has no annotation row and is left out")
        for image_id in frames["train_images"].index.difference(sorted(annotated))
    ]
    warnings += _doubles(frames["train_images"], frames["test_images"])
    warnings += _patient_findings(place, found.get("patients"), annotated)
    accepted = _accept(place, errors) if accept else place.accepted()
    left = [error for error in errors if error["id"] not in accepted]
    return {
        "errors": left,
        "warnings": warnings,
        "accepted": sorted(accepted),
        "images": {part: len(table) for part, table in frames.items()},
    }


def finding(kind: str, image_id: str, message: str) -> Finding:
    """Return one finding as a row."""
    return {"kind": kind, "id": image_id, "message": message}


def _annotations(place: Workplace, path: Path, errors: list[Finding]) -> set[str]:
    import contest

    try:
        table = contest.read_annotations(path, place.spec)
    except contest.AnnotationError as error:
        errors += [finding("annotation", fault.image_id, fault.message) for fault in error.faults]
        return {fault.image_id for fault in error.faults}
    return set(table["image_id"])


def _without_file(ids: set[str], frame: "pd.DataFrame", message: str) -> list[Finding]:
    return [finding("no file", i, message) for i in sorted(ids - set(frame.index)) if i]


def _doubles(train: "pd.DataFrame", test: "pd.DataFrame") -> list[Finding]:
    import pandas as pd

    digests = pd.concat([train["digest"], test["digest"]])
    findings = []
    for _, same in digests[digests.duplicated(keep=False)].groupby(digests):
        ids = ", ".join(same.index)
        findings.append(finding("duplicate", same.index[0], f"the same file content as in {ids}"))
    return findings


def _patient_findings(place: Workplace, path: Path | None, annotated: set[str]) -> list[Finding]:
    import contest

    if path is None:
        message = (
            "no patient table: folds cannot keep a patient together, and the DICOM PatientID "
            "differs in every file, so the cross-validated score may be too good"
        )
        return [finding("patients", "", message)]
    missing = sorted(annotated - set(contest.read_patients(path, place.spec).index))
    return [finding("patients", i, f"has no row in {path.name}") for i in missing]


def _accept(place: Workplace, errors: list[Finding]) -> frozenset[str]:
    """Record the ids that may be left out of this data folder."""
    ids = {error["id"] for error in errors if error["kind"] in {"unreadable", "no file"}}
    known = jobs.read_json(place.accepted_path) if place.accepted_path.exists() else {}
    jobs.write_json(place.accepted_path, {**known, str(place.data.resolve()): sorted(ids)})
    return frozenset(ids)
