"""`tools score`: score a submission offline."""

from dataclasses import dataclass
from pathlib import Path

import contest
from tools.usecases.workplace import Workplace


@dataclass(frozen=True)
class Scored:
    """The competition metric of a submission, and its mean over positive and negative images."""

    score: float
    positive_score: float | None
    negative_accuracy: float | None
    images: int


def score(place: Workplace, submission: Path, truth: Path) -> Scored:
    """Score a submission file against a truth file with the competition metric."""
    found = contest.score(place.of_table(truth).spec, submission, truth)
    return Scored(found.score, found.positive_score, found.negative_accuracy, found.images)
