"""`tools data audit`: everything wrong or odd about the raw data, and what may be left out."""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import jobs
from tools.usecases.audit_folds import look_at_folds
from tools.usecases.audit_images import Images, look_at_images, read_images
from tools.usecases.audit_tables import (
    Tables,
    look_at_facts,
    look_at_pictures,
    look_at_rows,
    read_tables,
)
from tools.usecases.findings import Audit, Finding, Findings, write_csv
from tools.usecases.workplace import Workplace

if TYPE_CHECKING:
    import pandas as pd

ACCEPTABLE = frozenset({"unreadable", "double id", "no file"})
"""Kinds of error that concern one image, without which the other commands can go on."""


def audit(
    place: Workplace, accept: bool = False, csv: Path | None = None, page: Path | None = None
) -> Audit:
    """Check the raw data; with `accept`, remember to leave the unusable images out.

    Errors stop the other commands; warnings do not. Unusable files and ids without a file can
    be accepted; a faulty table has to be mended. All findings are written to ``audit.csv`` in
    the home, and to `csv`; with pictures as a page to `page`.
    """
    import contest

    layout = contest.competition_of(place.spec).locate(place.folder, place.spec)
    log = Findings()
    images = read_images(place, layout, log)
    tables = read_tables(place, layout, log)
    _compare(images, tables, log)
    look_at_rows(place, tables, log)
    look_at_pictures(place, tables, log)
    look_at_facts(place, layout, [*images.train.index, *images.test.index], log)
    look_at_images(place, layout, images, tables.groups, log)
    leakage = look_at_folds(place, _areas(place, images, tables), tables.groups, log)
    accepted = _accept(place, log.errors) if accept else place.accepted()
    path = place.paths.home / "audit.csv"
    result = Audit(
        errors=[error for error in log.errors if not _acceptable(error, accepted)],
        warnings=log.warnings,
        accepted=sorted(accepted),
        images={"train": len(images.train), "test": len(images.test)},
        leakage=leakage,
        path=str(path),
    )
    for to in (path, csv):
        if to is not None:
            write_csv(to, result)
    if page is not None:
        from tools.usecases.reports import auditing

        auditing.write(place, result, page)
        result["page"] = str(page)
    return result


def _compare(images: Images, tables: Tables, log: Findings) -> None:
    """Find the ids that are in a table only or in a folder only."""
    train, test, groups = images.train.index, images.test.index, tables.groups
    if tables.annotated is not None:
        _without_file(tables.annotated, images.train_files, "annotated, but has no file", log)
        for image_id in train.difference(list(tables.annotated)):
            log.warn("unannotated", image_id, "has no annotation row and is left out")
    if tables.sample is not None:
        message = "in the sample, but has no file"
        _without_file(tables.sample, images.test_files, message, log)
        for image_id in test.difference(list(tables.sample)):
            log.warn("not in sample", image_id, "is in no row of the sample")
    if tables.annotated is not None and groups is not None:
        needed = images.pictures.index.intersection(train)
        for image_id in needed[needed.isin(tables.annotated)].difference(groups.index):
            log.error("groups", image_id, "has no row in the table of groups")


def _without_file(ids: "pd.Series", files: Collection[str], message: str, log: Findings) -> None:
    named = ids[ids != ""].drop_duplicates()
    for row, image_id in zip(named.index.tolist(), named, strict=True):
        if image_id not in files:
            log.error("no file", image_id, message, row)


def _areas(place: Workplace, images: Images, tables: Tables) -> "pd.Series":
    areas = tables.areas(place.spec)
    needed = images.pictures.index.intersection(images.train.index)
    return areas[areas.index.isin(needed)]


def _acceptable(error: Finding, accepted: Collection[str]) -> bool:
    return error["kind"] in ACCEPTABLE and error["id"] in accepted


def _accept(place: Workplace, errors: list[Finding]) -> frozenset[str]:
    """Record the ids that may be left out of this data folder, those of earlier calls too."""
    found = {error["id"] for error in errors if error["kind"] in ACCEPTABLE}
    ids = found | place.accepted()
    known = jobs.read_json(place.accepted_path) if place.accepted_path.exists() else {}
    jobs.write_json(place.accepted_path, {**known, str(place.data.resolve()): sorted(ids)})
    return frozenset(ids)
