"""All files below a folder, with size and time, at one system call each."""

import os
from pathlib import Path
from typing import NamedTuple


class FileState(NamedTuple):
    """A file as a folder lists it; of a link, the link itself.

    Attributes:
        name: the way to it from the folder.
        size: bytes.
        modified: time of the last change, nanoseconds since 1970.
    """

    name: str
    size: int
    modified: int


def files_below(folder: str | Path, suffix: str = "") -> list[FileState]:
    """Return the files below `folder`, sorted folder by folder; linked folders are not entered.

    `Path.rglob` asks the system three times as often and compares paths letter by letter: for
    12,000 images in folders of their own it takes seconds.

    Args:
        folder: a folder, or a link to one; one that is not there has no files.
        suffix: only files whose name ends so, in any case.
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
