"""The table of all images in a folder, the faulty files, and reading of single images."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

import dicomio
import jobs
from imagestack._errors import Fault, FolderError, ImageError, named
from imagestack._files import find_files, image_id, read_bytes
from imagestack.readers import misnamed, reader_of

TABLE_VERSION = 5
"""Incremented whenever the row of an unchanged file changes."""
CHUNK = 64
"""Number of files per task of a worker; a task costs about as much as reading one file."""
COLUMNS = {
    "file": "str",
    "digest": "str",
    "bytes": "Int64",
    "height": "Int64",
    "width": "Int64",
    "format": "str",
    "bits": "Int64",
}
"""Columns of all formats and their pandas types; `dicomio.COLUMNS` follow.

The last of those, `remarks`, is of all formats too: a line for each contradiction between the
file's content, its header and its name.
"""


class Scan(NamedTuple):
    """The table of the valid files, and the faults of the others."""

    table: pd.DataFrame
    faults: list[Fault]


def read_image(path: str | Path, size: int | None = None) -> NDArray[np.uint8]:
    """Return the image of a file of any format as uint8 ``(h, w)``, bright = dense.

    The format is detected from the content. Grey levels are scaled by their type, and colours are
    converted to luminance (`readers/levels.py`); for DICOM see `dicomio.read_image`.

    Args:
        path: a DICOM, PNG, JPEG, TIFF or BMP file.
        size: resize to ``(size, size)``, see `dicomio.resize`.

    Raises:
        ImageError, dicomio.DicomError: the file cannot be used; the message names it.
    """
    dicomio.check_size(size)
    data = read_bytes(path)
    return reader_of(data, path).read(data, path, size)


def read_levels(path: str | Path) -> np.ndarray:
    """Return the stored values of a mask image, `(h, w)`, in the type of the file.

    The value of a colour pixel is its largest channel; alpha is ignored. Unlike `read_image`, it
    does not scale 16-bit images, whose small values would become 0.

    Raises:
        ImageError, dicomio.DicomError: the file cannot be used; the message names it.
    """
    data = read_bytes(path)
    reader = reader_of(data, path)
    shown = reader.read(data, path, None)
    flags = cv2.IMREAD_UNCHANGED
    stored = None if reader.name == "dicom" else cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if stored is None:
        return shown
    return stored if stored.ndim == 2 else stored[..., :3].max(axis=2)


def read_table(
    folder: str | Path,
    *,
    workers: int | None = None,
    report: jobs.Report = jobs.silent,
) -> pd.DataFrame:
    """Return one row per image file under `folder`, indexed by ``image_id`` (the file's stem).

    Columns and types are `COLUMNS` and `dicomio.COLUMNS`; the latter, except `remarks`, are
    missing for other formats. Rows are sorted by path. Files are checked for completeness without
    decoding.

    Args:
        folder: folder to search recursively, see `_files.find_files`.
        workers: number of processes; None uses one per core.
        report: progress in files.

    Raises:
        FolderError: there are faulty files, all of them in `faults` (`scan` omits them), or no
            images.
    """
    table, faults = scan(folder, workers=workers, report=report)
    if faults:
        raise FolderError(
            f"{len(faults)} of {len(table) + len(faults)} files under {folder} cannot be used: "
            f"{named(faults)}; repair or exclude them",
            faults,
        )
    return table


def scan(
    folder: str | Path, *, workers: int | None = None, report: jobs.Report = jobs.silent
) -> Scan:
    """Return the table of the valid files under `folder`, and the faults of the others.

    Raises:
        FolderError: the folder does not exist or has no images.
    """
    folder = Path(folder)
    names, faults = find_files(folder)
    chunks = [names[at : at + CHUNK] for at in range(0, len(names), CHUNK)]
    counting = per_image(report, CHUNK, len(names))
    read = partial(_records, os.path.abspath(folder))
    workers = 1 if len(chunks) == 1 else workers
    rows: dict[str, dict[str, Any]] = {}
    for found in jobs.run(
        read, chunks, workers=workers, report=counting, label="headers", reads=[folder]
    ):
        for item in found:
            if isinstance(item, Fault):
                faults.append(item)
            else:
                _add(rows, item, folder, faults)
    return Scan(_table(rows), sorted(faults))


def _records(folder: str, names: Sequence[str]) -> list[dict[str, Any] | Fault]:
    return [_record(folder, name) for name in names]


def _record(folder: str, name: str) -> dict[str, Any] | Fault:
    path = os.path.join(folder, name)
    try:
        data = read_bytes(path)
        reader = reader_of(data, path)
        row = reader.record(data, path)
    except (ImageError, dicomio.DicomError) as error:
        return Fault(name, type(error).__name__, str(error))
    remarks = [*filter(None, [row.get("remarks")]), *misnamed(reader, name)]
    more = {"bytes": len(data), "digest": dicomio.source_digest(data)}
    return {**row, **more, "file": name, "remarks": "\n".join(remarks) or None}


def _add(
    rows: dict[str, dict[str, Any]], row: dict[str, Any], folder: Path, faults: list[Fault]
) -> None:
    found = image_id(row["file"])
    if found not in rows:
        rows[found] = row
        return
    other = rows[found]
    same = "the same content" if other["digest"] == row["digest"] else "other content"
    message = f"{folder / row['file']}: same image id as {other['file']}, {same}; keep one of them"
    faults.append(Fault(row["file"], "DuplicateId", message))


def _table(rows: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """Return the table of records by image id."""
    index = pd.Index(list(rows), name="image_id", dtype="str")
    columns = {
        name: pd.Series([row.get(name) for row in rows.values()], index, dtype)
        for name, dtype in (COLUMNS | dicomio.COLUMNS).items()
    }
    return pd.DataFrame(columns, index=index)


def per_image(report: jobs.Report, chunk: int, total: int, before: int = 0) -> jobs.Report:
    """Return a progress callback that converts chunks to images.

    Args:
        report: called with the number of images.
        chunk: images per chunk.
        total: number of all images.
        before: images finished before the first chunk.
    """

    def counted(label: str, done: int, _: int, figures: Mapping[str, float]) -> None:
        report(label, min(before + done * chunk, total), total, figures)

    return counted


def kept_scan(folder: str | Path, cache: str | Path, report: jobs.Report = jobs.silent) -> Scan:
    """Return the result of `scan`, from the folder `cache` if the images are unchanged.

    Raises:
        FolderError: the folder does not exist or has no images.
    """
    folder, cache = Path(folder), Path(cache)
    listing = _listing(folder)
    stem = cache / f"frame-v{TABLE_VERSION}-{jobs.digest(listing)}"
    kept, faulty = stem.with_suffix(".parquet"), stem.with_suffix(".json")
    with suppress(jobs.NotReadable, TypeError):  # they are made again
        faults = [Fault(*one) for one in jobs.read_json(faulty)]
        found = Scan(jobs.read_table(kept, _key(folder, listing, faults)), faults)
        jobs.mark_used(kept)
        jobs.mark_used(faulty)
        return found
    table, faults = scan(folder, report=report)
    jobs.write_json(faulty, faults)
    jobs.write_table(kept, table, _key(folder, listing, faults))
    return Scan(jobs.read_table(kept), faults)


def _key(folder: Path, listing: bytes, faults: Sequence[Fault]) -> str:
    """Return what a cached table belongs to; messages of faults contain the path of the folder."""
    return jobs.digest(listing, list(faults), os.path.abspath(folder) if faults else "")


def _listing(folder: Path) -> bytes:
    """Return name, size and modification time of every file, separated by zero bytes."""
    files = jobs.files_below(folder)
    return b"".join(
        b"%b\0%d\0%d\0" % (os.fsencode(one.name), one.size, one.modified) for one in files
    )
