"""Scoring a submission offline with the competition's own metric."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from contest._errors import AnnotationError, Fault, SubmissionError
from contest.spec.metric import metric_of
from contest.spec.spec import Spec
from contest.tables.annotations import read_annotations
from contest.tables.masks import masks_of
from contest.tables.submission import COLUMNS, check, read_submission

Table = pd.DataFrame | str | Path


@dataclass(frozen=True)
class Score:
    """A competition's metric on a submission, and what it is made of.

    Attributes:
        score: the metric.
        positive_score: its mean over the images whose truth holds a mask; None if there are none.
        negative_accuracy: its mean over the images without; None if there are none.
        images: number of images.
        positives: number of images whose truth holds a mask.
        per_image: metric of each image, float64 Series indexed by image id.
    """

    score: float
    positive_score: float | None
    negative_accuracy: float | None
    images: int
    positives: int
    per_image: pd.Series = field(repr=False, compare=False)

    @classmethod
    def of(cls, per_image: pd.Series, positive: np.ndarray) -> "Score":
        """Return the score that is the mean of `per_image`; `positive` is bool `(n,)`."""
        return cls(
            score=float(per_image.mean()),
            positive_score=_mean(per_image[positive]),
            negative_accuracy=_mean(per_image[~positive]),
            images=len(per_image),
            positives=int(positive.sum()),
            per_image=per_image,
        )


def score(spec: Spec, submission: Table, truth: Table) -> Score:
    """Return the metric and its decomposition; computed on the runs, no mask is drawn.

    Args:
        submission: path, or table with columns image_id and rle, one row per image.
        truth: path, or table with columns image_id and rle, one or more rows per image.

    Raises:
        AnnotationError: the truth is faulty.
        SubmissionError: the submission is, or does not list exactly the images of the truth.
    """
    known = _given(truth) if isinstance(truth, pd.DataFrame) else read_annotations(truth, spec)
    given = submission
    if not isinstance(given, pd.DataFrame):
        given = read_submission(given, spec)
    ids = list(dict.fromkeys(known["image_id"]))
    errors = [fault for fault in check(given, ids, spec) if fault.level == "error"]
    if errors:
        where = "the submission" if isinstance(submission, pd.DataFrame) else submission
        raise SubmissionError(where, errors, "give one row for each image of the truth")
    true, predicted = masks_of(known, spec), masks_of(given, spec)
    pairs = [(true[image_id], predicted[image_id]) for image_id in ids]
    overlap = np.array([one.iou(other) for one, other in pairs])
    scores = pd.Series(metric_of(spec)(overlap), pd.Index(ids, name="image_id"), name="score")
    return Score.of(scores, np.array([bool(len(one)) for one, _ in pairs]))


def _given(truth: pd.DataFrame) -> pd.DataFrame:
    """Return the truth after a look at its form; a faulty text shows when it is read."""
    faults = [Fault(f"no column {name}") for name in COLUMNS if name not in truth.columns]
    faults = faults or ([] if len(truth) else [Fault("it lists no image")])
    if faults:
        raise AnnotationError("the truth", faults, "give columns image_id and rle, with rows")
    return truth


def _mean(values: pd.Series) -> float | None:
    return float(values.mean()) if len(values) else None
