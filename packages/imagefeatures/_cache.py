"""The feature tables on disk: one folder per family, one parquet file per block of images.

    <cache_dir>/<family>-<key>/block-00003.parquet    until all blocks are there
    <cache_dir>/<family>-<key>/table.parquet          afterwards

A block is a run of BLOCK consecutive ids of the stack, so a killed extraction loses at most the
blocks in work. `key` depends on the stack, the family, its version and its parameters.
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
    """Where the columns of one family for one stack lie.

    Attributes:
        folder: of this family and stack.
        n_blocks: blocks that make up the whole stack.
    """

    folder: Path
    n_blocks: int

    @property
    def whole(self) -> Path:
        """The file that holds all blocks in the order of the stack."""
        return self.folder / "table.parquet"

    def part(self, block: int) -> Path:
        """Return the file of one block."""
        return self.folder / f"block-{block:05d}.parquet"

    def missing(self, blocks: list[int]) -> list[int]:
        """Return those of `blocks` that have not been written."""
        if self.whole.exists():
            return []
        return [block for block in blocks if not self.part(block).exists()]

    def write(self, block: int, table: pd.DataFrame) -> None:
        """Store the rows of one block."""
        _write(self.part(block), table)

    def read(self, blocks: list[int]) -> pd.DataFrame:
        """Return the rows of `blocks`, all of which have been written; joins a full set."""
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
    """Return the cache of `family` for the stack that `stack_key` names."""
    key = jobs.digest(stack_key, n_images, BLOCK, family.name, family.version, parameters(family))
    return FamilyCache(cache_dir / f"{family.name}-{key}", -(-n_images // BLOCK))


def parameters(family: Family) -> dict[str, Any]:
    """Return the fields of a family that is a dataclass; others have their version alone."""
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
