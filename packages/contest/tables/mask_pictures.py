"""Mask pictures: the annotations of data sets without a table of run-length texts."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

import imagestack
import jobs
import rlemask
from contest._errors import DataError, shown
from contest.spec.spec import Spec
from contest.tables.masks import Masks

VERSION = 1
"""Version of the cached masks."""
BLOCK = 64
SHOWN = 3


def read_mask_pictures(
    folder: Path,
    ids: Mapping[str, str] | None,
    spec: Spec,
    cache: Path,
    report: jobs.Report = jobs.silent,
) -> Masks:
    """Return the masks of the pictures below `folder`, sorted by image id.

    A pixel that is not black is in the mask; besides black, only one other level is allowed. The
    masks are cached until the files change.

    Args:
        ids: image id by file name; None: the name without its extension.

    Raises:
        DataError: pictures that cannot be read, have another size than `spec.shape`, or have more
            levels; the message lists the first ones.
    """
    table, faults = imagestack.kept_scan(folder, cache, report)
    files = dict(_by_id(table, ids)["file"])
    form = [VERSION, list(spec.shape), spec.dialect, dict(table["digest"]), sorted(files.items())]
    kept = cache / f"masks-{jobs.digest(form)}.json"
    wrong = [one.message for one in faults if ids is None or Path(one.path).name in ids]

    def read() -> dict[str, str]:
        texts, more = _read(folder, files, spec, report)
        if wrong or more:
            raise DataError(
                f"{len(wrong) + len(more)} mask picture(s) cannot be used: "
                f"{jobs.first_few([*wrong, *more], SHOWN)}: replace them, or give the table of "
                "annotations"
            )
        return texts

    texts = read() if wrong else jobs.cached_json(kept, read)
    return Masks({image_id: [text] for image_id, text in texts.items()}, spec)


def bit_depths(folder: Path, ids: Mapping[str, str] | None, cache: Path) -> pd.Series:
    """Return the bits per value of every readable picture below `folder`, indexed by image id.

    Args:
        ids: see `read_mask_pictures`.
    """
    table, _ = imagestack.kept_scan(folder, cache)
    return _by_id(table, ids)["bits"].dropna().sort_index()


def _by_id(table: pd.DataFrame, ids: Mapping[str, str] | None) -> pd.DataFrame:
    """Return the rows of a table of images that have an image id, indexed by it."""
    if ids is None:
        return table
    named = pd.Index([ids.get(Path(file).name) for file in table["file"]], dtype=object)
    return table[named.notna()].set_axis(pd.Index(named.dropna(), dtype="str"))


def _read(
    folder: Path, files: Mapping[str, str], spec: Spec, report: jobs.Report
) -> tuple[dict[str, str], list[str]]:
    ids = sorted(files)
    blocks = [ids[at : at + BLOCK] for at in range(0, len(ids), BLOCK)]
    work = partial(_block, folder, dict(files), spec.shape, spec.dialect)
    texts: dict[str, str] = {}
    wrong: list[str] = []
    for found, faults in jobs.run(work, blocks, report=report, label="masks", reads=[folder]):
        texts |= found
        wrong += faults
    return texts, wrong


def _block(
    folder: Path,
    files: Mapping[str, str],
    shape: tuple[int, int],
    dialect: str,
    ids: Sequence[str],
) -> tuple[dict[str, str], list[str]]:
    texts, wrong = {}, []
    for image_id in ids:
        path = folder / files[image_id]
        try:
            picture = imagestack.read_levels(path)
        except jobs.UserError as error:
            wrong.append(str(error))
            continue
        levels = sorted({int(level) for level in (picture.min(), picture.max())} - {0})
        between = picture[(picture != 0) & (picture != (levels[-1] if levels else 0))]
        if picture.shape != shape:
            found, wanted = (f"{height} x {width}" for height, width in (picture.shape, shape))
            wrong.append(f"{path}: {found} pixels, not {wanted}")
        elif between.size:
            wrong.append(f"{path}: level {int(between[0])} besides 0 and {levels[-1]}")
        else:
            texts[image_id] = rlemask.encode(picture > 0, dialect)
    return texts, wrong


def differing(table: Masks, pictures: Masks) -> list[tuple[str, str]]:
    """Return the images whose mask picture differs from the table, and the differences in words."""
    found = []
    for image_id in sorted(table.keys() & pictures.keys()):
        one, other = table[image_id], pictures[image_id]
        if one != other:
            found.append((image_id, f"{(one ^ other).area:,} pixels differ from its mask picture"))
    found += [
        (image_id, "has a mask picture, but no annotation row")
        for image_id in sorted(pictures.keys() - table.keys())
    ]
    return [(image_id, f"{shown(image_id)}: {words}") for image_id, words in found]
