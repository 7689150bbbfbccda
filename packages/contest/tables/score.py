"""Scoring a submission offline with the competition's metric."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

import rlemask
from contest._errors import AnnotationError, Fault, SubmissionError
from contest.spec.metric import metric_of
from contest.spec.spec import Spec
from contest.tables.annotations import REMEDY, read_annotations
from contest.tables.masks import masks_of
from contest.tables.submission import COLUMNS, check, read_submission

LEAST_PAIRS, POOR = 3, 0.2
"""Number of images with two masks, and their mean IoU, below which the other axis is tried."""
Pair = tuple[rlemask.Runs, rlemask.Runs]
Table = pd.DataFrame | str | Path


@dataclass(frozen=True)
class Score:
    """A competition's metric on a submission, and its parts.

    Attributes:
        score: the metric.
        positive_score: its mean over the positive images; None if there are none.
        negative_accuracy: its mean over the negative images; None if there are none.
        images: number of images.
        positives: number of positive images.
        per_image: metric of each image, float64 Series indexed by image id.
        warnings: that the masks of the submission seem to be written in another form.
    """

    score: float
    positive_score: float | None
    negative_accuracy: float | None
    images: int
    positives: int
    per_image: pd.Series = field(repr=False, compare=False)
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, per_image: pd.Series, positive: np.ndarray) -> "Score":
        """Return the mean of `per_image` and its parts; `positive` is bool `(n,)`."""
        return cls(
            score=float(per_image.mean()),
            positive_score=_mean(per_image[positive]),
            negative_accuracy=_mean(per_image[~positive]),
            images=len(per_image),
            positives=int(positive.sum()),
            per_image=per_image,
        )


def score(spec: Spec, submission: Table, truth: Table) -> Score:
    """Return the metric and its parts, computed on the runs.

    Args:
        submission: path, or table with columns image_id and rle, one row per image.
        truth: path, or table with columns image_id and rle, one or more rows per image.

    Raises:
        AnnotationError: the truth is faulty.
        SubmissionError: the submission is faulty, or its images are not those of the truth.
    """
    known = _given(truth) if isinstance(truth, pd.DataFrame) else _read(truth, spec)
    given = submission
    if not isinstance(given, pd.DataFrame):
        given = read_submission(given, spec)
    ids = list(dict.fromkeys(known["image_id"]))
    faults = check(given, ids, spec)
    errors = [fault for fault in faults if fault.level == "error"]
    warnings = [fault.message for fault in faults if fault.kind == "form"]
    if errors:
        where = "the submission" if isinstance(submission, pd.DataFrame) else submission
        raise SubmissionError(where, errors, _remedy(errors, warnings))
    true, predicted = masks_of(known, spec), masks_of(given, spec)
    pairs = [(true[image_id], predicted[image_id]) for image_id in ids]
    overlap = np.array([one.iou(other) for one, other in pairs])
    scores = pd.Series(metric_of(spec)(overlap), pd.Index(ids, name="image_id"), name="score")
    warnings += _other_order(pairs, overlap)
    result = Score.of(scores, np.array([bool(len(one)) for one, _ in pairs]))
    return replace(result, warnings=tuple(warnings))


def _given(truth: pd.DataFrame) -> pd.DataFrame:
    """Check the columns of the truth and return it; its texts are checked when they are read."""
    faults = [Fault(f"no column {name}") for name in COLUMNS if name not in truth.columns]
    faults = faults or ([] if len(truth) else [Fault("it lists no image")])
    if faults:
        raise AnnotationError("the truth", faults, "give columns image_id and rle, with rows")
    return truth


def _read(path: str | Path, spec: Spec) -> pd.DataFrame:
    return read_annotations(path, spec, as_written=True)


def _other_order(pairs: Sequence[Pair], overlap: np.ndarray) -> list[str]:
    """Return a warning if the masks fit the truth only with pixels along the other axis.

    Args:
        pairs: true and predicted mask of each image.
        overlap: their intersection over union, float64 `(n,)`.
    """
    both = [number for number, (one, other) in enumerate(pairs) if len(one) and len(other)]
    if len(both) < LEAST_PAIRS or overlap[both].mean() >= POOR:
        return []
    turned = [pairs[number][0].iou(_turned(pairs[number][1])) for number in both]
    if np.mean(turned) < 2 * POOR:
        return []
    return [
        f"the masks overlap with the truth by {overlap[both].mean():.2f} on average, but by "
        f"{np.mean(turned):.2f} with pixels numbered along the other axis: check rows and columns"
    ]


def _turned(mask: rlemask.Runs) -> rlemask.Runs:
    """Return the mask of the same numbers along the other axis."""
    return rlemask.Runs(mask.toggles, mask.shape, not mask.columns).in_order(mask.columns)


def _remedy(errors: Sequence[Fault], warnings: Sequence[str]) -> str:
    """Return what to do: for faults of the cells alone, correct them."""
    if warnings:
        return f"{warnings[0]}: write them so"
    cells = all(fault.row is not None for fault in errors)
    return REMEDY if cells else "give one row for each image of the truth"


def _mean(values: pd.Series) -> float | None:
    return float(values.mean()) if len(values) else None
