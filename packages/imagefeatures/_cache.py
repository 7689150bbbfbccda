"""Feature tables on disk: one folder per family, one parquet file per block of images.

    <cache_dir>/<family>-<key>/block-00003.parquet    until all blocks are written
    <cache_dir>/<family>-<key>/table.parquet          afterwards

A block holds BLOCK consecutive ids of the stack; a killed extraction loses only the unfinished
blocks. `key` depends on the stack, the family, its version and its parameters.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import jobs
from imagefeatures._family import Family

BLOCK = 32


@dataclass(frozen=True)
class FamilyCache:
    """Cached feature table of one family and one stack.

    A file that is damaged or of other images counts as missing.

    Attributes:
        folder: folder of the cached files.
        ids: image ids of the stack.
    """

    folder: Path
    ids: Sequence[str]

    @property
    def whole(self) -> Path:
        """Path of the file with all blocks, in the order of the stack."""
        return self.folder / "table.parquet"

    def part(self, block: int) -> Path:
        """Return the path of the file of one block."""
        return self.folder / f"block-{block:05d}.parquet"

    def missing(self, blocks: list[int]) -> list[int]:
        """Return the `blocks` that are not yet written."""
        if self._whole() is not None:
            return []
        return [block for block in blocks if self._part(block) is None]

    def write(self, block: int, table: pd.DataFrame) -> None:
        """Write the rows of one block."""
        jobs.write_table(self.part(block), table)

    def read(self, blocks: list[int]) -> pd.DataFrame:
        """Return the rows of `blocks`, all written; join the files once the stack is complete."""
        whole = self._whole()
        if whole is not None:
            return whole
        every = range(-(-len(self.ids) // BLOCK))
        found = {block: self._part(block) for block in every}
        parts = [found[block] for block in blocks]
        if all(part is not None for part in found.values()):
            parts = list(found.values())
            jobs.write_table(self.whole, pd.concat(parts))
            for block in every:
                self.part(block).unlink(missing_ok=True)
        return pd.concat(parts)

    def _whole(self) -> pd.DataFrame | None:
        return _sound(self.whole, self.ids)

    def _part(self, block: int) -> pd.DataFrame | None:
        return _sound(self.part(block), self.ids[block * BLOCK : (block + 1) * BLOCK])


def family_cache(
    cache_dir: Path, stack_key: str, ids: Sequence[str], family: Family
) -> FamilyCache:
    """Return the cache of `family` for the stack of `ids` with digest `stack_key`."""
    key = jobs.digest(stack_key, len(ids), BLOCK, family.name, family.version, parameters(family))
    return FamilyCache(cache_dir / f"{family.name}-{key}", ids)


def parameters(family: Family) -> dict[str, Any]:
    """Return the fields of a dataclass family; an empty dict for any other family."""
    if is_dataclass(family) and not isinstance(family, type):
        return asdict(family)
    return {}


def _sound(path: Path, ids: Sequence[str]) -> pd.DataFrame | None:
    """Return the table in `path`; None if it is missing, damaged or of other images."""
    try:
        table = jobs.read_table(path)
    except jobs.NotReadable:
        return None
    jobs.mark_used(path)
    return table if list(table.index) == list(ids) else None
