"""From raw files to a data set: the general functions find, read and match all files."""

from collections.abc import Set
from pathlib import Path

import contest
import jobs
from competitions.tgs_salt.sections import synthesize as synthesize

locate = contest.locate


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
    layout = locate(root, spec, test_only=test_only)
    return contest.prepare(
        layout, spec, cache=cache, accepted=accepted, report=report, test_only=test_only
    )
