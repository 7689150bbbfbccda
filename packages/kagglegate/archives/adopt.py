"""Takes over data that are already there: a folder, or a zip the user fetched in another way."""

from pathlib import Path

import jobs
from jobs import Report, silent
from kagglegate._errors import DataError, Incomplete
from kagglegate.archives.archive import contents, unpack
from kagglegate.archives.folder import MANIFEST, Download, finished, write_manifest


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
    the same contents. A folder that holds nothing but zips has them unpacked inside it. Any other
    folder is returned as it is, with the number of its files only if `count`: the 25,000 folders of
    a competition take a second to walk through.

    Raises:
        DataError: there is nothing, or nothing usable, at `path`; see its subclasses.
    """
    path = Path(path)
    if path.is_file():
        return _zip(path, Path(dest) if dest is not None else path.with_suffix(""), report)
    entries = (
        [one for one in path.iterdir() if not one.name.startswith(".")] if path.is_dir() else []
    )
    if not entries:
        raise DataError(f"{path} has no data: name the folder or the zip of Kaggle's download")
    zips = [one for one in entries if one.suffix == ".zip" and one.is_file()]
    made = {one.with_suffix("") for one in zips}
    if not zips or any(one not in zips and one not in made for one in entries):
        return _folder(path, count)
    parts = [_zip(one, one.with_suffix(""), report) for one in sorted(zips)]
    if len(parts) == 1:
        return parts[0]
    return Download(
        path, sum(p.files for p in parts), sum(p.bytes for p in parts), any(p.fresh for p in parts)
    )


def _zip(path: Path, dest: Path, report: Report) -> Download:
    if dest == path:
        raise DataError(f"{path} is a file and not a zip: name the folder or the zip of the data")
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
