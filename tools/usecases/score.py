"""`tools score`: the competition metric of a submission file, offline."""

from pathlib import Path
from typing import Any

import contest
from tools.usecases.workplace import Workplace


def score(place: Workplace, submission: Path, truth: Path) -> dict[str, Any]:
    """Return the competition metric of a submission file against a truth file."""
    result = contest.score(place.spec, submission, truth)
    return {
        "score": result.score,
        "positive_score": result.positive_score,
        "negative_accuracy": result.negative_accuracy,
        "images": result.images,
    }
