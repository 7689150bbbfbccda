"""The competition metric of a submission file, offline."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import contest
from tools.usecases.workplace import Workplace


def score(place: Workplace, submission: Path, truth: Path) -> dict[str, Any]:
    """Return the competition metric of a submission file against a truth file."""
    return asdict(contest.score(place.spec, submission, truth))
