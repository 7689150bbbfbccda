"""Feature tables on disk: one folder per family, one parquet file per block of images.

    <cache_dir>/<family>-<key>/block-00003.parquet    until all blocks are written
    <cache_dir>/<family>-<key>/table.parquet          afterwards

A block holds BLOCK consecutive ids of the stack; a killed extraction loses only the unfinished
blocks. `key` depends on the stack, the family, its version and its parameters.
"""

from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import jobs
from imagefeatures._errors import DamagedCache
from imagefeatures._family import Family

BLOCK = 32


@dataclass(frozen=True)
class FamilyCache:
    """Cached feature table of one family and one stack.

    Attributes:
        folder: folder of the cached files.
        n_blocks: number of blocks in the stack.
    """

    folder: Path
    n_blocks: int

    @property
    def whole(self) -> Path:
        """Path of the file with all blocks, in the order of the stack."""
        return self.folder / "table.parquet"

    def part(self, block: int) -> Path:
        """Return the path of the file of one block."""
        return self.folder / f"block-{block:05d}.parquet"

    def missing(self, blocks: list[int]) -> list[int]:
        """Return the `blocks` that are not yet written."""
        if self.whole.exists():
            return []
        return [block for block in blocks if not self.part(block).exists()]

    def write(self, block: int, table: pd.DataFrame) -> None:
        """Write the rows of one block."""
        _write(self.part(block), table)

    def read(self, blocks: list[int]) -> pd.DataFrame:
        """Return the rows of `blocks`, all written; join the files once the stack is complete."""
        if not self.whole.exists() and not self.missing(list(range(self.n_blocks))):
            self._join()
        if self.whole.exists():
            return _read(self.whole)
        return pd.concat([_read(self.part(block)) for block in blocks])

    def _join(self) -> None:
        parts = [self.part(block) for block in range(self.n_blocks)]
        _write(self.whole, pd.concat([_read(part) for part in parts]))
        for part in parts:
            part.unlink(missing_ok=True)


def family_cache(cache_dir: Path, stack_key: str, n_images: int, family: Family) -> FamilyCache:
    """Return the cache of `family` for the stack with digest `stack_key`."""
    key = jobs.digest(stack_key, n_images, BLOCK, family.name, family.version, parameters(family))
    return FamilyCache(cache_dir / f"{family.name}-{key}", -(-n_images // BLOCK))


def parameters(family: Family) -> dict[str, Any]:
    """Return the fields of a dataclass family; an empty dict for any other family."""
    if is_dataclass(family) and not isinstance(family, type):
        return asdict(family)
    return {}


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:  # pyarrow's ArrowInvalid is a ValueError
        raise DamagedCache(
            f"{path} cannot be read ({str(error).splitlines()[0]}): delete {path.parent} and "
            "run the same command again"
        ) from error


def _write(path: Path, table: pd.DataFrame) -> None:
    with jobs.writing(path) as temporary:
        table.to_parquet(temporary)
