"""The store of probability maps: a zarr array of uint8 with one checksummed chunk per image."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import BloscCodec, Crc32cCodec

from crossval._errors import CrossvalError


class MapStore:
    """Probability maps of many images, uint8 `(size, size)` each, 255 = probability 1.

    zarr writes a chunk to a temporary file and renames it, so that maps are complete or missing
    after an interruption. Valid maps are listed in the table next to the store, which is written
    afterwards.
    """

    def __init__(self, path: Path, array: Any) -> None:
        self.path = path
        self._array = array
        self.ids: list[str] = list(array.attrs["image_ids"])
        self.size: int = int(array.shape[1])
        self._row = {image_id: row for row, image_id in enumerate(self.ids)}

    @classmethod
    def create(cls, path: Path, ids: Sequence[str], size: int) -> "MapStore":
        """Return an empty store for `ids`, or the store of an interrupted run."""
        if (path / "zarr.json").exists():
            store = cls.open(path)
            if store.ids == list(ids) and store.size == size:
                return store
        array = zarr.create_array(
            store=path,
            shape=(len(ids), size, size),
            chunks=(1, size, size),
            dtype="uint8",
            compressors=[BloscCodec(cname="zstd", clevel=3), Crc32cCodec()],
            attributes={"image_ids": list(ids)},
            config={"write_empty_chunks": True},  # so that a missing map is not read as empty
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
            return cls(path, zarr.open_array(store=path, mode="r+"))
        except (FileNotFoundError, KeyError, ValueError) as error:
            raise CrossvalError(f"no probability maps can be read at {path} ({error})") from None

    def __contains__(self, image_id: object) -> bool:
        return image_id in self._row

    def __len__(self) -> int:
        return len(self.ids)

    def write(self, image_id: str, values: np.ndarray) -> None:
        """Store one map.

        Raises:
            CrossvalError: unknown image, or not uint8 `(size, size)`.
        """
        if values.shape != (self.size, self.size) or values.dtype != np.uint8:
            raise CrossvalError(
                f"the probability map of {image_id} is {values.dtype} {values.shape}, "
                f"the store {self.path} has uint8 ({self.size}, {self.size})"
            )
        self._array[self._locate(image_id)] = values

    def read(self, image_id: str) -> np.ndarray:
        """Return one map, uint8 `(size, size)`.

        Raises:
            CrossvalError: unknown image or a damaged chunk.
        """
        row = self._locate(image_id)
        if not (self.path / "c" / str(row)).exists():
            raise CrossvalError(
                f"the probability map of {image_id} in {self.path} is missing: delete the run's "
                "folder and repeat its `tools cv`"
            )
        try:
            return np.asarray(self._array[row])
        except (ValueError, RuntimeError, OSError) as error:
            raise CrossvalError(
                f"the probability map of {image_id} in {self.path} is damaged ({error}): "
                "delete the run's folder and repeat its `tools cv`"
            ) from None

    def _locate(self, image_id: str) -> int:
        try:
            return self._row[image_id]
        except KeyError:
            raise CrossvalError(f"{self.path} has no probability map of {image_id}") from None
