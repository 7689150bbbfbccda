"""`tools data audit`, `tools data accepted`: check the raw data, and leave out images."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import contest
import jobs
import reporting
from tools.usecases.context.workplace import Workplace

SHOWN = 3
"""Maximum number of ids in a message."""


class NotAccepted(jobs.UserError):
    """Images cannot be left out, or cannot be taken back."""


@dataclass(frozen=True)
class Accepted:
    """The images that are left out of the data folder `data`.

    Attributes:
        file: in which they are recorded.
        images: the ids that are left out, sorted.
        withdrawn: the ids that were taken back by this call, sorted.
    """

    data: Path
    file: Path
    images: Sequence[str]
    withdrawn: Sequence[str]


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
    found = found.accepting(_accept(place, found) if accept else place.accepted())
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


def accepted(
    place: Workplace, withdraw: Sequence[str] = (), withdraw_all: bool = False
) -> Accepted:
    """List the images that are left out; take some of them, or all, back.

    Raises:
        NotAccepted: an id in `withdraw` is not left out; nothing is taken back.
    """
    ids = place.accepted()
    unknown = [image_id for image_id in withdraw if image_id not in ids]
    if unknown:
        raise NotAccepted(
            f"{', '.join(map(contest.shown, unknown))}: not left out of {place.data}, so there is "
            "nothing to take back: see `tools data accepted`"
        )
    back = ids if withdraw_all else frozenset(withdraw)
    if back:
        _record(place, ids - back)
    return Accepted(place.data, place.accepted_path, sorted(ids - back), sorted(back))


def _accept(place: Workplace, found: contest.Audit) -> frozenset[str]:
    """Record ids to leave out of this data folder, in addition to those of earlier calls.

    Raises:
        NotAccepted: no image would remain of a part; nothing is recorded.
    """
    empty = [part for part, count in found.left.items() if not count]
    if empty and found.acceptable:
        first = ", ".join(map(contest.shown, sorted(found.acceptable)[:SHOWN]))
        raise NotAccepted(
            f"nothing was accepted: without {len(found.acceptable)} images, first {first}, no "
            f"{' and no '.join(empty)} image would be left: correct the data or the ids in the "
            "tables, see `tools data audit`"
        )
    ids = found.acceptable | place.accepted()
    _record(place, ids)
    return frozenset(ids)


def _record(place: Workplace, ids: Collection[str]) -> None:
    """Write which images are left out of this data folder."""
    known = jobs.read_json(place.accepted_path) if place.accepted_path.exists() else {}
    jobs.write_json(place.accepted_path, {**known, str(place.data.resolve()): sorted(ids)})
