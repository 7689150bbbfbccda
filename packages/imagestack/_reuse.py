"""Reuse of earlier results: the journal of an interrupted call, and images of other caches.

The journal lists the finished blocks of an incomplete cache and the images that failed. A cache
belongs to an exact set of files. If the set changes (a file repaired, an image excluded), only new
images are decoded; the others are copied from other caches after a comparison of checksums.
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
"""Cache folder and row of an image, by the digest of its source file."""


class Block(NamedTuple):
    """A finished block: number, checksum of the pixels, faults whose `path` is the image id."""

    number: int
    checksum: str
    faults: list[Fault]


def append_block(work: Path, block: Block) -> None:
    """Append a block to the journal, synchronously."""
    with open(work / JOURNAL, "a", encoding="utf-8") as file:
        file.write(json.dumps(block) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_blocks(work: Path) -> dict[int, Block]:
    """Return the finished blocks in the journal; the last line per block counts.

    Incomplete lines are ignored.
    """
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
    """Return the positions of images in the other caches in the folder of `place`.

    Incomplete caches are included; damaged or deleted ones are ignored.

    Args:
        place: folder of the cache to build.
        wanted: digests of the source files.
    """
    known: Known = {}
    for other in siblings(place):
        try:
            known |= _pictures(other, wanted - known.keys())
        except (OSError, EOFError, ValueError, KeyError, TypeError, jobs.NotReadable):
            continue  # the images are decoded from their files instead
    return known


def siblings(place: Path) -> list[Path]:
    """Return the caches next to `place` of equal size and readers, incomplete ones included."""
    prefix = place.name.rsplit("-", 1)[0]
    return [p for p in sorted(place.parent.glob(f"{prefix}-*")) if (p / INDEX).exists()]


def remove_leftovers(place: Path, digests: Set[str]) -> None:
    """Delete incomplete caches whose images are all in the complete cache at `place`."""
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
            continue  # being built, or not readable


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
    """Return the finished blocks of a complete or incomplete cache."""
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
