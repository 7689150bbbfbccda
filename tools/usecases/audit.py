"""`tools data audit`: check the raw data and record which images are left out."""

from dataclasses import dataclass
from pathlib import Path

import contest
import jobs
import reporting
from tools.usecases.workplace import Workplace


@dataclass(frozen=True)
class WrittenAudit(contest.Audit):
    """An audit whose findings are written to a table.

    Attributes:
        path: the table of all findings.
        page: the page with the images of the findings, or None.
    """

    path: str = ""
    page: str | None = None


def audit(
    place: Workplace, accept: bool = False, csv: Path | None = None, page: Path | None = None
) -> WrittenAudit:
    """Check the raw data; with `accept`, record that the unusable images are left out.

    The other commands refuse data with errors, not with warnings. Unusable files and ids without
    a file can be accepted; a faulty table must be corrected. All findings are written to
    ``tables/`` in the home and to `csv`, and as a page with images to `page`.
    """
    found = contest.audit_data(
        place.layout,
        place.spec,
        cache=place.paths.cache,
        folds=place.paths.folds,
        runs=place.paths.runs,
        accepted=place.accepted(),
        report=place.report,
    )
    found = found.accepting(_accept(place, found.acceptable) if accept else place.accepted())
    path = place.own("tables") / "audit.csv"
    for to in (path, csv):
        if to is not None:
            contest.write_findings(to, found)
    if page is not None:
        dataset = None if found.errors else place.dataset  # errors make the data unusable
        shown = reporting.audit_page(
            found, place.spec, data=place.data, table=path, dataset=dataset
        )
        reporting.write(shown, page, report=place.report)
    return WrittenAudit(**vars(found), path=str(path), page=None if page is None else str(page))


def _accept(place: Workplace, found: set[str]) -> frozenset[str]:
    """Record ids to leave out of this data folder, in addition to those of earlier calls."""
    ids = found | place.accepted()
    known = jobs.read_json(place.accepted_path) if place.accepted_path.exists() else {}
    jobs.write_json(place.accepted_path, {**known, str(place.data.resolve()): sorted(ids)})
    return frozenset(ids)
