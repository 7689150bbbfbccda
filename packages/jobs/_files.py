"""Files and folders: atomic writing, locks, lists and digests."""

import glob
import hashlib
import json
import os
import platform
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout

from jobs._errors import Busy, CannotAccess, NotReadable
from jobs._system_errors import naming_system_errors

LONGEST_PREFIX = 40
"""Characters of a file's name in that of its temporary file; file systems allow 255 bytes."""


@contextmanager
def writing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary file next to `path`, which is renamed to `path` at the end of the block.

    The data are flushed to disk before the rename. If the block raises, the temporary file is
    removed and `path` does not change; temporary files of killed processes are removed by the next
    call.

    Raises:
        DiskFull, CannotAccess: the system does not write the file, which the message names; also
            before the block, if `path` is a folder.
    """
    path = Path(path)
    temporary = temporary_name(path)
    with naming_system_errors(path):
        if path.is_dir():
            raise CannotAccess(
                f"{path} cannot be written, as it is a folder: remove {path}, or name a file"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path)
        try:
            yield temporary
            _flush(temporary)
            os.replace(temporary, path)
            _flush(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def writing_folder(path: str | Path) -> Iterator[Path]:
    """Yield a temporary empty folder, which is renamed to `path` at the end of the block.

    `path` must not exist or must be an empty folder. If the block raises, nothing is written.

    Raises:
        DiskFull, CannotAccess: as for `writing`; also before the block, if `path` is a file.
    """
    path = Path(path)
    temporary = temporary_name(path)
    with naming_system_errors(path):
        if path.exists() and not path.is_dir():
            raise CannotAccess(f"{path} cannot be written: it is a file; name a folder")
        temporary.mkdir(parents=True)
        sweep(path)
        try:
            yield temporary
            with suppress(FileNotFoundError):
                path.rmdir()
            os.replace(temporary, path)
            _flush(path.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def reserve(path: str | Path, size: int) -> None:
    """Make `path` a file of at least `size` bytes that has its place on the disk.

    A full disk while a mapped file is written ends the process without a message.
    """
    with open(path, "ab") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.truncate(max(size, file.tell()))


def write_text(path: str | Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    with writing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | Path, value: Any) -> None:
    """Write `value` as indented JSON with sorted keys; NaN is refused."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n")


def read_json(path: str | Path) -> Any:
    """Return the JSON value in `path`.

    Raises:
        NotReadable: the file is missing or is not JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotReadable(f"{path} is missing") from None
    except IsADirectoryError:
        raise NotReadable(f"{path} is a folder: remove {path} and run again") from None
    except ValueError as error:
        raise NotReadable(f"{path} is not JSON ({error}): delete it and run again") from None


def remove(path: str | Path) -> None:
    """Remove a file or folder; an interrupted removal of a folder leaves only a temporary one.

    Raises:
        CannotAccess: the system does not remove it.
    """
    path = Path(path)
    with naming_system_errors(path):
        if path.is_dir() and not path.is_symlink():
            hidden = temporary_name(path)
            os.rename(path, hidden)
            shutil.rmtree(hidden)
        else:
            path.unlink(missing_ok=True)


def temporary_name(path: Path) -> Path:
    """Return a name next to `path` that is unique among processes and computers."""
    return path.parent / f"{_prefix(path)}{os.getpid()}.{uuid.uuid4().hex[:8]}.tmp"


def sweep(path: Path) -> None:
    """Remove temporary files of `path` left by killed processes of this computer."""
    for left in path.parent.glob(glob.escape(_prefix(path)) + "*.tmp"):
        pid = re.search(r"\.(\d+)\.[0-9a-f]{8}\.tmp$", left.name)
        if pid is None or _alive(int(pid[1])):
            continue
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def _prefix(path: Path) -> str:
    """Return how the names of `path`'s temporary files on this computer begin."""
    host = re.sub(r"[^\w-]", "_", platform.node())[:64]
    return f".{path.name[:LONGEST_PREFIX]}.{host}."


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def lock(path: str | Path, timeout: float = 0.0) -> Iterator[None]:
    """Hold the lock of `path` (the file `path`.lock) for the block.

    The lock is released when the process ends, also by a kill.

    Args:
        path: the file or folder to protect; it need not exist.
        timeout: seconds to wait for another process; negative waits without limit.

    Raises:
        Busy: another process still holds the lock after `timeout` seconds.
        DiskFull, CannotAccess: as for `writing`.
    """
    path = Path(path)
    file = path.with_name(path.name + ".lock")
    with naming_system_errors(path, file):
        path.parent.mkdir(parents=True, exist_ok=True)
        holder = FileLock(file)
        try:
            holder.acquire(timeout=timeout)
        except Timeout:
            raise Busy(f"another process is working on {path}: wait for it or stop it") from None
        except NotImplementedError as error:
            raise CannotAccess(
                f"{path.parent} is on a disk without locks ({error}): use another disk"
            ) from error
    try:
        yield
    finally:
        holder.release()


class FileState(NamedTuple):
    """A file in the list of a folder; for a link, the link itself.

    Attributes:
        name: path relative to the folder.
        size: bytes.
        modified: time of the last change, nanoseconds since 1970.
    """

    name: str
    size: int
    modified: int


def files_below(folder: str | Path, suffix: str = "") -> list[FileState]:
    """Return the files below `folder`, sorted folder by folder; linked folders are not entered.

    `Path.rglob` makes three times as many system calls and compares paths as strings: for 12,000
    images, each in its own folder, it takes seconds.

    Args:
        folder: a folder, or a link to one; a missing folder has no files.
        suffix: only files whose name ends with it, ignoring case.
    """
    root = os.path.join(os.fspath(folder), "")
    found: list[tuple[str, os.stat_result]] = []
    left = [root] if os.path.isdir(root) else []
    while left:
        with os.scandir(left.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    left.append(entry.path)
                elif entry.name.lower().endswith(suffix):
                    name = entry.path[len(root) :]
                    found.append((name, entry.stat(follow_symlinks=False)))
    found.sort(key=lambda one: one[0].replace(os.sep, "\0"))
    return [FileState(name, state.st_size, state.st_mtime_ns) for name, state in found]


def digest(*parts: Any) -> str:
    """Return a digest of the values of `parts`, 16 hexadecimal characters.

    Parts are bytes, strings, numbers, None, and lists, tuples or mappings of these (mapping
    keys in any order). The digest is a truncated SHA-256 of their canonical JSON.
    """
    hasher = hashlib.sha256()
    for part in parts:
        data = part
        if not isinstance(part, bytes):
            canonical = json.dumps(part, sort_keys=True, separators=(",", ":"), allow_nan=False)
            data = canonical.encode()
        hasher.update(len(data).to_bytes(8, "little"))
        hasher.update(data)
    return hasher.hexdigest()[:16]
