"""The table of all images in a folder, the files that are at fault, and one image by itself."""

import json
import os
from collections.abc import Mapping, Sequence
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
from imagestack.readers import reader_of

TABLE_VERSION = 3
"""Raised whenever the same file gives another row."""
CHUNK = 64
"""Files a worker takes at once: handing over one costs as much as reading it."""
COLUMNS = {
    "file": "str",
    "digest": "str",
    "bytes": "Int64",
    "height": "Int64",
    "width": "Int64",
    "format": "str",
    "bits": "Int64",
}
"""The columns that all formats have and their pandas types; DICOM's follow."""


class Scan(NamedTuple):
    """The table of the good files and the faults of the others."""

    table: pd.DataFrame
    faults: list[Fault]


def read_image(path: str | Path, size: int | None = None) -> NDArray[np.uint8]:
    """Return the image of a file of any format as uint8 ``(h, w)``, bright = dense.

    The format is told from the content. Grey levels are scaled by their type, colour becomes
    luminance (`readers/levels.py`); for DICOM see `dicomio.read_image`.

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
    """Return the stored levels of a picture, `(h, w)` in its own type: for pictures of masks.

    For colour pictures this is the largest channel; alpha is ignored. `read_image` scales a 16-bit
    picture by its type, which makes small levels 0.

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

    Columns and types are `COLUMNS` and then those of `dicomio.COLUMNS`, which other formats
    leave missing; rows are in the order of the sorted paths. Whether a file is whole is told
    from its structure, without decoding.

    Args:
        folder: searched at every depth (`_files.find_files` says for what).
        workers: processes; None takes one per core.
        report: called with the number of files done.

    Raises:
        FolderError: files are at fault (all in its `faults`; `scan` leaves them out), or there is
            no file at all.
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
    """Return the table of the good files under `folder` and the faults of the others.

    Raises:
        FolderError: the folder does not exist or holds no image.
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
        row = reader_of(data, path).record(data, path)
    except (ImageError, dicomio.DicomError) as error:
        return Fault(name, type(error).__name__, str(error))
    return {**row, "file": name, "bytes": len(data), "digest": dicomio.source_digest(data)}


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
    """Return a report of chunks done that calls `report` with images done, after those `before`."""

    def counted(label: str, done: int, _: int, figures: Mapping[str, float]) -> None:
        report(label, min(before + done * chunk, total), total, figures)

    return counted


def kept_scan(folder: str | Path, cache: str | Path, report: jobs.Report = jobs.silent) -> Scan:
    """Return the result of `scan`, read from the folder `cache` if the images are unchanged.

    Raises:
        FolderError: the folder does not exist or holds no image.
    """
    folder, cache = Path(folder), Path(cache)
    stem = cache / f"frame-v{TABLE_VERSION}-{jobs.digest(_listing(folder))}"
    kept, faulty = stem.with_suffix(".parquet"), stem.with_suffix(".json")
    if not (kept.exists() and faulty.exists()):
        table, faults = scan(folder, report=report)
        jobs.write_text(faulty, json.dumps(faults))
        with jobs.writing(kept) as temporary:
            table.to_parquet(temporary)
    return Scan(pd.read_parquet(kept), [Fault(*one) for one in jobs.read_json(faulty)])


def _listing(folder: Path) -> bytes:
    """Return name, size and time of every file; no name holds a zero byte."""
    files = jobs.files_below(folder)
    return b"".join(
        b"%b\0%d\0%d\0" % (os.fsencode(one.name), one.size, one.modified) for one in files
    )
