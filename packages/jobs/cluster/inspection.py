"""Is another machine fit to work for this process? Asked before the work, and again by each task.

A result must not depend on which machine computed it: a worker needs the same code, the same
libraries and the same files under the same paths. Workers import this module, so it is light.
"""

import functools
import importlib.metadata
import os
import platform
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from jobs._files import digest, sweep, temporary_name

PROJECT = "pneumothorax-lab"
CODE = f"the code of {PROJECT}"
CALLERS = {"competitions", "tools"}
"""What of the project workers never run."""
LIBRARIES = (
    "numpy", "scipy", "numba", "pandas", "pyarrow", "opencv-python-headless", "scikit-image",
    "pydicom", "simplejpeg", "imagecodecs", "pillow", "pyjpegls", "pylibjpeg",
    "pylibjpeg-openjpeg", "dask", "distributed",
)  # fmt: skip
"""Another version of these may give other bytes, or may not understand the messages."""


class ProbeFile(NamedTuple):
    """A file that a worker must find where it sees a folder: its path and size in bytes.

    None stands for an empty folder, which has no such file.
    """

    folder: str
    path: str
    size: int | None
    writes: bool


class Requirements(NamedTuple):
    """What a worker must have: versions by name, and the folders it must see."""

    versions: tuple[tuple[str, str], ...]
    probes: tuple[ProbeFile, ...]


@contextmanager
def requirements(
    reads: Sequence[str | Path], writes: Sequence[str | Path]
) -> Iterator[Requirements]:
    """Yield the requirements of work in these folders; in the block a token lies in `writes`."""
    tokens = [_token(Path(folder).absolute()) for folder in writes]
    try:
        seen = [_first_file(Path(folder).absolute()) for folder in reads]
        yield Requirements(tuple(versions().items()), (*tokens, *seen))
    finally:
        for token in tokens:
            Path(token.path).unlink(missing_ok=True)


def faults(wanted: Requirements) -> tuple[str, ...]:
    """Return the requirements that this process does not meet, each with its remedy."""
    here = versions()
    other = [
        f"{name} {here.get(name, 'missing')} (wanted: {version})"
        for name, version in wanted.versions
        if here.get(name) != version
    ]
    found = [f"has {', '.join(other)}: install the same there and start it again"] if other else []
    return (*found, *filter(None, map(_unseen, wanted.probes)))


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions that decide about the bytes of a result, by name.

    Kept from the first call on: a worker that runs on while its files are updated goes on with
    the code that it loaded, and says so.
    """
    found = {
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "machine": platform.machine(),
        PROJECT: importlib.metadata.version(PROJECT),
        CODE: digest(*_sources()),
    }
    for name in LIBRARIES:
        if (version := _version(name)) is not None:
            found[name] = version
    return found


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _sources() -> Iterator[str | bytes]:
    """Yield name and content of the sources of the project's packages beside this one."""
    root = Path(__file__).parents[2]
    installed = importlib.metadata.files(PROJECT) or []
    owned = {file.parts[0] for file in installed if file.suffix == ".py" and len(file.parts) > 1}
    if "jobs" not in owned:  # a checkout: nothing else lies here
        owned = {path.parent.name for path in root.glob("*/__init__.py")}
    for name in sorted(owned - CALLERS):
        for path in sorted((root / name).rglob("*.py")):
            yield path.relative_to(root).as_posix()
            yield path.read_bytes()


def _token(folder: Path) -> ProbeFile:
    place = folder / "seen"
    sweep(place)
    token = temporary_name(place)
    token.write_bytes(b"token")
    return ProbeFile(os.fspath(folder), os.fspath(token), len(b"token"), True)


def _first_file(folder: Path) -> ProbeFile:
    for where, folders, files in os.walk(folder):
        folders.sort()
        if files:
            path = os.path.join(where, min(files))
            return ProbeFile(os.fspath(folder), path, os.lstat(path).st_size, False)
    return ProbeFile(os.fspath(folder), os.fspath(folder), None, False)


def _unseen(probe: ProbeFile) -> str | None:
    if not _sees(probe):
        return f"does not see {probe.folder}: it must be shared storage mounted at the same path"
    if probe.writes and not _can_write(probe.folder):
        return f"cannot write in {probe.folder}: give its user the right to"
    return None


def _sees(probe: ProbeFile) -> bool:
    try:
        size = os.lstat(probe.path).st_size
    except OSError:
        return False
    return probe.size is None or size == probe.size


def _can_write(folder: str) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
