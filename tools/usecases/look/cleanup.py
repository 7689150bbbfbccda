"""`tools runs gc`: delete caches that were not used for some time."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jobs
from tools.usecases.context.workplace import Workplace
from tools.usecases.look.run_changes import NotConfirmed

DAY = 24 * 60 * 60
TEMPORARY = re.compile(r"^\..*\.\d+\.[0-9a-f]{8}\.tmp$")
"""A temporary file or folder of `jobs.writing`, left by a killed process."""


@dataclass(frozen=True)
class Cleanup:
    """Deleted files and folders of the home, and their size."""

    deleted: list[str]
    bytes: int


def clean(place: Workplace, *, days: int, yes: bool = False, dry_run: bool = False) -> Cleanup:
    """Delete caches of no use for `days` days, and what killed processes left, after confirmation.

    Everything deleted is made again when it is needed. Runs, blends and downloads stay.

    Raises:
        NotConfirmed: the answer is no.
    """
    home = place.paths.home
    old = [*_caches(place, days * DAY), *_left(home)]
    sizes = {path: _size(path) for path in dict.fromkeys(old)}
    total = sum(sizes.values())
    names = [str(path.relative_to(home)) for path in sizes]
    listed = "\n".join(f"{size / 1e6:10.1f} MB  {path}" for path, size in sizes.items())
    if sizes and not (yes or dry_run or place.ask(f"{listed}\nDelete {total / 1e6:.1f} MB?")):
        raise NotConfirmed("nothing was deleted: confirm it to delete the caches")
    if not dry_run:
        for path in sizes:
            jobs.remove(path)
    return Cleanup(names, total)


def _caches(place: Workplace, seconds: float) -> Iterator[Path]:
    """Yield the entries of the cache and of the features that were not used for `seconds`."""
    limit = time.time() - seconds
    for folder in (place.paths.cache, place.paths.features):
        for entry in sorted(folder.glob("*")):
            if entry.suffix == ".lock" or TEMPORARY.match(entry.name):
                continue
            if _last_use(entry) <= limit:
                yield entry


def _left(home: Path) -> Iterator[Path]:
    """Yield temporary files and folders that are more than a day old, outside of each other."""
    limit = time.time() - DAY
    for entry in sorted(home.rglob(".*.tmp")):
        inside = any(TEMPORARY.match(parent.name) for parent in entry.parents)
        if TEMPORARY.match(entry.name) and not inside and _last_use(entry) <= limit:
            yield entry


def _last_use(entry: Path) -> float:
    """Return the last change of a file, or of a folder and all its files, as a Unix time."""
    inside = [one.modified / 1e9 for one in jobs.files_below(entry)] if entry.is_dir() else []
    return max([entry.stat().st_mtime, *inside])


def _size(entry: Path) -> int:
    if entry.is_dir():
        return sum(one.size for one in jobs.files_below(entry))
    return entry.stat().st_size
