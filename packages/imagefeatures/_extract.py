"""From a stack of images to one feature table."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import jobs
from cxrfeatures._cache import BLOCK, FamilyCache, family_cache
from cxrfeatures._errors import BadHeader, UnknownImages
from cxrfeatures._families import DEFAULT, resolve
from cxrfeatures._family import Family
from cxrfeatures._header import Header
from cxrfeatures._threads import one_thread
from cxrlungs import check_image


class ImageStack(Protocol):
    """What is read of a pixel cache.

    Attributes:
        ids: image ids.
        digest: names the content: other pixels, order or size, other digest.

    One that lies on the disk also has a `folder`, which all workers must see.
    """

    ids: list[str]
    digest: str

    def take(self, ids: Sequence[str]) -> NDArray[np.uint8]:
        """Return the images `ids`, uint8 `(k, size, size)`."""
        ...


class Task(NamedTuple):
    """One block of images and the families that are missing for it."""

    block: int
    missing: list[tuple[Family, FamilyCache]]


def extract(
    stack: ImageStack,
    ids: Sequence[str] | None = None,
    *,
    families: Sequence[str | Family | Header] = DEFAULT,
    header: pd.DataFrame | None = None,
    workers: int | None = None,
    report: jobs.Report = jobs.silent,
    cache_dir: str | Path,
) -> pd.DataFrame:
    """Return the feature table of `ids`.

    Every family has its own cache under `cache_dir`, so a repeated call only reads, another
    family computes just that one, and a killed call goes on at the block where it stopped. The
    values depend neither on `workers` nor on which other images are asked for; a processor with
    other vector units may give another last bit.

    Args:
        stack: the pixels. The default parameters were chosen at 1024 x 1024; `Lines` loses much
            of its worth on smaller images.
        ids: image ids in the order of the rows wanted; None takes all of the stack.
        families: names (keys of `FAMILIES`) or families with parameters of their own.
        header: rows of the frame of images, indexed by image id; needed by "header" only.
        workers: processes; None takes one per core.
        report: called with the number of images done.
        cache_dir: made if missing.

    Returns:
        float32 table `(n, k)` indexed by image_id, columns "<family>_<feature>".

    Raises:
        ValueError: an unknown family or one asked for twice, an id asked for twice, an image
            that is not uint8 `(h, w)`.
        UnknownImages: ids that the stack or the header lacks.
        BadHeader: the header is not given or none of its columns is known.
    """
    ids = list(stack.ids) if ids is None else list(ids)
    chosen = resolve(families)
    _check(stack, ids, chosen, header)
    pixel_families = [family for family in chosen if not isinstance(family, Header)]
    tables = _pixel_tables(stack, ids, pixel_families, workers, report, Path(cache_dir))
    for family in chosen:
        if isinstance(family, Header):
            assert header is not None, "checked above"
            tables[family.name] = family.table(header.loc[ids])
    parts = [tables[family.name].add_prefix(f"{family.name}_") for family in chosen]
    table = pd.concat(parts, axis=1) if parts else pd.DataFrame(index=ids)
    table.index = pd.Index(ids, name="image_id", dtype="str")
    return table.astype(np.float32)


def compute(
    image: NDArray[np.uint8], families: Sequence[str | Family] = DEFAULT
) -> dict[str, float]:
    """Return the features of one image, uint8 `(h, w)`, named as by `extract`, but the header's."""
    check_image(image)
    return {
        f"{family.name}_{name}": value
        for family in resolve(families)
        if not isinstance(family, Header)
        for name, value in family.compute(image).items()
    }


def _pixel_tables(
    stack: ImageStack,
    ids: list[str],
    families: list[Family],
    workers: int | None,
    report: jobs.Report,
    cache_dir: Path,
) -> dict[str, pd.DataFrame]:
    if not families:
        return {}
    cache_dir = cache_dir.absolute()
    caches = [family_cache(cache_dir, stack.digest, len(stack.ids), f) for f in families]
    position = {image_id: place for place, image_id in enumerate(stack.ids)}
    blocks = sorted({position[image_id] // BLOCK for image_id in ids})
    with jobs.lock(cache_dir / "features", timeout=-1):
        tasks = _tasks(blocks, list(zip(families, caches, strict=True)))
        images = _per_image(report, sum(map(partial(_block_size, stack), (t.block for t in tasks))))
        work = partial(_compute_block, stack)
        reads = [folder] if (folder := getattr(stack, "folder", None)) else []
        for _ in jobs.run(
            work,
            tasks,
            workers=workers,
            report=images,
            label="features",
            reads=reads,
            writes=[cache_dir],
        ):
            pass
        tables = [cache.read(blocks).reindex(ids) for cache in caches]
    return {family.name: table for family, table in zip(families, tables, strict=True)}


def _tasks(blocks: list[int], pairs: list[tuple[Family, FamilyCache]]) -> list[Task]:
    """Return the blocks that lack a family; an image goes once through all that it lacks."""
    gaps = [set(cache.missing(blocks)) for _, cache in pairs]
    tasks = [
        Task(block, [pair for pair, gap in zip(pairs, gaps, strict=True) if block in gap])
        for block in blocks
    ]
    return [task for task in tasks if task.missing]


def _compute_block(stack: ImageStack, task: Task) -> None:
    ids = stack.ids[task.block * BLOCK : (task.block + 1) * BLOCK]
    rows: list[list[dict[str, float]]] = [[] for _ in task.missing]
    with one_thread():  # the workers already fill the cores
        for image_id in ids:
            image = stack.take([image_id])[0]
            check_image(image)
            for found, (family, _) in zip(rows, task.missing, strict=True):
                found.append(family.compute(image))
    for found, (_, cache) in zip(rows, task.missing, strict=True):
        cache.write(task.block, pd.DataFrame(found, index=ids, dtype=np.float32))


def _block_size(stack: ImageStack, block: int) -> int:
    return min(BLOCK, len(stack.ids) - block * BLOCK)


def _per_image(report: jobs.Report, total: int) -> jobs.Report:
    """Return a report that counts images where its caller counts blocks."""

    def show(label: str, done: int, _: int, figures: Mapping[str, float]) -> None:
        if total:
            report(label, min(done * BLOCK, total), total, figures)

    return show


def _check(
    stack: ImageStack,
    ids: list[str],
    families: Iterable[Family | Header],
    header: pd.DataFrame | None,
) -> None:
    if len(set(ids)) < len(ids):
        raise ValueError("an image id is asked for twice: ask for each once")
    with_header = any(isinstance(family, Header) for family in families)
    if with_header and header is None:
        raise BadHeader(
            "header features are asked for without a header table: pass header=, or leave "
            "the family header out"
        )
    faults = []
    if absent := sorted(set(ids) - set(stack.ids)):
        faults.append(f"{len(absent)} are not in the pixel cache, first {absent[0]}")
    if with_header and header is not None and (absent := sorted(set(ids) - set(header.index))):
        faults.append(f"{len(absent)} have no header row, first {absent[0]}")
    if faults:
        raise UnknownImages(
            f"of {len(ids)} images {' and '.join(faults)}: build the frame and the pixel cache "
            "of the same folder again"
        )
