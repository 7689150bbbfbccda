"""A function over many items by threads, in order, with progress."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import jobs

Item = TypeVar("Item")
Result = TypeVar("Result")


def threaded(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    report: jobs.Report = jobs.silent,
    label: str = "",
) -> Iterator[Result]:
    """Yield the results in order; OpenCV and the readers work outside the interpreter's lock."""
    report(label, 0, len(items), {})
    with ThreadPoolExecutor(jobs.available_cores()) as pool:
        for done, result in enumerate(pool.map(function, items), start=1):
            report(label, done, len(items), {})
            yield result
