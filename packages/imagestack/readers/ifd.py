"""Image file directories, the tags of TIFF and Exif (TIFF 6.0, section 2)."""

import struct
from typing import NamedTuple

MAX_VALUES = 1 << 22
"""Largest number of values of a tag, more than one strip per row and sample."""
ORIENTATION = 274
TYPES = {1: "B", 3: "H", 4: "I"}
"""Formats of the unsigned integer types; tags of other types are not needed."""


class BadIfd(Exception):
    """The data have no valid directory."""


class Directory(NamedTuple):
    """The integer values of each tag, and the offset of the next directory, 0 for none."""

    tags: dict[int, tuple[int, ...]]
    following: int

    def first(self, tag: int, default: int) -> int:
        """Return the first value of a tag, or `default`."""
        return self.tags.get(tag, (default,))[0]

    @property
    def orientation(self) -> int:
        """The orientation, 1..8; 1 (as stored) if missing or invalid."""
        found = self.first(ORIENTATION, 1)
        return found if 1 <= found <= 8 else 1


def first_directory(data: bytes) -> Directory:
    """Return the first directory of data with a TIFF header.

    Raises:
        BadIfd: no TIFF header, or an incomplete directory.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None:
        raise BadIfd("no TIFF header")
    try:
        (start,) = struct.unpack_from(order + "I", data, 4)
        (count,) = struct.unpack_from(order + "H", data, start)
        tags = {}
        for at in range(start + 2, start + 2 + 12 * count, 12):
            tag, values = _values(data, at, order)
            if values:
                tags[tag] = values
        (following,) = struct.unpack_from(order + "I", data, start + 2 + 12 * count)
    except struct.error as error:
        raise BadIfd("the directory is cut off") from error
    return Directory(tags, following)


def _values(data: bytes, at: int, order: str) -> tuple[int, tuple[int, ...]]:
    tag, kind, count = struct.unpack_from(order + "HHI", data, at)
    letter = TYPES.get(kind)
    if letter is None or not count:
        return tag, ()
    if count > MAX_VALUES:
        raise BadIfd(f"tag {tag} claims {count} values")
    where = at + 8
    if count * struct.calcsize(order + letter) > 4:
        (where,) = struct.unpack_from(order + "I", data, where)
    return tag, struct.unpack_from(f"{order}{count}{letter}", data, where)
