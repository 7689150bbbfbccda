"""Building of a pixel cache in blocks, by several processes, resumable after interruptions.

The array is built in a sibling folder ``<name>.partial``, with a journal of one line per finished
block, written after the block's pixels. When all blocks are finished, the folder gets its
completion marker and its final name. Images that another cache of the same size contains are
copied instead of decoded.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

import dicomio
import jobs
from imagestack._errors import CacheError, Fault, ImageError, named
from imagestack._files import read_bytes
from imagestack._reuse import (
    PARTIAL,
    Block,
    append_block,
    known_pictures,
    read_blocks,
    remove_leftovers,
)
from imagestack._stack import BLOCK, COMPLETE, INDEX, PIXELS, PixelCache, checksum, open_cache
from imagestack._table import per_image
from imagestack.readers import reader_named, reader_of


class Source(NamedTuple):
    """An image to decode; `known` is the (cache folder, row) of an already decoded copy."""

    image_id: str
    path: str
    digest: str
    known: tuple[str, int] | None


def build_cache(
    table: pd.DataFrame,
    folder: str | Path,
    size: int,
    cache_dir: str | Path,
    *,
    workers: int | None = None,
    report: jobs.Report = jobs.silent,
) -> PixelCache:
    """Return the images of `table` at ``(size, size)``; decode those not in the cache.

    The cache is keyed by ids, source digests, size, and names and versions of the readers of its
    formats. A second call opens the finished cache, a call after an interruption resumes, and a
    second process waits for the first. For JPEG in DICOM files see `dicomio.read_image`.

    Args:
        table: table with the columns `file`, `digest` and `format`, see `read_table`.
        folder: root of the relative paths in `file`.
        size: side of the images in pixels.
        cache_dir: folder of all caches.
        workers: number of processes; None uses one per core.
        report: progress in images.

    Raises:
        CacheError: files cannot be decoded, all of them in `faults`, or have changed. The decoded
            images are kept for the next call.
        ValueError: empty table, duplicate ids or invalid size.
    """
    dicomio.check_size(size)
    if table.index.has_duplicates or not len(table):
        raise ValueError("the table must have rows, each with its own image id")
    folder, cache_dir = Path(folder).absolute(), Path(cache_dir).absolute()
    place, digest = _place(table, size, cache_dir)
    with suppress(CacheError):  # there is none, or a damaged one, which is built again
        found = open_cache(place)
        jobs.mark_used(place)
        return found
    with jobs.lock(place, timeout=-1):
        with suppress(CacheError):  # another process may have finished it
            return open_cache(place)
        sources = _sources(table.sort_index(), folder, place)
        run = partial(jobs.run, workers=workers, reads=[folder], writes=[cache_dir])
        _build(sources, size, digest, place, run, report)
    return open_cache(place)


def _place(table: pd.DataFrame, size: int, cache_dir: Path) -> tuple[Path, str]:
    """Return the folder and the digest of the cache; the digest is part of the folder's name."""
    readers = [reader_named(name) for name in sorted(set(table["format"]))]
    version: Any = [[reader.name, reader.version] for reader in readers]
    label = "+".join(f"{reader.name}{reader.version}" for reader in readers)
    if [reader.name for reader in readers] == ["dicom"]:  # key of versions with DICOM only
        version, label = readers[0].version, f"v{readers[0].version}"
    digests = table["digest"].astype(str).sort_index()
    digest = jobs.digest(list(digests.index), list(digests), size, version)
    return cache_dir / f"pixels-{size}-{label}-{digest}", digest


def _sources(table: pd.DataFrame, folder: Path, place: Path) -> list[Source]:
    known = known_pictures(place, set(table["digest"]))
    return [
        Source(str(image_id), os.fspath(folder / file), digest, known.get(digest))
        for image_id, file, digest in zip(table.index, table["file"], table["digest"], strict=True)
    ]


def _build(
    sources: Sequence[Source],
    size: int,
    digest: str,
    place: Path,
    run: Callable[..., Iterator[Block]],
    report: jobs.Report,
) -> None:
    work = place.with_name(place.name + PARTIAL)
    _prepare(work, sources, size)
    done = _sound_blocks(work)
    blocks = range(-(-len(sources) // BLOCK))
    todo = [(n, sources[n * BLOCK : (n + 1) * BLOCK]) for n in blocks if n not in done]
    before = len(sources) - sum(len(part) for _, part in todo)
    counting = per_image(report, BLOCK, len(sources), before)
    write = partial(_write_block, os.fspath(work), size)
    for block in run(write, todo, report=counting, label="pixels"):
        append_block(work, block)
        done[block.number] = block
    faults = [fault for number in blocks for fault in done[number].faults]
    if faults:
        raise CacheError(
            f"{len(faults)} of {len(sources)} images cannot be decoded: {named(faults)}; "
            "repair or exclude these files and run again; the other images are kept",
            faults,
        )
    sums = [done[number].checksum for number in blocks]
    marker = {
        "size": size,
        "digest": digest,
        "images": len(sources),
        "index": jobs.file_digest(work / INDEX),
        "checksums": sums,
    }
    jobs.write_json(work / COMPLETE, marker)
    shutil.rmtree(place, ignore_errors=True)  # a cache whose marker was deleted
    os.replace(work, place)
    remove_leftovers(place, {source.digest for source in sources})


def _prepare(work: Path, sources: Sequence[Source], size: int) -> None:
    """Create the array and the index, unless an interrupted call created them."""
    shape = (len(sources), size, size)
    if (work / INDEX).exists():
        return
    shutil.rmtree(work, ignore_errors=True)
    with jobs.writing(work / PIXELS) as temporary:
        open_memmap(temporary, mode="w+", dtype=np.uint8, shape=shape)
        jobs.reserve(temporary, temporary.stat().st_size)
    index = {"ids": [s.image_id for s in sources], "digests": [s.digest for s in sources]}
    jobs.write_json(work / INDEX, index)


def _sound_blocks(work: Path) -> dict[int, Block]:
    """Return the blocks of an interrupted call without faults and with a correct checksum."""
    pixels = np.load(work / PIXELS, mmap_mode="r")
    return {
        number: block
        for number, block in read_blocks(work).items()
        if not block.faults and checksum(pixels, number) == block.checksum
    }


def _write_block(work: str, size: int, part: tuple[int, Sequence[Source]]) -> Block:
    number, sources = part
    pixels = np.zeros((len(sources), size, size), np.uint8)
    faults: list[Fault] = []
    for row, source in enumerate(sources):
        try:
            pixels[row] = _picture(source, size)
        except (ImageError, dicomio.DicomError) as error:
            faults.append(Fault(source.image_id, type(error).__name__, str(error)))
    _store(Path(work) / PIXELS, number * BLOCK, pixels)
    return Block(number, checksum(pixels, 0), faults)


def _store(path: Path, row: int, pixels: NDArray[np.uint8]) -> None:
    """Write rows synchronously, without changing other bytes.

    Adjacent blocks share a memory page. Writes to a mapped file, and on network storage ordinary
    writes too, may write whole pages and so overwrite rows of another computer with an older
    state. O_DSYNC prevents this.
    """
    place = np.load(path, mmap_mode="r").offset + row * pixels[0].nbytes
    flag = getattr(os, "O_DSYNC", 0)
    with open(path, "r+b", opener=lambda path, flags: os.open(path, flags | flag)) as file:
        file.seek(place)
        file.write(pixels.data)


def _picture(source: Source, size: int) -> NDArray[np.uint8]:
    if source.known is not None:
        folder, row = source.known
        with suppress(FileNotFoundError):  # the cache was deleted in the meantime
            return np.array(np.load(Path(folder) / PIXELS, mmap_mode="r")[row])
    data = read_bytes(source.path)
    if dicomio.source_digest(data) != source.digest:
        raise CacheError(f"{source.path}: changed since the table was made; make the table again")
    return reader_of(data, source.path).read(data, source.path, size)
