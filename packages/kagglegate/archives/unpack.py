"""Unpacks a zip safely: no path outside the folder, limited sizes, every CRC checked."""

import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import jobs
from jobs import Report, silent
from kagglegate._errors import Incomplete, UnsafeArchive

CHUNK = 1 << 20
SHOWN = 3
MAX_FILES, MAX_BYTES = 1_000_000, 500 << 30
MAX_RATIO, SMALL = 200.0, 100 << 20
"""Most bytes unpacked per byte of the archive, once it unpacks to more than `SMALL`."""
END_SEARCH = 22 + 0xFFFF  # the end record and the longest comment (APPNOTE 4.3.16)


def unpack(archive: Path, folder: Path, report: Report = silent) -> dict[str, int]:
    """Unpack into an existing folder and return name -> bytes of every file.

    Reading a member to its end checks its length and CRC-32, as `ZipFile.testzip` does; all
    damaged members are named at once.

    Raises:
        UnsafeArchive: names that leave the folder, links, encryption, a bomb. Nothing was written.
        Incomplete: not a zip, or damaged members.
        jobs.DiskFull: there is no room for it. Nothing was written.
    """
    with _opened(archive) as opened:
        _require_all_listed(archive, len(opened.infolist()))
        members = [member for member in opened.infolist() if not member.is_dir()]
        _require_safe(archive, members)
        _require_room(archive, members, folder)
        bad = []
        for done, member in enumerate(members, start=1):
            if not _extract(opened, member, folder):
                bad.append(member.filename)
            report(f"unpacking {archive.name}", done, len(members), {})
    if bad:
        raise Incomplete(f"{archive} is damaged in {some(bad)}: download it again")
    return {member.filename: member.file_size for member in members}


def contents(archive: Path) -> str:
    """Return a digest of the central directory: names, sizes and CRC-32 of all members.

    Raises:
        Incomplete: not a zip.
    """
    with _opened(archive) as opened:
        return jobs.digest([[one.filename, one.file_size, one.CRC] for one in opened.infolist()])


def some(names: Iterable[str]) -> str:
    """Return a few of the names for a message, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


@contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(archive) as opened:
            yield opened
    except (zipfile.BadZipFile, EOFError, NotImplementedError, UnicodeDecodeError) as error:
        raise Incomplete(
            f"{archive} is not a whole zip file ({error}): download it again"
        ) from None


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> bool:
    target = folder / member.filename
    target.parent.mkdir(parents=True, exist_ok=True)
    if member.header_offset < 0:  # the end record is damaged; zipfile would seek there
        return False
    try:
        with archive.open(member) as source, open(target, "xb") as file:
            shutil.copyfileobj(source, file, CHUNK)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        return False
    return target.stat().st_size == member.file_size


def _require_safe(archive: Path, members: list[zipfile.ZipInfo]) -> None:
    faults = [f"{m.filename!r} {why}" for m in members if (why := _fault(m))]
    twice = [name for name, count in Counter(m.filename for m in members).items() if count > 1]
    faults += [f"{name!r} is there twice" for name in twice]
    size, packed = sum(m.file_size for m in members), max(1, archive.stat().st_size)
    if len(members) > MAX_FILES:
        faults.append(f"it has {len(members)} files")
    if size > MAX_BYTES or (size > SMALL and size / packed > MAX_RATIO):
        faults.append(f"it would unpack from {packed} to {size} bytes")
    if faults:
        raise UnsafeArchive(
            f"{archive} is not unpacked, as it looks harmful: {some(faults)}; get it again from "
            "Kaggle itself"
        )


def _fault(member: zipfile.ZipInfo) -> str:
    name = member.filename
    if (
        name.startswith(("/", "\\"))
        or "\\" in name
        or re.match(r"^[A-Za-z]:", name)
        or any(part in ("", ".", "..") for part in name.split("/"))
        or member.orig_filename != name  # zipfile cuts names at a NUL
    ):
        return "would leave the folder"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a link"
    return "is encrypted" if member.flag_bits & 1 else ""


def _require_all_listed(archive: Path, found: int) -> None:
    """Compare with the count at the end of the file, which zipfile does not look at."""
    with open(archive, "rb") as file:
        file.seek(-min(END_SEARCH, archive.stat().st_size), 2)
        tail = file.read()
    (count,) = struct.unpack_from("<H", tail, tail.rfind(b"PK\x05\x06") + 10)
    if count not in (found % 0x10000, 0xFFFF):  # 0xFFFF: the count is in the ZIP64 record
        raise Incomplete(
            f"{archive} lists {found} of its {count} members: it is damaged, download it again"
        )


def _require_room(archive: Path, members: list[zipfile.ZipInfo], folder: Path) -> None:
    size, free = sum(m.file_size for m in members), shutil.disk_usage(folder).free
    if size > free:
        raise jobs.DiskFull(
            f"{archive} unpacks to {size >> 20} MiB and {folder.parent} has {free >> 20} MiB left: "
            "free some space and run the same command again (the archive is kept), or choose "
            "another folder"
        )
