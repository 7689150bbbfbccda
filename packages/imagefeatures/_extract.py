"""Extract one feature table from a stack of images.

Every family has its own cache: a repeated call only reads, an added family is computed alone, and
a killed call resumes at its first unfinished block. The values depend neither on the number of
processes nor on the other images requested; a processor with other vector units may change the
last bit.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

import jobs
from imagefeatures._cache import BLOCK, FamilyCache, family_cache
from imagefeatures._errors import BadFacts, UnknownImages
from imagefeatures._families import check_image
from imagefeatures._family import Facts, Family, check_names, select


class ImageStack(Protocol):
    """Interface of a pixel cache.

    A stack on disk also has an attribute `folder`, readable by all workers.

    Attributes:
        ids: image ids.
        digest: digest of the pixels, their order and their size.
    """

    ids: list[str]
    digest: str

    def take(self, ids: Sequence[str]) -> NDArray[np.uint8]:
        """Return the images `ids`, uint8 `(k, size, size)`."""
        ...


class Source(Protocol):
    """The images of an experiment and their facts; a `contest.Source` is one."""

    @property
    def facts(self) -> pd.DataFrame:
        """Facts of the images, indexed by image id."""

    @property
    def features(self) -> Path:
        """The folder of cached feature tables."""

    @property
    def report(self) -> jobs.Report:
        """Shows progress."""

    def stack(self, side: int) -> ImageStack:
        """Return the images as squares of this side in pixels."""


class Task(NamedTuple):
    """One block of images and the families not yet computed for it."""

    block: int
    missing: list[tuple[Family, FamilyCache]]


def extract(
    stack: ImageStack,
    ids: Sequence[str] | None = None,
    *,
    families: Sequence[Family | Facts],
    facts: pd.DataFrame | None = None,
    workers: int | None = None,
    report: jobs.Report = jobs.silent,
    cache_dir: str | Path,
) -> pd.DataFrame:
    """Return the feature table of `ids`.

    Args:
        stack: pixel cache.
        ids: image ids in the order of the rows; None takes the whole stack.
        families: feature families in the order of the columns.
        facts: table indexed by image id; only needed by `Facts`.
        workers: number of processes; None takes one per core.
        report: called with the number of images done.
        cache_dir: folder of the cached tables, created if missing.

    Returns:
        float32 table `(n, k)` indexed by image_id, columns `<family>_<feature>`.

    Raises:
        ValueError: an id is duplicated, or an image is not uint8 `(h, w)`.
        BadFamilies: a family is duplicated.
        UnknownImages: an image is missing from `stack` or `facts`.
        BadFacts: `facts` is missing, or lacks all columns of a family, or a value is not numeric.
    """
    ids = list(stack.ids) if ids is None else list(ids)
    _check(stack, ids, families, facts)
    of_pixels = [family for family in families if not isinstance(family, Facts)]
    tables = _pixel_tables(stack, ids, of_pixels, workers, report, Path(cache_dir))
    for family in families:
        if isinstance(family, Facts) and facts is not None:
            tables[family.name] = family.table(facts.loc[ids])
    parts = [tables[family.name].add_prefix(f"{family.name}_") for family in families]
    table = pd.concat(parts, axis=1) if parts else pd.DataFrame(index=ids)
    table.index = pd.Index(ids, name="image_id", dtype="str")
    return table.astype(np.float32)


def table_of(
    known: Sequence[Family | Facts],
) -> Callable[[Source, int, Sequence[str]], pd.DataFrame]:
    """Return a function of a source, the side of its images in pixels and names of families.

    It extracts those of the `known` families that are named, for the `table` of `contest.Trees`.
    Families of facts that the data lack are left out, unless no family would remain.
    """

    def table(source: Source, side: int, names: Sequence[str]) -> pd.DataFrame:
        return extract(
            source.stack(side),
            families=_available(select(known, names), known, source.facts),
            facts=source.facts,
            cache_dir=source.features,
            report=source.report,
        )

    return table


def _available(
    families: list[Family | Facts], known: Sequence[Family | Facts], facts: pd.DataFrame
) -> list[Family | Facts]:
    """Return the families without those of facts that have no column.

    Raises:
        BadFacts: no family remains; names those of the `known` that can be used.
    """
    found = [one for one in families if _has_source(one, facts)]
    if families and not found:
        columns = [name for one in families if isinstance(one, Facts) for name in one.columns]
        usable = ",".join(one.name for one in known if _has_source(one, facts))
        raise BadFacts(
            f"the data have none of the facts {', '.join(columns)}, which the family "
            f"{', '.join(one.name for one in families)} needs: add them, or set families={usable}"
        )
    return found


def _has_source(family: Family | Facts, facts: pd.DataFrame) -> bool:
    return not isinstance(family, Facts) or any(column in facts for column in family.columns)


def compute(image: NDArray[np.uint8], families: Sequence[Family]) -> dict[str, float]:
    """Return the features of one image, uint8 `(h, w)`, named as in `extract`."""
    check_image(image)
    return {
        f"{family.name}_{name}": value
        for family in families
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
    caches = [family_cache(cache_dir, stack.digest, stack.ids, f) for f in families]
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
        tables = [cache.read(blocks).loc[ids] for cache in caches]
    return {family.name: table for family, table in zip(families, tables, strict=True)}


def _tasks(blocks: list[int], pairs: list[tuple[Family, FamilyCache]]) -> list[Task]:
    """Return one task per incomplete block, with all families missing for that block."""
    gaps = [set(cache.missing(blocks)) for _, cache in pairs]
    tasks = [
        Task(block, [pair for pair, gap in zip(pairs, gaps, strict=True) if block in gap])
        for block in blocks
    ]
    return [task for task in tasks if task.missing]


def _compute_block(stack: ImageStack, task: Task) -> None:
    ids = stack.ids[task.block * BLOCK : (task.block + 1) * BLOCK]
    rows: list[list[dict[str, float]]] = [[] for _ in task.missing]
    with one_thread:  # the workers already use all cores
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
    """Return a report that converts the number of blocks done to the number of images done."""

    def show(label: str, done: int, _: int, figures: Mapping[str, float]) -> None:
        if total:
            report(label, min(done * BLOCK, total), total, figures)

    return show


def _check(
    stack: ImageStack,
    ids: list[str],
    families: Sequence[Family | Facts],
    facts: pd.DataFrame | None,
) -> None:
    check_names([family.name for family in families])
    if len(set(ids)) < len(ids):
        raise ValueError("an image id is duplicated: request each id once")
    of_facts = [family.name for family in families if isinstance(family, Facts)]
    if of_facts and facts is None:
        raise BadFacts(
            f"family {of_facts[0]} needs a table of facts: pass facts=, or leave the family out"
        )
    faults = []
    if absent := sorted(set(ids) - set(stack.ids)):
        faults.append(f"{len(absent)} are not in the pixel cache, first {absent[0]}")
    if of_facts and facts is not None and (absent := sorted(set(ids) - set(facts.index))):
        faults.append(f"{len(absent)} have no row of facts, first {absent[0]}")
    if faults:
        raise UnknownImages(
            f"of {len(ids)} images {' and '.join(faults)}: rebuild the frame and the pixel "
            "cache from the same folder"
        )


class _OneThread:
    """Context manager that limits OpenCV to one thread; several threads may enter it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders, self._before = 0, 0

    def __enter__(self) -> None:
        with self._lock:
            if self._holders == 0:
                self._before = cv2.getNumThreads()
                cv2.setNumThreads(1)
            self._holders += 1

    def __exit__(self, *_error: object) -> None:
        with self._lock:
            self._holders -= 1
            if self._holders == 0:
                cv2.setNumThreads(self._before)


one_thread = _OneThread()
