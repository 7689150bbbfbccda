"""Calls a function for every image in threads; collects all faults, in constant memory."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import jobs
from ensembling._errors import InputError
from ensembling.maps.averaging import MapFault

Result = TypeVar("Result")

AHEAD = 4
"""Images in progress per thread, enough to keep all threads busy."""


@dataclass(frozen=True)
class ReadOptions:
    """Options of reading maps and truths.

    Attributes:
        shape: `(h, w)` of the submission's masks.
        workers: threads; None for one per core.
        report: called after every image.
    """

    shape: tuple[int, int]
    workers: int | None = None
    report: jobs.Report = jobs.silent


def read_each(
    ids: Sequence[str], function: Callable[[str], Result], how: ReadOptions, *, label: str
) -> Iterator[Result]:
    """Yield ``function(image_id)`` in the order of `ids`.

    Threads, as reading, enlarging and counting release the interpreter lock.

    Raises:
        InputError: at the end, with all faults, if any image raised `MapFault`.
    """
    faults: list[str] = []
    how.report(label, 0, len(ids), {})
    with ThreadPoolExecutor(how.workers or jobs.available_cores()) as pool:
        try:
            for done, future in enumerate(_windowed(pool, function, ids), start=1):
                try:
                    result = future.result()
                except MapFault as fault:
                    faults.append(str(fault))
                else:
                    yield result
                how.report(label, done, len(ids), {})
        finally:
            pool.shutdown(cancel_futures=True)
    if faults:
        raise InputError(faults)


def _windowed(
    pool: ThreadPoolExecutor, function: Callable[[str], Result], ids: Sequence[str]
) -> Iterator[Future[Result]]:
    left = iter(ids)
    first = islice(left, AHEAD * pool._max_workers)
    waiting = deque(pool.submit(function, image_id) for image_id in first)
    while waiting:
        yield waiting.popleft()
        waiting.extend(pool.submit(function, image_id) for image_id in islice(left, 1))
