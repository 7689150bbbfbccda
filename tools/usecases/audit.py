"""`tools data audit`: check the raw data, and record which images may be left out."""

from dataclasses import dataclass
from pathlib import Path

import contest
import jobs
from tools.usecases.report import write_audit
from tools.usecases.workplace import Workplace


@dataclass(frozen=True)
class WrittenAudit(contest.Audit):
    """An audit whose findings are on the disk.

    Attributes:
        path: the table of all findings.
        page: the page with the images that they name, or None.
    """

    path: str = ""
    page: str | None = None


def audit(
    place: Workplace, accept: bool = False, csv: Path | None = None, page: Path | None = None
) -> WrittenAudit:
    """Check the raw data; with `accept`, record that the unusable images are left out.

    Errors stop the other commands; warnings do not. Unusable files and ids without a file can
    be accepted; a faulty table has to be corrected. All findings are written to ``audit.csv`` in
    the home, and to `csv`; with images as a page to `page`.
    """
    found = contest.audit_data(
        contest.competition_of(place.spec).locate(place.folder, place.spec),
        place.spec,
        cache=place.paths.cache,
        folds=place.paths.folds,
        runs=place.paths.runs,
        accepted=place.accepted(),
        report=place.report,
    )
    found = found.accepting(_accept(place, found.acceptable) if accept else place.accepted())
    path = place.paths.home / "audit.csv"
    for to in (path, csv):
        if to is not None:
            contest.write_findings(to, found)
    if page is not None:
        write_audit(place, found, path, page)
    return WrittenAudit(**vars(found), path=str(path), page=None if page is None else str(page))


def _accept(place: Workplace, found: set[str]) -> frozenset[str]:
    """Record the ids that may be left out of this data folder, those of earlier calls too."""
    ids = found | place.accepted()
    known = jobs.read_json(place.accepted_path) if place.accepted_path.exists() else {}
    jobs.write_json(place.accepted_path, {**known, str(place.data.resolve()): sorted(ids)})
    return frozenset(ids)
