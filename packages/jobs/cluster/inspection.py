"""Requirements of workers, checked before the first task and by each task.

Results must not depend on the machine: a worker needs the same code, the same libraries and the
same files under the same paths. Workers import this module, so it has few imports.
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

from jobs._extras import PROJECT
from jobs._files import digest, sweep, temporary_name

CODE = f"the code of {PROJECT}"
CALLERS = {"competitions", "tools"}
"""Parts of the project that workers do not run."""
LIBRARIES = (
    "numpy", "scipy", "numba", "pandas", "pyarrow", "opencv-python-headless", "scikit-image",
    "pydicom", "simplejpeg", "imagecodecs", "pillow", "pyjpegls", "pylibjpeg",
    "pylibjpeg-openjpeg", "dask", "distributed",
)  # fmt: skip
"""Libraries whose version may change results, or the messages between processes."""


class ProbeFile(NamedTuple):
    """A file by which access to a folder is checked: its path and size in bytes.

    None for an empty folder.
    """

    folder: str
    path: str
    size: int | None
    writes: bool


class Requirements(NamedTuple):
    """Requirements of a worker: versions by name, and folders that it must be able to access."""

    versions: tuple[tuple[str, str], ...]
    probes: tuple[ProbeFile, ...]


@contextmanager
def requirements(
    reads: Sequence[str | Path], writes: Sequence[str | Path]
) -> Iterator[Requirements]:
    """Yield the requirements for these folders; a token file is in `writes` during the block."""
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
    """Return the versions on which results depend, by name.

    Cached at the first call: a worker whose files are updated while it runs still uses the code
    that it has loaded, and reports that.
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
    """Yield name and content of the sources of the project's packages next to this one."""
    root = Path(__file__).parents[2]
    installed = importlib.metadata.files(PROJECT) or []
    owned = {file.parts[0] for file in installed if file.suffix == ".py" and len(file.parts) > 1}
    if "jobs" not in owned:  # a checkout, which has nothing else here
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
        return f"cannot access {probe.folder}: it must be shared storage mounted at the same path"
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
