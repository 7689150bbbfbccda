"""From raw files to a data set, with facts from the DICOM headers."""

from collections.abc import Set
from pathlib import Path

import pandas as pd

import contest
import cxr.phantom
import dicomio
import jobs
from competitions.siim_acr_pneumothorax.features import show as show
from competitions.siim_acr_pneumothorax.layout import describe as describe
from competitions.siim_acr_pneumothorax.layout import locate as locate

OLDEST = 120
"""Higher ages in years are typing errors (up to 4xx in NIH files)."""


def prepare(
    root: Path,
    spec: contest.Spec,
    *,
    cache: Path,
    accepted: Set[str] = frozenset(),
    report: jobs.Report = jobs.silent,
    test_only: bool = False,
) -> contest.Dataset:
    """Find and match the competition's files, see `contest.prepare`.

    Raises:
        contest.ContestError: with all faults.
    """
    return contest.prepare(
        locate(root, spec, test_only=test_only),
        spec,
        cache=cache,
        accepted=accepted,
        report=report,
        test_only=test_only,
        facts=facts_of,
    )


def facts_of(images: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return age (years), sex, view and spacing (mm) of the images, and a note if unknown.

    If no image is a DICOM file, all of these are unknown and there is no column.
    """
    files = images["format"] == "dicom"
    if not files.any():
        lost = "the images are not DICOM files: age, sex, view and pixel spacing are unknown"
        return pd.DataFrame(index=images.index), [lost]
    age = images["patient_age"].astype("Float64").astype("float64")
    facts = {
        "view": images["view"],
        "sex": images["patient_sex"],
        "age": age.where(age.between(0, OLDEST)),
        "spacing": images["pixel_spacing_x"].astype("Float64").astype("float64"),
    }
    return pd.DataFrame(facts, index=images.index), []


def audit(images: pd.DataFrame, groups: pd.Series | None) -> list[contest.Fault]:
    """Return the header fields with unusual values, see `dicomio.check_headers`."""
    files = images[images["format"] == "dicom"]
    if files.empty:
        return []
    return [
        contest.Fault(f"{column}: {message}", image_id, level="warning", kind="header")
        for image_id, column, message in dicomio.check_headers(files, groups)
    ]


def synthesize(
    out: Path, *, images: int, test: int, seed: int, report: jobs.Report = jobs.silent
) -> int:
    """Write synthetic radiographs in the competition's format; return the number of positives."""
    made = cxr.phantom.write_dataset(out, images=images, test=test, seed=seed, report=report)
    return made.positives
