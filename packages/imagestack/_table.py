"""The table of all images in a folder, and the files that are at fault."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pandas as pd

import jobs
from dicomio._errors import DicomError, Fault, FrameError, named
from dicomio._record import record, table
from dicomio._structure import read_bytes

CHUNK = 64
"""Files a worker takes at once: handing over one costs as much as reading it."""
SUFFIX = ".dcm"


class Scan(NamedTuple):
    """The frame of the good files and the faults of the others."""

    frame: pd.DataFrame
    faults: list[Fault]


def read_frame(
    folder: str | Path,
    *,
    workers: int | None = None,
    report: jobs.Report = jobs.silent,
    on_fault: Literal["raise", "skip"] = "raise",
) -> pd.DataFrame:
    """Return one row per DICOM file under `folder`, indexed by ``image_id`` (the file's stem).

    Columns and types are `_record.COLUMNS`; missing tags are pandas missing values; rows are
    in the order of the sorted paths. Whether a file is whole is judged from its structure,
    without decoding.

    Args:
        folder: searched at every depth for files named ``*.dcm``.
        workers: processes; None takes one per core.
        report: called with the number of files done.
        on_fault: "raise" refuses a folder with faulty files; "skip" leaves them out and lists
            them in ``frame.attrs["faults"]``.

    Raises:
        FrameError: files are at fault (all in its `faults`), or there is no file at all.
    """
    if on_fault not in ("raise", "skip"):
        raise ValueError(f'on_fault must be "raise" or "skip", not {on_fault!r}')
    frame, faults = scan(folder, workers=workers, report=report)
    if on_fault == "skip":
        frame.attrs["faults"] = faults
    elif faults:
        raise FrameError(
            f"{len(faults)} of {len(frame) + len(faults)} files under {folder} cannot be used: "
            f"{named(faults)}; mend them or skip them",
            faults,
        )
    return frame


def scan(
    folder: str | Path, *, workers: int | None = None, report: jobs.Report = jobs.silent
) -> Scan:
    """Return the frame of the good files under `folder` and the faults of the others.

    Raises:
        FrameError: the folder does not exist or holds no DICOM file.
    """
    folder = Path(folder)
    names, faults = find_files(folder)
    chunks = [names[at : at + CHUNK] for at in range(0, len(names), CHUNK)]
    counting = _per_file(report, len(names))
    read = partial(_records, os.path.abspath(folder))
    if len(chunks) == 1:
        workers = 1
    rows: dict[str, dict[str, Any]] = {}
    for found in jobs.run(
        read, chunks, workers=workers, report=counting, label="headers", reads=[folder]
    ):
        for item in found:
            if isinstance(item, Fault):
                faults.append(item)
            else:
                _add(rows, item, folder, faults)
    return Scan(table(rows), sorted(faults))


def find_files(folder: Path) -> tuple[list[str], list[Fault]]:
    """Return the DICOM files under `folder`, relative and sorted, and what cannot be looked at.

    Faults are links that leave the folder, folders that may not be read, and names that are no
    UTF-8.

    Links to folders inside are not followed: their files are found where they lie.

    Raises:
        FrameError: the folder does not exist or holds no DICOM file.
    """
    if not folder.is_dir():
        raise FrameError(f"{folder} is not a folder: point at the folder of the DICOM files")
    root = folder.resolve()
    names: list[str] = []
    faults: list[Fault] = []
    closed: list[OSError] = []
    for where, folders, files in os.walk(folder, onerror=closed.append):
        links = [name for name in folders if os.path.islink(os.path.join(where, name))]
        wanted = [name for name in files if name.lower().endswith(SUFFIX)]
        for name in [*links, *wanted]:
            path = Path(where, name)
            if not _is_utf8(name):
                faults.append(_unnamed(path, folder))
            elif path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(root):
                faults.append(_outside(path, folder))
            elif name not in links:
                names.append(os.path.relpath(path, folder))
    faults += [_closed(error, folder) for error in closed]
    if not names and not faults:
        raise FrameError(f"no {SUFFIX} file under {folder}: point at the folder that holds them")
    return sorted(names), faults


def _is_utf8(name: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


def _unnamed(path: Path, folder: Path) -> Fault:
    shown = os.path.relpath(path, folder).encode("ascii", "backslashreplace").decode()
    return Fault(shown, "BadName", f"{shown}: the file name is not UTF-8; rename it")


def _closed(error: OSError, folder: Path) -> Fault:
    where = os.path.relpath(error.filename, folder)
    message = f"{error.filename}: {error.strerror}; make the folder readable"
    return Fault(where, "UnreadableFolder", message)


def _outside(path: Path, folder: Path) -> Fault:
    target = os.path.realpath(path)
    message = f"{path}: a link to {target}, outside the folder; copy what it points to"
    return Fault(os.path.relpath(path, folder), "OutsideLink", message)


def _records(folder: str, names: Sequence[str]) -> list[dict[str, Any] | Fault]:
    return [_record(folder, name) for name in names]


def _record(folder: str, name: str) -> dict[str, Any] | Fault:
    path = os.path.join(folder, name)
    try:
        return {**record(read_bytes(path), path), "file": name}
    except DicomError as error:
        return Fault(name, type(error).__name__, str(error))


def _add(
    rows: dict[str, dict[str, Any]], row: dict[str, Any], folder: Path, faults: list[Fault]
) -> None:
    image_id = Path(row["file"]).stem
    if image_id not in rows:
        rows[image_id] = row
        return
    other = rows[image_id]
    same = "the same content" if other["digest"] == row["digest"] else "other content"
    message = f"{folder / row['file']}: same image id as {other['file']}, {same}; keep one of them"
    faults.append(Fault(row["file"], "DuplicateId", message))


def _per_file(report: jobs.Report, total: int) -> Callable[..., None]:
    def counted(label: str, done: int, _: int, figures: Mapping[str, float]) -> None:
        report(label, min(done * CHUNK, total), total, figures)

    return counted
