"""A complete pixel cache: images of one size in a memory-mapped array.

A cache is a folder with ``pixels.npy`` (n, size, size), ``index.json`` (ids, source digests) and
``complete.json`` (checksums), which is written last and marks the cache as complete.
"""

import zlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import jobs
from imagestack._errors import CacheError

PIXELS, INDEX, COMPLETE = "pixels.npy", "index.json", "complete.json"
BLOCK = 32
"""Number of images per block, the unit of checksums and journal; 8 MiB at 512 x 512 pixels."""


class PixelCache:
    """The images of a table at one size; built by `build_cache`, opened by `open_cache`.

    Attributes:
        folder: folder of the cache.
        ids: sorted image ids; row `i` of `pixels` is the image ``ids[i]``.
        size: side of the images in pixels.
        digest: digest of ids, source files, size and readers.
    """

    def __init__(
        self, folder: Path, ids: Sequence[str], size: int, digest: str, checksums: Sequence[str]
    ) -> None:
        self.folder, self.ids, self.size, self.digest = folder, list(ids), size, digest
        self._checksums = list(checksums)
        self._unread = set(range(len(self._checksums)))

    def __repr__(self) -> str:
        return f"PixelCache({len(self)} images of {self.size} x {self.size}, {self.folder})"

    def __len__(self) -> int:
        return len(self.ids)

    def __reduce__(self) -> tuple[Any, ...]:
        # pickled as an absolute path: without pixels, independent of the working directory
        return open_cache, (self.folder.absolute(),)

    @cached_property
    def pixels(self) -> NDArray[np.uint8]:
        """All images, memory-mapped read-only uint8 ``(n, size, size)``."""
        mapped: NDArray[np.uint8] = np.load(self.folder / PIXELS, mmap_mode="r")
        return mapped

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each image id."""
        return {image_id: row for row, image_id in enumerate(self.ids)}

    def take(self, ids: Sequence[str]) -> NDArray[np.uint8]:
        """Return the images `ids`, uint8 ``(k, size, size)``, in the order of `ids`.

        A block is compared with its checksum when it is read for the first time.

        Raises:
            CacheError: an id is not in the cache, or its block is damaged.
        """
        missing = [image_id for image_id in ids if image_id not in self.rows]
        if missing:
            raise CacheError(
                f"{len(missing)} image(s) are not in the cache {self.folder}, first {missing[0]}: "
                "build the cache from a table with these images"
            )
        rows = [self.rows[image_id] for image_id in ids]
        for block in sorted({row // BLOCK for row in rows} & self._unread):
            self._verify([block])
        return np.asarray(self.pixels[rows])

    def verify(self) -> None:
        """Compare every block with its checksum.

        Raises:
            CacheError: blocks are damaged.
        """
        self._verify(range(len(self._checksums)))

    def _verify(self, blocks: Sequence[int]) -> None:
        bad = [one for one in blocks if checksum(self.pixels, one) != self._checksums[one]]
        if bad:
            raise CacheError(
                f"{self.folder}: {len(bad)} of {len(self._checksums)} blocks are damaged, first "
                f"that of image {self.ids[bad[0] * BLOCK]}: delete {self.folder} and run the same "
                "command again"
            )
        self._unread.difference_update(blocks)


def open_cache(folder: str | Path) -> PixelCache:
    """Return the cache in `folder`.

    Raises:
        CacheError: the folder is not a complete cache.
    """
    folder = Path(folder)
    try:
        marker = jobs.read_json(folder / COMPLETE)
        ids = jobs.read_json(folder / INDEX)["ids"]
        sums = marker["checksums"]
        cache = PixelCache(folder, ids, marker["size"], marker["digest"], sums)
        shape = cache.pixels.shape
        whole = shape == (len(ids), marker["size"], marker["size"])
        whole = whole and cache.pixels.dtype == np.uint8 and len(sums) == -(-len(ids) // BLOCK)
        same = marker.get("index") in (None, jobs.file_digest(folder / INDEX))
    except (jobs.NotReadable, OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise CacheError(
            f"{folder} is not a complete pixel cache ({error}): delete it and build it again"
        ) from error
    if not same:
        raise CacheError(f"{folder / INDEX} has changed: delete {folder} and build it again")
    if not whole:
        raise CacheError(f"{folder}: {PIXELS} has shape {shape}: delete it and build it again")
    return cache


def finished_caches(cache_dir: str | Path) -> list[PixelCache]:
    """Return the complete caches in `cache_dir`, sorted by folder name.

    Raises:
        CacheError: a cache cannot be opened.
    """
    return [open_cache(marker.parent) for marker in sorted(Path(cache_dir).glob(f"*/{COMPLETE}"))]


def checksum(pixels: NDArray[np.uint8], block: int) -> str:
    """Return the CRC-32 of a block of images; it detects damage, not manipulation."""
    part = np.ascontiguousarray(pixels[block * BLOCK : (block + 1) * BLOCK])
    return f"{zlib.crc32(part.data):08x}"
