"""A parallel map over items, in order, with progress."""

import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any, TypeVar

import joblib
from joblib.externals.loky.backend import resource_tracker as loky_tracker

from jobs._engine import current_cluster
from jobs._errors import WorkerDied

Report = Callable[[str, int, int, Mapping[str, float]], None]
"""Function called as ``report(label, done, total, figures)``, with ``{"loss": 0.3}`` as figures."""


def silent(label: str, done: int, total: int, figures: Mapping[str, float]) -> None:
    """Ignore progress."""


Item = TypeVar("Item")
Result = TypeVar("Result")


def run(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    workers: int | None = None,
    report: Report = silent,
    label: str = "",
    reads: Sequence[str | Path] = (),
    writes: Sequence[str | Path] = (),
) -> Iterator[Result]:
    """Yield ``function(item)`` for every item, in the order of `items`.

    The tasks run in processes of this computer, or on the cluster of the enclosing `engine` block.
    Finished results are kept in memory, so they should be small. An exception in `function` ends
    the iteration and is raised.

    A cluster repeats a task if its worker seems dead, so a second call with the same item must
    write the same files. Workers have their own working folders: paths must be absolute.

    Args:
        function: importable by name (a module-level function, or a partial of one) for several
            workers.
        workers: processes, None: one per available core; on a cluster concurrent tasks, None: one
            per thread. 1 runs in this process with any engine.
        report: called after every item as ``report(label, done, len(items), {})``.
        reads: folders to which all workers of a cluster must have the same access; checked.
        writes: folders which all of them must be able to write and share; checked.

    Raises:
        WorkerDied, EngineError: see `_errors.py`.
    """
    if workers is not None and workers < 1:
        raise ValueError(f"workers must be at least 1, not {workers}")
    cluster = current_cluster()
    if cluster is None or workers == 1 or not items:
        results = _local(function, items, workers)
    else:
        results = cluster.run(
            function, items, workers=workers, label=label, reads=reads, writes=writes
        )
    return _reported(results, len(items), report, label)


def available_cores() -> int:
    """Return the number of cores for this process, by affinity and container quota."""
    return int(joblib.cpu_count())


def _local(
    function: Callable[[Item], Result], items: Sequence[Item], workers: int | None
) -> Iterator[Result]:
    workers = available_cores() if workers is None else workers
    workers = min(workers, max(1, len(items)))
    return map(function, items) if workers == 1 else _processes(function, items, workers)


def _processes(
    function: Callable[[Item], Result], items: Sequence[Item], workers: int
) -> Iterator[Result]:
    # joblib replaces a process whose memory has grown, with a warning; turned into an error by the
    # caller's settings, it would end the thread that distributes tasks, and the call would hang.
    warnings.filterwarnings("ignore", "A worker stopped while some jobs were given", UserWarning)
    # What an interrupted caller leaves is cancelled, of which joblib warns.
    warnings.filterwarnings("ignore", r"\d+ tasks (which|have been)", UserWarning, "joblib")
    threading.excepthook = _report_exception
    pool = joblib.Parallel(n_jobs=workers, return_as="generator", pre_dispatch=4 * workers)
    call = joblib.delayed(_call)
    with _without_interrupts():
        return pool(call(os.getcwd(), function, item) for item in items)


def _start_trackers() -> None:
    """Start the processes that delete what workers leave, unless they run.

    Their start allows interrupts again. loky's would warn of what an interrupted pool has left,
    which it deletes.
    """
    name, quiet = "PYTHONWARNINGS", "ignore:resource_tracker:UserWarning"
    before = os.environ.get(name)
    os.environ[name] = f"{before},{quiet}" if before else quiet
    try:
        resource_tracker.ensure_running()
        loky_tracker.ensure_running()
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _report_exception(
    error: threading.ExceptHookArgs, report: Callable[..., Any] = threading.excepthook
) -> None:
    """Report the exception of a thread, except loky's KeyError when an interrupt ends its pool.

    Its thread then looks for a task that the pool has just cancelled.
    """
    of_loky = error.thread is not None and error.thread.name == "ExecutorManagerThread"
    if not (of_loky and error.exc_type is KeyError):
        report(error)


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Let the processes and threads started in the block get no SIGINT; delay that of this thread.

    A terminal sends Ctrl-C to all processes. One that is still importing would print a traceback;
    the caller's ends them all.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    _start_trackers()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _call(folder: str, function: Callable[[Item], Result], item: Item) -> Result:
    """Call in the caller's working folder; reused processes may be in an earlier one."""
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
            f"the system killed a worker process ({label}), mostly for lack of memory: close other "
            "programs or give the machine more memory, and run the same command again"
        ) from error
