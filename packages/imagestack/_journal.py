"""The journal of a cache under construction: which blocks are done, which images failed."""

import json
import os
from pathlib import Path
from typing import NamedTuple

from imagestack._errors import Fault

JOURNAL = "journal.jsonl"


class Block(NamedTuple):
    """A finished block: its number, the checksum of its pixels, the images that failed.

    The `path` of a fault is the image id here.
    """

    number: int
    checksum: str
    faults: list[Fault]


def append(work: Path, block: Block) -> None:
    """Add a line; it is on the disk when this returns."""
    with open(work / JOURNAL, "a", encoding="utf-8") as file:
        file.write(json.dumps(block) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read(work: Path) -> dict[int, Block]:
    """Return the blocks a killed run finished, the last word on each; a torn line is none."""
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
