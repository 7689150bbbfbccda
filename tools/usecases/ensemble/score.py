"""`tools score`: score a submission offline."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import contest
from tools.usecases.context.workplace import Workplace


@dataclass(frozen=True)
class Scored:
    """The competition metric of a submission, and its mean over positive and negative images.

    Attributes:
        warnings: that its masks seem to be written in another form; None without.
    """

    score: float
    positive_score: float | None
    negative_accuracy: float | None
    images: int
    warnings: Sequence[str] | None = None


def score(place: Workplace, submission: Path, truth: Path) -> Scored:
    """Score a submission file against a truth file with the competition metric."""
    found = contest.score(place.of_table(truth).spec, submission, truth)
    return Scored(
        score=found.score,
        positive_score=found.positive_score,
        negative_accuracy=found.negative_accuracy,
        images=found.images,
        warnings=found.warnings or None,
    )
