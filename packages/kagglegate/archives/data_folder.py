"""Data folders: unpacked from a zip with a manifest, checked, or taken over as they are."""

import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jobs
from jobs import Report, silent
from kagglegate._errors import DataError, Incomplete
from kagglegate.archives.unpack import contents, some, unpack

LITTER = frozenset({"__macosx", "thumbs.db", "desktop.ini"})
"""Names of files and folders with metadata that macOS and Windows add."""
ARCHIVES = (".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar")
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


def adopt(
    path: str | Path,
    dest: str | Path | None = None,
    report: Report = silent,
    *,
    count: bool = True,
) -> Download:
    """Return the data folder that `path` is or contains, verified and unpacked.

    A zip, such as ``kaggle competitions download`` leaves, is checked and unpacked to `dest`, by
    default a folder of its name beside it; a second call finds it there, if the zip still has
    the same contents. In a folder with zips and no other folders, also in the one just unpacked,
    each zip is unpacked to a folder of its name, unless others did so, and files such as tables
    stay beside them; if the folder cannot be written to, as the inputs of a Kaggle notebook, this
    happens in `dest`, with links to the files. Any other folder is returned as it is, with the
    number of its files only if `count`: the 25,000 folders of a competition take a second to walk
    through.

    Raises:
        DataError: there is nothing, or nothing usable, at `path`; see its subclasses.
    """
    path = Path(path)
    if path.is_file():
        _require_zip(path)
        made = _zip(path, Path(dest) if dest is not None else path.with_suffix(""), report)
        return with_inner_zips(made, report)
    entries = _entries(path)
    if not entries:
        raise DataError(f"{path} has no data: name the folder or the zip of Kaggle's download")
    zips = _inner_zips(path)
    if not zips:
        return _folder(path, count)
    if dest is not None and not os.access(path, os.W_OK):
        return adopt(_linked(entries, Path(dest)), report=report)
    if not set(entries) - {zips[0], zips[0].with_suffix("")}:
        return adopt(zips[0], report=report)
    return with_inner_zips(_folder(path, count=False), report)


def with_inner_zips(around: Download, report: Report) -> Download:
    """Unpack the zips directly in a folder, each to a folder of its name.

    Returns:
        The folder, with the files of the zips instead of the zips; `around` if there are none.
    """
    zips = _inner_zips(around.path)
    if not zips:
        return around
    parts = [_zip(one, one.with_suffix(""), report) for one in zips]
    beside = [one for one in _entries(around.path) if one.is_file() and one not in zips]
    return Download(
        around.path,
        len(beside) + sum(part.files for part in parts),
        sum(one.stat().st_size for one in beside) + sum(part.bytes for part in parts),
        around.fresh or any(part.fresh for part in parts),
    )


def _linked(entries: list[Path], dest: Path) -> Path:
    """Return the folder `dest` with links to `entries`."""
    dest.mkdir(parents=True, exist_ok=True)
    for entry in entries:
        link = dest / entry.name
        if link.is_symlink() and link.readlink() == entry.absolute():
            continue
        link.unlink(missing_ok=True)
        link.symlink_to(entry.absolute())
    return dest


def _inner_zips(folder: Path) -> list[Path]:
    """Return the zips directly in a folder, sorted; none if it has folders of other names.

    A zip that was unpacked by others, so without a manifest, is left out.
    """
    entries = _entries(folder)
    zips = [one for one in entries if one.suffix == ".zip" and one.is_file()]
    made = {one.with_suffix("") for one in zips}
    if any(one.is_dir() and one not in made for one in entries):
        return []
    return [one for one in zips if not _made_by_others(one.with_suffix(""))]


def _made_by_others(folder: Path) -> bool:
    return bool(_entries(folder)) and not (folder / MANIFEST).exists()


def _entries(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    entries = sorted(one for one in folder.iterdir() if not one.name.startswith("."))
    return [one for one in entries if one.name.lower() not in LITTER]


def _require_zip(path: Path) -> None:
    """Refuse a file that neither is nor is called a zip, such as a table of the data."""
    if path.suffix.lower() == ".zip" or zipfile.is_zipfile(path):
        return
    if any(path.name.lower().endswith(suffix) for suffix in ARCHIVES):
        raise DataError(f"{path} is not a zip file: unpack it and name the folder")
    raise DataError(f"{path} is a file and not a zip: name the folder of the data, {path.parent}?")


def _zip(path: Path, dest: Path, report: Report) -> Download:
    if dest == path:
        raise DataError(f"{path} is a zip without .zip at the end of its name: add it")
    if path.with_name(f"{path.name}.kaggle-partial").exists():
        raise Incomplete(
            f"{path} is not complete (its .kaggle-partial is still there): run the kaggle "
            "download again until it ends"
        )
    source = f"{path.name}, {path.stat().st_size} bytes, contents {contents(path)}"
    with jobs.lock(dest.with_name(f".{dest.name}")):
        done = finished(dest, source)
        if done is not None:
            return done
        with jobs.writing_folder(dest) as folder:
            files = unpack(path, folder, report)
            write_manifest(folder, source, files)
    return Download(dest, len(files), sum(files.values()), fresh=True)


def _folder(path: Path, count: bool) -> Download:
    if (path / MANIFEST).exists():
        done = finished(path, jobs.read_json(path / MANIFEST)["source"])
        if done is not None:
            return done
    files = jobs.files_below(path) if count else []
    return Download(path, len(files), sum(one.size for one in files), fresh=False)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1
