"""Results of earlier calls: the journal of an interrupted one, and pictures in other caches.

The journal says which blocks of a cache under construction are done and which images failed. A
cache is made for an exact set of files. When the set changes a little (a file repaired, an image
excluded), only the new images are decoded; the others are copied after a check of their checksums.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from typing import NamedTuple

import numpy as np

import jobs
from imagestack._errors import Fault
from imagestack._stack import BLOCK, COMPLETE, INDEX, PIXELS, checksum

JOURNAL = "journal.jsonl"
PARTIAL = ".partial"
Known = dict[str, tuple[str, int]]
"""The folder and row of a picture, by the digest of its source file."""


class Block(NamedTuple):
    """A finished block: its number, the checksum of its pixels, the images that failed.

    The `path` of a fault is the image id here.
    """

    number: int
    checksum: str
    faults: list[Fault]


def append_block(work: Path, block: Block) -> None:
    """Add a line; it is on the disk when this returns."""
    with open(work / JOURNAL, "a", encoding="utf-8") as file:
        file.write(json.dumps(block) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_blocks(work: Path) -> dict[int, Block]:
    """Return the blocks a killed run finished, by their last lines; a torn line does not count."""
    try:
        lines = (work / JOURNAL).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return {}
    blocks: dict[int, Block] = {}
    for line in lines:
        try:
            number, checksum, faults = json.loads(line)
            blocks[int(number)] = Block(int(number), checksum, [Fault(*f) for f in faults])
        except (ValueError, TypeError):
            continue
    return blocks


def known_pictures(place: Path, wanted: Set[str]) -> Known:
    """Return the places of the pictures of `wanted` in caches beside `place`, finished or not.

    A cache that is damaged or deleted meanwhile is ignored: its images are decoded.
    """
    known: Known = {}
    for other in siblings(place):
        try:
            known |= _pictures(other, wanted - known.keys())
        except (OSError, ValueError, KeyError, TypeError, jobs.NotReadable):
            continue  # nothing is lost: its pictures are decoded from their files
    return known


def siblings(place: Path) -> list[Path]:
    """Return caches of the same size and readers beside `place`, finished or not."""
    prefix = place.name.rsplit("-", 1)[0]
    return [p for p in sorted(place.parent.glob(f"{prefix}-*")) if (p / INDEX).exists()]


def remove_leftovers(place: Path, digests: Set[str]) -> None:
    """Delete unfinished caches whose images are all in the finished one at `place`."""
    for other in siblings(place):
        if not other.name.endswith(PARTIAL):
            continue
        owner = other.with_name(other.name.removesuffix(PARTIAL))
        try:
            with jobs.lock(owner):
                done = {digest for _, digest in _done_rows(other, read_blocks(other))}
                if done <= digests:
                    shutil.rmtree(other, ignore_errors=True)
        except (jobs.Busy, jobs.NotReadable):
            continue  # being built, or not readable: left alone


def _pictures(other: Path, wanted: Set[str]) -> Known:
    blocks = _blocks(other)
    rows = [(row, digest) for row, digest in _done_rows(other, blocks) if digest in wanted]
    if not rows:
        return {}
    pixels = np.load(other / PIXELS, mmap_mode="r")
    numbers = {row // BLOCK for row, _ in rows}
    sound = {number for number in numbers if checksum(pixels, number) == blocks[number].checksum}
    return {digest: (os.fspath(other), row) for row, digest in rows if row // BLOCK in sound}


def _blocks(other: Path) -> dict[int, Block]:
    """Return the finished blocks of a cache, which may be finished as a whole."""
    if not (other / COMPLETE).exists():
        return read_blocks(other)
    sums = jobs.read_json(other / COMPLETE)["checksums"]
    return {number: Block(number, wanted, []) for number, wanted in enumerate(sums)}


def _done_rows(other: Path, blocks: Mapping[int, Block]) -> Iterator[tuple[int, str]]:
    index = jobs.read_json(other / INDEX)
    failed = {fault.path for block in blocks.values() for fault in block.faults}
    for row, (image_id, digest) in enumerate(zip(index["ids"], index["digests"], strict=True)):
        if row // BLOCK in blocks and image_id not in failed:
            yield row, digest
