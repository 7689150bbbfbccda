"""One interface for all per-image work: a function over many items, in order."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

import joblib

from jobs._errors import WorkerDied
from jobs._progress import Report, silent

Item = TypeVar("Item")
Result = TypeVar("Result")


def run(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    workers: int | None = None,
    report: Report = silent,
    label: str = "",
) -> Iterator[Result]:
    """Yield ``function(item)`` for every item, in the order of `items`.

    Several workers run ahead of the caller, and finished results wait in memory: `function`
    should return something small and write the rest. An exception in it ends the iteration and
    is raised.

    Args:
        function: must be importable by name (a module-level function or a partial of one) when
            there are several workers.
        workers: processes; None takes one per available core, 1 works in this process.
        report: called after every item as ``report(label, done, len(items), {})``.

    Raises:
        WorkerDied: the system ended a worker process.
    """
    workers = available_cores() if workers is None else workers
    if workers < 1:
        raise ValueError(f"workers must be at least 1, not {workers}")
    workers = min(workers, max(1, len(items)))
    results = map(function, items) if workers == 1 else _processes(function, items, workers)
    return _reported(results, len(items), report, label)


def available_cores() -> int:
    """Return how many cores this process may use, by affinity and container quota."""
    return int(joblib.cpu_count())


def _processes(
    function: Callable[[Item], Result], items: Sequence[Item], workers: int
) -> Iterator[Result]:
    pool = joblib.Parallel(n_jobs=workers, return_as="generator", pre_dispatch=4 * workers)
    call = joblib.delayed(_call)
    return pool(call(os.getcwd(), function, item) for item in items)


def _call(folder: str, function: Callable[[Item], Result], item: Item) -> Result:
    """Call in the caller's working folder; processes are kept and may stand in an earlier one."""
    os.chdir(folder)
    return function(item)


def _reported(
    results: Iterable[Result], total: int, report: Report, label: str
) -> Iterator[Result]:
    report(label, 0, total, {})
    try:
        for done, result in enumerate(results, start=1):
            report(label, done, total, {})
            yield result
    except BrokenProcessPool as error:
        raise WorkerDied(
            f"the system ended a worker process ({label}), mostly for lack of memory: close other "
            "programs or give the machine more memory, and run the same command again"
        ) from error
