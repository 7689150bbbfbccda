"""The completion marker of a run, with digests of the run's files."""

import re
from pathlib import Path

import jobs
from crossval._errors import CrossvalError

MARKER = "COMPLETE"
OPEN = ("parts", "test-by-fold")
"""Folders whose files still change in a complete run."""
LOOSE = (".png", ".zarr", ".lock")
"""Endings of pictures, of stores with checksums of their own, and of locks."""
TEST = ("test.parquet", "test.json")
"""Files of the test images, which are predicted later."""


def write_marker(run: Path) -> None:
    """Mark a run as complete and record the digests of its files."""
    names = [one.name for one in jobs.files_below(run) if not _is_loose(Path(one.name))]
    files = {name: jobs.file_digest(run / name) for name in names}
    jobs.write_json(run / MARKER, {"run": run.name, "files": files})


def checked(run: Path, name: str) -> Path:
    """Return the path of a file of a run after comparing it with its digest.

    Files of incomplete runs, and of runs of versions without digests, are not compared.

    Raises:
        CrossvalError: the file is missing or differs.
    """
    path, digest = run / name, _recorded(run).get(name)
    if digest is None:
        return path
    if not path.is_file():
        raise CrossvalError(f"{path} is missing: {remedy(run)}")
    if jobs.file_digest(path) != digest:
        raise CrossvalError(f"{path} has changed since the run was completed: {remedy(run)}")
    return path


def check_below(run: Path, folder: str) -> None:
    """Compare all files of a folder of a run, see `checked`."""
    for name in _recorded(run):
        if name.startswith(f"{folder}/"):
            checked(run, name)


def remedy(run: Path) -> str:
    """Return what to do about a damaged file of a run."""
    return (
        f"delete {run / MARKER} and repeat the `tools cv` or `tools votes` that made this run; "
        "only what is damaged is made again"
    )


def _is_loose(path: Path) -> bool:
    zarr = any(part.endswith(LOOSE) for part in path.parts)
    hidden = path.name.startswith(".")
    return zarr or hidden or path.parts[0] in (*OPEN, *TEST, MARKER)


def _recorded(run: Path) -> dict[str, str]:
    """Return the digest of each file; none for incomplete runs and those of older versions."""
    path = run / MARKER
    if not path.is_file():
        return {}
    text = path.read_text(encoding="utf-8", errors="replace")
    if re.fullmatch(r"[\w.-]+\n", text):  # version 0.1.0 wrote the run's name
        return {}
    try:
        files = jobs.read_json(path)["files"]
        return {str(name): str(digest) for name, digest in files.items()}
    except (jobs.NotReadable, KeyError, TypeError, AttributeError):
        raise CrossvalError(f"{path} is damaged: {remedy(run)}") from None
