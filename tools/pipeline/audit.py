"""`tools data audit`: everything wrong or odd about the raw data, and what may be left out."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import jobs
from tools.pipeline.workplace import Workplace

if TYPE_CHECKING:
    import pandas as pd

Finding = dict[str, str]
THUMBNAIL = 64
"""Side in pixels at which every image is decoded once, and look-alikes are found."""


def audit(place: Workplace, accept: bool = False) -> dict[str, Any]:
    """Check the raw data; with `accept`, remember to leave the unusable images out.

    Errors stop the other commands; warnings do not. Only unreadable files and ids without a
    file can be accepted; a faulty annotation has to be mended.
    """
    import contest

    prepare = contest.module_of(place.spec.prepare)
    found = prepare.locate(place.folder, place.spec)
    errors: list[Finding] = []
    frames = {}
    for part in ("train_images", "test_images"):
        frames[part], faults = prepare.cached_frame(found[part], place.paths.cache, place.report)
        errors += [finding("unreadable", fault["id"], fault["message"]) for fault in faults]
    train, test = frames.values()
    annotated = _annotations(place, found["annotations"], errors)
    sample = contest.read_sample(found["sample_submission"], place.spec)
    errors += _without_file(annotated, train, "annotated, but has no file")
    errors += _without_file(set(sample), test, "in the sample, but has no file")
    pictures = _all_pictures(place, found, frames)
    alike, damaged = _alike(place, pictures)
    errors += damaged
    warnings = [
        *_unannotated(train, annotated),
        *_exact(train, test),
        *alike,
        *_odd_headers(pictures),
        *_patient_findings(place, found.get("patients"), annotated),
    ]
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


def _unannotated(train: "pd.DataFrame", annotated: set[str]) -> list[Finding]:
    ids = train.index.difference(sorted(annotated))
    return [finding("unannotated", i, "has no annotation row and is left out") for i in ids]


def _all_pictures(
    place: Workplace, found: dict[str, Path], frames: dict[str, "pd.DataFrame"]
) -> "pd.DataFrame":
    """Return one frame of the images of both parts but the accepted ones."""
    import pandas as pd

    prefixed = [
        frame.assign(file=f"{found[part].relative_to(place.folder)}/" + frame["file"])
        for part, frame in frames.items()
    ]
    both = pd.concat(prefixed)
    return both[~both.index.duplicated() & ~both.index.isin(list(place.accepted()))]


def _exact(train: "pd.DataFrame", test: "pd.DataFrame") -> list[Finding]:
    import pandas as pd

    import dicomio

    findings = [
        finding("leak", i, "is in train and in test") for i in test.index.intersection(train.index)
    ]
    for group in dicomio.exact_duplicates(pd.concat([train, test])):
        if len(set(group)) > 1:
            ids = ", ".join(group[1:])
            findings.append(finding("duplicate", group[0], f"the same file content as {ids}"))
    return findings


def _alike(place: Workplace, pictures: "pd.DataFrame") -> tuple[list[Finding], list[Finding]]:
    """Return images that look alike, and images whose pixels cannot be decoded."""
    import dicomio

    try:
        stack = dicomio.build_cache(
            pictures, place.folder, THUMBNAIL, place.paths.cache, report=place.report
        )
    except dicomio.CacheError as error:
        return [], [finding("unreadable", fault.path, fault.message) for fault in error.faults]
    digests = pictures["digest"]
    return [
        finding(
            "near-duplicate", pair.first, f"looks like {pair.second} ({pair.distance:.1%} apart)"
        )
        for pair in dicomio.near_duplicates(stack)
        if digests[pair.first] != digests[pair.second]
    ], []


def _odd_headers(pictures: "pd.DataFrame") -> list[Finding]:
    import dicomio

    return [
        finding("header", odd.image_id, f"{odd.column}: {odd.message}")
        for odd in dicomio.header_oddities(pictures)
    ]


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
    """Record the ids that may be left out of this data folder, those of earlier calls too."""
    found = {error["id"] for error in errors if error["kind"] in {"unreadable", "no file"}}
    ids = found | place.accepted()
    known = jobs.read_json(place.accepted_path) if place.accepted_path.exists() else {}
    jobs.write_json(place.accepted_path, {**known, str(place.data.resolve()): sorted(ids)})
    return frozenset(ids)
