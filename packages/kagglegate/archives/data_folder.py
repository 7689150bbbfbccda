"""A data folder that was unpacked here: its manifest, and whether all of it is still there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jobs
from kagglegate._errors import DataError, Incomplete
from kagglegate.archives.archive import some

MANIFEST = ".kagglegate.json"


@dataclass(frozen=True)
class Download:
    """A verified data folder.

    Attributes:
        path: the folder.
        files: number of files in it.
        bytes: their total size.
        fresh: whether this call made it; False if it was there already.
    """

    path: Path
    files: int
    bytes: int
    fresh: bool


def write_manifest(folder: Path, source: str, files: Mapping[str, int]) -> None:
    """Note in the folder where its files are from and how large they are."""
    jobs.write_json(folder / MANIFEST, {"source": source, "files": dict(files)})


def finished(folder: Path, source: str) -> Download | None:
    """Return the folder if an earlier call made it from `source`; None if it is not there.

    Raises:
        Incomplete: files of it are gone or have another size.
        DataError: the folder holds something else.
    """
    if not folder.is_dir() or not any(folder.iterdir()):
        return None
    if not (folder / MANIFEST).exists():
        raise DataError(
            f"{folder} is not empty and was not made by a download: name an empty folder, or use "
            "this one as it is with --data"
        )
    manifest = jobs.read_json(folder / MANIFEST)
    if manifest["source"] != source:
        raise DataError(
            f"{folder} holds {manifest['source']}, not {source}: delete the folder {folder} or "
            "name another one"
        )
    files: dict[str, int] = manifest["files"]
    bad = [name for name, size in files.items() if _size(folder / name) != size]
    if bad:
        raise Incomplete(
            f"{folder} has lost or changed files ({some(bad)}): delete the folder and run the "
            "same command again"
        )
    return Download(folder, len(files), sum(files.values()), fresh=False)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1
