"""All checks of an audit, in order, and the comparison of images with tables."""

from collections.abc import Collection
from pathlib import Path

import pandas as pd

import jobs
from contest.audit.findings import ACCEPTABLE, Audit, Findings
from contest.audit.folds import check_folds
from contest.audit.images import Images, check_images, read_images
from contest.audit.masks import areas_of, check_bit_depths, check_shapes
from contest.audit.tables import Tables, check_facts, check_masks, read_tables
from contest.data.competition import own_checks
from contest.data.layout import Layout
from contest.spec.spec import Spec
from contest.tables.submission import other_extensions


def audit_data(
    layout: Layout,
    spec: Spec,
    *,
    cache: Path,
    folds: Path,
    runs: Path,
    accepted: Collection[str] = frozenset(),
    report: jobs.Report = jobs.silent,
) -> Audit:
    """Check the raw data of a competition; all faults are returned as findings.

    Args:
        accepted: image ids that are left out; they are not compared with other images.
    """
    log = Findings()
    images = read_images(layout, cache, accepted, log, report)
    tables = read_tables(layout, spec, cache, log, report)
    _compare(images, tables, log)
    masks = tables.masks(spec)
    areas = areas_of(masks)
    check_masks(tables, spec, log)
    check_shapes(masks, areas, log)
    if tables.pictures is not None:
        check_bit_depths(layout, areas, cache, log)
    check_facts(layout.facts, spec, [*images.train.index, *images.test.index], log)
    check_images(layout.root, images, cache, log, report)
    log.add(own_checks(spec, images.used, tables.groups))
    left = _left(images, tables, log)
    areas = areas[areas.index.isin(_used_train(images))]
    leakage = check_folds(spec, areas, tables.groups, folds, runs, log)
    counts = {"train": len(images.train), "test": len(images.test)}
    return Audit(log.errors, log.warnings, counts, leakage, left=left)


def _compare(images: Images, tables: Tables, log: Findings) -> None:
    """Find the ids that are in a table only or in a folder only."""
    if tables.annotated is not None:
        _without_file(tables.annotated, images.train_files, "annotated, but has no file", log)
        for image_id in images.train.index.difference(list(tables.annotated)):
            log.warn("unannotated", image_id, "has no annotation row and is left out")
    said = _other_sample_ids(images, tables)
    if said:
        log.error("sample", "", said)
    if tables.sample is not None and not said:
        message = "in the sample, but has no file"
        _without_file(tables.sample, images.test_files, message, log)
        for image_id in images.test.index.difference(list(tables.sample)):
            log.warn("not in sample", image_id, "is in no row of the sample")
    if tables.annotated is not None and tables.groups is not None:
        needed = _used_train(images)
        for image_id in needed[needed.isin(tables.annotated)].difference(tables.groups.index):
            log.error("groups", image_id, "has no row in the table of groups")


def _other_sample_ids(images: Images, tables: Tables) -> str:
    ids = set() if tables.sample is None else set(tables.sample)
    return other_extensions(ids, images.test_files, "the images") if ids else ""


def _left(images: Images, tables: Tables, log: Findings) -> dict[str, int]:
    """Return the number of images of each part that remain if those with errors are left out."""
    used = images.used.index.difference([one.id for one in log.errors if one.kind in ACCEPTABLE])
    train, test = used.intersection(images.train.index), used.intersection(images.test.index)
    if tables.annotated is not None:
        train = train[train.isin(tables.annotated)]
    if tables.sample is not None:
        test = test[test.isin(tables.sample)]
    return {"train": len(train), "test": len(test)}


def _without_file(ids: pd.Series, files: Collection[str], message: str, log: Findings) -> None:
    named = ids[ids != ""].drop_duplicates()
    for row, image_id in zip(named.index.tolist(), named, strict=True):
        if image_id not in files:
            log.error("no file", image_id, message, row)


def _used_train(images: Images) -> pd.Index:
    return images.used.index.intersection(images.train.index)
