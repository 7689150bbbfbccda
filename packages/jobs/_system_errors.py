"""Errors of the operating system as messages: of which file, what is wrong, what to do.

Libraries report a full disk in many ways: as an `OSError` with or without a file name, with the
name of the file that was copied, in the text of an exception of their own (safetensors), or as a
count of bytes (numpy). `system_error` reads all of them.
"""

import errno
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jobs._errors import CannotAccess, DiskFull, UserError

AGAIN = "and run the same command again"
SITUATIONS: dict[int, tuple[str, str]] = {
    errno.ENOSPC: ("no space left on the disk", f"free some space {AGAIN}"),
    errno.EDQUOT: ("your disk quota is used up", f"delete files or raise the quota {AGAIN}"),
    errno.EROFS: ("its disk is read-only", "make it writable, or name another folder"),
    errno.EACCES: (
        "permission is denied",
        "change the permissions of the file and of its folder, or name another one",
    ),
    errno.EPERM: ("the system does not permit it", "name another file or folder"),
    errno.EISDIR: ("it is a folder", "name a file"),
    errno.ENOTDIR: ("its path leads through a file", "name a path in a folder"),
    errno.EEXIST: (
        "a file is in the place of its folder",
        "move it, or name another folder",
    ),
    errno.ENOTEMPTY: ("it is a folder with content", "name a new or empty folder"),
    errno.ENOENT: ("there is no such file or folder", "correct the path"),
    errno.ENAMETOOLONG: ("its name is too long", "choose a shorter name"),
    errno.ELOOP: ("its links lead in a circle", "correct the links"),
    errno.EFBIG: (
        "it would exceed the largest size of a file",
        f"raise the limit (`ulimit -f`) or use another disk {AGAIN}",
    ),
    errno.EIO: ("its disk reports an input/output error", f"check the disk {AGAIN}"),
    errno.ESTALE: ("its network disk has lost it", f"mount the disk again {AGAIN}"),
    errno.ENODEV: ("its disk is not there", f"connect the disk {AGAIN}"),
    errno.EBUSY: ("another program uses it", f"close that program {AGAIN}"),
    errno.EMFILE: ("too many files are open", f"raise the limit (`ulimit -n 4096`) {AGAIN}"),
    errno.ENFILE: ("too many files are open", f"close other programs {AGAIN}"),
    errno.ENOMEM: ("no memory is left", f"close other programs {AGAIN}"),
}
"""Code of an error -> what is wrong with the file, and what to do."""

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""Errors that are a `DiskFull`."""

TEMPORARY = re.compile(r"^\.(.*)\.[\w-]*\.\d+\.[0-9a-f]{8}\.tmp$", re.DOTALL)
"""A name made by `temporary_name`; the group is the name of the file that it becomes."""

NUMBERED = re.compile(r"\[errno (\d+)\]|\(os error (\d+)\)", re.IGNORECASE)
"""The code in a text: of pyarrow and `shutil.Error`, and of libraries in Rust."""

CUT_SHORT = re.compile(r"^\d+ requested and \d+ written$")
"""numpy's message if the disk is full."""

NO_TEMPORARY_FOLDER = "No usable temporary directory"


def system_error(error: BaseException, *paths: Path) -> UserError | None:
    """Return the message for an error of the system; None for any other error.

    Args:
        error: of any library.
        paths: what was being written, if that is known. An error that names no file is reported
            for the path on the fullest disk; None is returned for an error of another file.
    """
    if NO_TEMPORARY_FOLDER in str(error):
        return CannotAccess(
            "no folder for temporary files can be written (the disk may be full): free some space, "
            f"or set TMPDIR to another folder, {AGAIN}"
        )
    code = _code(error)
    if code is None:
        return None
    (what, fix), named = SITUATIONS[code], _named(error)
    kind = DiskFull if code in FULL else CannotAccess
    if not paths:
        return kind(f"{named}: {what}; {fix}" if named else f"{what}; {fix}")
    path = _reported(named, paths) if named else min(paths, key=_free)
    if path is None:
        return None
    if kind is DiskFull:
        return DiskFull(f"{what} while writing {path}: {fix}; the former state is unchanged")
    return CannotAccess(f"{path} cannot be written: {what}; {fix}")


@contextmanager
def naming_system_errors(*paths: str | Path) -> Iterator[None]:
    """Turn errors of the system in the block, which writes `paths`, into a `UserError`.

    Raises:
        DiskFull, CannotAccess: an error of `SITUATIONS`, of a file in `paths` or of none.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        named = system_error(error, *map(Path, paths))
        if named is None:
            raise
        raise named from error


def real_path(path: str | Path) -> Path:
    """Return `path` with the names that temporary files and folders have at the end."""
    parts = [TEMPORARY.sub(r"\1", part) for part in Path(path).parts]
    return Path(*parts)


def _code(error: BaseException | None) -> int | None:
    """Return the code of an error, or of the error that it was explicitly raised from."""
    while error is not None:
        code = error.errno if isinstance(error, OSError) else None
        if code is None:
            numbers = NUMBERED.search(str(error))
            code = int(numbers[1] or numbers[2]) if numbers else None
        if code is None and CUT_SHORT.match(str(error)):
            code = errno.ENOSPC
        if code in SITUATIONS:
            return code
        error = error.__cause__
    return None


def _reported(named: Path, paths: Sequence[Path]) -> Path | None:
    """Return what to report for an error that names `named`; None if that is none of `paths`."""
    for path in paths:
        if named.is_relative_to(path):
            return named
        shortened = named.parent == path.parent and path.name.startswith(named.name)
        if shortened or path.is_relative_to(named):
            return path
    return None


def _named(error: BaseException) -> Path | None:
    """Return the file that an error names; of a copy its target."""
    name = getattr(error, "filename2", None) or getattr(error, "filename", None)
    if isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], list):
        name = error.args[0][0][1]
    return real_path(os.fsdecode(name)) if isinstance(name, str | bytes | os.PathLike) else None


def _free(path: Path) -> int:
    """Return the free bytes of the disk on which `path` is or would be; 0 if it is unknown."""
    for folder in (path, *path.absolute().parents):
        try:
            return shutil.disk_usage(folder).free
        except OSError:
            continue
    return 0
