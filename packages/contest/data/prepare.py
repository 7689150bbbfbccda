"""From raw files to a `Dataset`: images matched with masks, groups, facts and the sample."""

from collections.abc import Callable, Mapping, Sequence, Set
from pathlib import Path

import pandas as pd

import imagestack
import jobs
from contest._errors import DataError, shown
from contest.data.dataset import Dataset
from contest.data.layout import Images, Layout, locate
from contest.spec.spec import Spec
from contest.tables.annotations import read_groups
from contest.tables.facts import read_facts
from contest.tables.mask_pictures import read_mask_pictures
from contest.tables.masks import Masks, read_masks
from contest.tables.submission import other_extensions, read_sample

AREAS_VERSION = 1
"""Version of the cached areas."""

FactsOf = Callable[[pd.DataFrame], tuple[pd.DataFrame, list[str]]]
"""Function of the table of all images that returns their facts, a row for each, and notes."""


def prepare(
    layout: Layout,
    spec: Spec,
    *,
    cache: Path,
    accepted: Set[str] = frozenset(),
    report: jobs.Report = jobs.silent,
    test_only: bool = False,
    facts: FactsOf | None = None,
) -> Dataset:
    """Read and match the files of a layout.

    Training images without annotation are left out with a note. Any other mismatch is an error
    unless its id is in `accepted`.

    Args:
        accepted: image ids that may be unreadable or missing.
        test_only: do not read the training files; they may be missing.
        facts: makes the facts from the table of images; None reads `layout.facts`, if present.

    Raises:
        DataError, AnnotationError, TableError: with all faults.
    """
    assert layout.test is not None, "refused by locate"
    test = usable_images(layout.root, layout.test, cache, accepted, report)
    train, masks, areas, notes = test.iloc[:0], Masks({}, spec), dict[str, int](), list[str]()
    if not test_only:
        train, masks, areas, notes = _train(layout, spec, cache, accepted, report)
    test, sample_ids, about_sample = _test(layout, spec, test, accepted)
    ids = list(train.index)
    truth = masks.only(ids)
    every = pd.concat([train, test[~test.index.isin(ids)]])
    known, more = _facts(layout, spec, every, facts)
    return Dataset(
        root=layout.root,
        train=train,
        test=test,
        truth=truth,
        digest=truth.digest(dict(train["digest"])),
        areas=_areas(areas, ids),
        facts=known,
        groups=None if test_only or layout.groups is None else _groups(layout.groups, ids, spec),
        sample_ids=sample_ids,
        notes=[*layout.notes, *notes, *about_sample, *more],
        read=imagestack.read_image,
    )


def prepare_folder(
    root: Path,
    spec: Spec,
    *,
    cache: Path,
    accepted: Set[str] = frozenset(),
    report: jobs.Report = jobs.silent,
    test_only: bool = False,
) -> Dataset:
    """Find the files with `locate`, and read and match them with `prepare`.

    The `prepare` of a competition without code of its own for its files.

    Raises:
        ContestError: with all faults.
    """
    layout = locate(root, spec, test_only=test_only)
    return prepare(layout, spec, cache=cache, accepted=accepted, report=report, test_only=test_only)


def _train(
    layout: Layout, spec: Spec, cache: Path, accepted: Set[str], report: jobs.Report
) -> tuple[pd.DataFrame, Masks, dict[str, int], list[str]]:
    """Return the table of the annotated images, all masks and their areas, and notes."""
    assert layout.train is not None, "refused by locate"
    masks, areas = annotated(layout, spec, cache, report)
    train = usable_images(layout.root, layout.train, cache, accepted, report)
    _refuse_missing(masks.keys() - set(train.index), accepted, "annotated images")
    form = masks.other_form() if layout.annotations is not None else ""
    notes = [form] * bool(form) + _notes(train.index.difference(list(masks)), accepted)
    train = train[train.index.isin(list(masks))]
    _refuse_nothing(train, f"training image ({len(masks)} are annotated)", accepted)
    return train, masks, areas, notes


def _test(
    layout: Layout, spec: Spec, test: pd.DataFrame, accepted: Set[str]
) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Return the table of the images of the sample submission, all its ids, and notes."""
    sample_ids, notes = _sample_ids(layout, spec, test)
    _refuse_missing(set(sample_ids) - set(test.index), accepted, "test images")
    test = test.loc[[i for i in sample_ids if i in test.index]]
    _refuse_nothing(test, f"test image ({len(sample_ids)} are in the sample)", accepted)
    return test, sample_ids, notes


def _sample_ids(layout: Layout, spec: Spec, test: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return the ids that a submission must list, and notes about them."""
    if layout.sample is not None:
        ids = read_sample(layout.sample, spec)
        if said := other_extensions(set(ids), set(test.index), "the images"):
            raise DataError(f"{layout.sample}: {said}")
        return ids, []
    note = f"no sample submission: the {len(test)} test images are used in sorted order"
    return sorted(test.index), [note]


def usable_images(
    root: Path, images: Images, cache: Path, accepted: Set[str], report: jobs.Report = jobs.silent
) -> pd.DataFrame:
    """Return the table of the images of a part, `file` relative to `root`, without the accepted.

    Raises:
        DataError: files that cannot be used and are not accepted.
    """
    table, faults = images_of(root, images, cache, report)
    left = [message for image_id, _, message in faults if image_id not in accepted]
    if left:
        raise DataError(
            f"{len(left)} file(s) under {images.folder} cannot be used: {jobs.first_few(left, 3)}: "
            "replace them, or leave them out with `tools data audit --accept`"
        )
    return table[~table.index.isin(list(accepted))]


def images_of(
    root: Path, images: Images, cache: Path, report: jobs.Report = jobs.silent
) -> tuple[pd.DataFrame, list[tuple[str, str, str]]]:
    """Return the table of the readable images of a part, and the faults of the others.

    Returns:
        The table of `imagestack.read_table`, `file` relative to `root`; id, kind and message of
        each fault.
    """
    table, faults = imagestack.kept_scan(images.folder, cache, report)
    if images.ids is not None:
        ids = [images.ids.get(Path(file).name) for file in table["file"]]
        index = pd.Index(ids, dtype=object)
        table = table[index.notna()].set_axis(pd.Index(index.dropna(), dtype="str"))
        faults = [fault for fault in faults if Path(fault.path).name in images.ids]
    below = images.folder.relative_to(root)
    table = table.assign(file=[str(below / file) for file in table["file"]])
    table.index.name = "image_id"
    named = [(_id_of(fault.path, images), fault.kind, fault.message) for fault in faults]
    return table, named


def annotated(
    layout: Layout, spec: Spec, cache: Path, report: jobs.Report = jobs.silent
) -> tuple[Masks, dict[str, int]]:
    """Return the mask and its area in pixels of every annotated image, sorted by id.

    The truth is the table of annotations or, without one, the mask pictures. Areas are cached once
    all texts of the file were found valid, so that they need not be parsed again.
    """
    if layout.annotations is None:
        assert layout.masks is not None, "refused by check_layout"
        ids = None if layout.train is None else layout.train.ids
        pictures = read_mask_pictures(layout.masks, ids, spec, cache, report)
        return pictures, {image_id: mask.area for image_id, mask in pictures.items()}
    path = layout.annotations
    form = [AREAS_VERSION, list(spec.shape), spec.dialect, spec.columns.image_id, spec.columns.rle]
    kept = cache / f"areas-{jobs.digest(path.read_bytes(), form)}.json"
    masks = read_masks(path, spec, parse=not kept.exists())

    def areas() -> dict[str, int]:
        return {image_id: mask.area for image_id, mask in masks.items()}

    return masks, jobs.cached_json(kept, areas)


def _id_of(file: str, images: Images) -> str:
    name = Path(file).name
    return imagestack.image_id(name) if images.ids is None else images.ids[name]


def _facts(
    layout: Layout, spec: Spec, images: pd.DataFrame, made: FactsOf | None
) -> tuple[pd.DataFrame, list[str]]:
    if made is not None:
        return made(images)
    if layout.facts is None:
        return pd.DataFrame(index=images.index), []
    return read_facts(layout.facts, spec, list(images.index))


def _refuse_missing(missing: Set[str], accepted: Set[str], what: str) -> None:
    left = sorted(set(missing) - accepted)
    if left:
        first = ", ".join(shown(image_id) for image_id in left[:3])
        raise DataError(
            f"{len(left)} {what} have no readable file, first {first}: complete the data, "
            "or leave them out with `tools data audit --accept`"
        )


def _refuse_nothing(table: pd.DataFrame, what: str, accepted: Set[str]) -> None:
    """Refuse data without images, of which all may have been accepted."""
    if table.empty:
        raise DataError(
            f"no {what} is left, as {len(accepted)} images were accepted: take them back with "
            "`tools data accepted --withdraw-all`, and correct the data"
        )


def _areas(areas: Mapping[str, int], ids: Sequence[str]) -> pd.Series:
    values = [areas[image_id] for image_id in ids]
    return pd.Series(values, index=pd.Index(ids, name="image_id"), name="area", dtype="int64")


def _groups(path: Path, ids: Sequence[str], spec: Spec) -> pd.Series:
    groups = read_groups(path, spec)
    missing = [image_id for image_id in ids if image_id not in groups.index]
    if missing:
        raise DataError(
            f"{path} has no group for {len(missing)} training images, first "
            f"{shown(missing[0])}: complete it, or remove it to make folds without groups"
        )
    return groups.loc[list(ids)]


def _notes(unannotated: pd.Index, accepted: Set[str]) -> list[str]:
    notes = []
    if len(unannotated):
        notes.append(
            f"{len(unannotated)} training images have no annotation row and are left out, "
            f"first {shown(unannotated[0])}"
        )
    if accepted:
        notes.append(
            f"{len(accepted)} images are left out, as accepted by `tools data audit --accept`"
        )
    return notes
