"""The store of probability maps: a zarr array of uint8 with one checksummed chunk per image."""

import shutil
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import zarr
from zarr.codecs import BloscCodec, Crc32cCodec

import jobs
from crossval._errors import CrossvalError

CHECKSUM = "map_crc32"
"""Column of a run's tables with the CRC-32 of the pixels of each map."""

WRITTEN: Any = {"write_empty_chunks": True}
"""Store maps of zeros too, so that a missing map is not read as empty; zarr does not store
this."""


class MapStore:
    """Probability maps of many images, uint8 `(size, size)` each, 255 = probability 1.

    zarr writes a chunk to a temporary file and renames it, so that maps are complete or missing
    after an interruption. Valid maps are listed in the table next to the store, which is written
    afterwards and has the checksums of the maps.
    """

    def __init__(self, path: Path, array: Any) -> None:
        self.path = path
        self._array = array
        self.ids: list[str] = list(array.attrs["image_ids"])
        self.size: int = int(array.shape[1])
        self._row = {image_id: row for row, image_id in enumerate(self.ids)}
        self._checksums: Mapping[str, int] = {}
        self._remedy = "make them again"

    @classmethod
    def create(cls, path: Path, ids: Sequence[str], size: int) -> "MapStore":
        """Return an empty store for `ids`, or the store of an interrupted run."""
        with suppress(CrossvalError):  # there is none, or not a readable one
            store = cls.open(path)
            if store.ids == list(ids) and store.size == size:
                return store
        with jobs.naming_system_errors(path):
            array = zarr.create_array(
                store=path,
                shape=(len(ids), size, size),
                chunks=(1, size, size),
                dtype="uint8",
                compressors=[BloscCodec(cname="zstd", clevel=3), Crc32cCodec()],
                attributes={"image_ids": list(ids)},
                config=WRITTEN,
                overwrite=True,
            )
        return cls(path, array)

    @classmethod
    def open(cls, path: Path) -> "MapStore":
        """Return the store at `path`.

        Raises:
            CrossvalError: there is no readable store at `path`.
        """
        try:
            return cls(path, zarr.open_array(store=path, mode="r+").with_config(WRITTEN))
        except (OSError, LookupError, ValueError, TypeError, AttributeError) as error:
            reason = " ".join(str(error).split())
            raise CrossvalError(f"no probability maps can be read at {path} ({reason})") from None

    def __contains__(self, image_id: object) -> bool:
        return image_id in self._row

    def __len__(self) -> int:
        return len(self.ids)

    def expect(self, table: pd.DataFrame, remedy: str) -> "MapStore":
        """Return the store with the checksums of a run's table, which `read` compares.

        Args:
            table: indexed by image id; without the column `CHECKSUM` nothing is compared.
            remedy: what to do about a damaged map, for messages.
        """
        if CHECKSUM in table:
            self._checksums = dict(table[CHECKSUM].astype(int))
        self._remedy = remedy
        return self

    def write(self, image_id: str, values: np.ndarray) -> int:
        """Store one map and return its checksum.

        Raises:
            CrossvalError: unknown image, or not uint8 `(size, size)`.
            jobs.DiskFull, jobs.CannotAccess: the system does not write the store.
        """
        if values.shape != (self.size, self.size) or values.dtype != np.uint8:
            raise CrossvalError(
                f"the probability map of {image_id} is {values.dtype} {values.shape}, "
                f"the store {self.path} has uint8 ({self.size}, {self.size})"
            )
        row = self._locate(image_id)
        with jobs.naming_system_errors(self.path):
            if self._chunk(row).is_dir():  # damage
                shutil.rmtree(self._chunk(row))
            self._array[row] = values
        return _checksum(values)

    def read(self, image_id: str) -> np.ndarray:
        """Return one map, uint8 `(size, size)`.

        Raises:
            CrossvalError: unknown image, or a missing, damaged or exchanged map.
        """
        row = self._locate(image_id)
        where = f"the probability map of {image_id} in {self.path}"
        if not self._chunk(row).is_file():
            raise CrossvalError(f"{where} is missing: {self._remedy}")
        try:
            found = np.asarray(self._array[row])
        except (ValueError, RuntimeError, OSError) as error:
            reason = " ".join(str(error).split())
            raise CrossvalError(f"{where} is damaged ({reason}): {self._remedy}") from None
        if self._checksums.get(image_id, _checksum(found)) != _checksum(found):
            raise CrossvalError(f"{where} is not the one that was written: {self._remedy}")
        return found

    def is_sound(self, ids: Sequence[str]) -> bool:
        """Return whether the maps of `ids` can be read and have the expected checksums."""
        try:
            for image_id in ids:
                self.read(image_id)
        except CrossvalError:
            return False
        return True

    def _chunk(self, row: int) -> Path:
        return self.path / str(self._array.metadata.encode_chunk_key((row, 0, 0)))

    def _locate(self, image_id: str) -> int:
        try:
            return self._row[image_id]
        except KeyError:
            raise CrossvalError(f"{self.path} has no probability map of {image_id}") from None


def _checksum(values: np.ndarray) -> int:
    return zlib.crc32(np.ascontiguousarray(values).data)
