"""A running Dask cluster as engine: connection, inspection, tasks in order.

joblib's Dask backend is not used: with joblib 1.6 a task whose workers keep dying never returns,
and leaving an iteration early leaves its tasks on the cluster. The futures are awaited here.
"""

import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from jobs._errors import EngineError, WorkerDied
from jobs.cluster.admission import inspect, no_project, perform
from jobs.cluster.connection import connected, lost
from jobs.cluster.inspection import Requirements, requirements

if TYPE_CHECKING:
    from distributed import Client, Future

Item = TypeVar("Item")
Result = TypeVar("Result")
Folders = Sequence[str | Path]

TASKS_PER_THREAD = 4
"""Tasks per thread that are submitted in advance."""
LOOK = 2.0
"""Seconds between checks of the cluster while waiting for a task."""
PATIENCE = 30.0
"""Seconds without any worker, for instance during a restart, after which the call fails."""


class Cluster:
    """A Dask cluster given by its scheduler's address; connected at first use, until `close`."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._open = ExitStack()
        self._client: Client | None = None
        self._closed = False

    def close(self) -> None:
        """Cancel outstanding tasks and disconnect; the cluster keeps running."""
        self._closed = True
        self._open.close()

    def state(self, reads: Folders = (), writes: Folders = ()) -> str:
        """Inspect every worker and return their number in words.

        Raises:
            EngineError: the cluster cannot work in these folders.
        """
        with requirements(reads, writes) as wanted:
            inspect(self.client, wanted)
        threads = self.client.nthreads()
        return f"{self.address}: {len(threads)} workers, {sum(threads.values())} threads"

    def run(
        self,
        function: Callable[[Item], Result],
        items: Sequence[Item],
        *,
        workers: int | None,
        label: str,
        reads: Folders,
        writes: Folders,
    ) -> Iterator[Result]:
        """Yield ``function(item)`` in the order of `items`; see `jobs.run`."""
        name = f"{label or 'task'}-{uuid.uuid4().hex}"
        todo = enumerate(items)
        waiting: deque[Future] = deque()
        limit = _TaskLimit(self, workers)
        with requirements(reads, writes) as wanted:
            inspect(self.client, wanted)
            try:
                while True:
                    for number, item in islice(todo, max(0, limit.tasks() - len(waiting))):
                        waiting.append(self._submit(wanted, function, item, f"{name}-{number}"))
                    if not waiting:
                        return
                    yield self._result(waiting[0], label)
                    waiting.popleft()
            finally:
                self._cancel(waiting)

    @property
    def client(self) -> "Client":
        """The connection, made at the first use."""
        if self._closed:
            raise RuntimeError("the block of the engine has ended: take all results inside it")
        if self._client is None:
            self._client = self._open.enter_context(connected(self.address))
        return self._client

    def _submit(
        self, wanted: Requirements, function: Callable[[Item], Result], item: Item, key: str
    ) -> "Future":
        import cloudpickle

        # as bytes, as the scheduler, which may have no access to the files, would unpickle objects
        work = cloudpickle.dumps((function, item))
        return self.client.submit(perform, wanted, work, key=key, pure=False)

    def _result(self, future: "Future", label: str) -> Any:
        from distributed import KilledWorker

        while True:
            self._wait(future, label)
            failed = future.status == "error"
            try:
                return future.result(timeout=LOOK)
            except KilledWorker as error:
                raise WorkerDied(_killed(error, label)) from error
            except ModuleNotFoundError as error:
                if error.name != __package__:
                    raise  # the function's own
                raise EngineError(f"a worker that has just joined {no_project(error)}") from error
            except (CancelledError, OSError) as error:  # a TimeoutError is an OSError
                if failed:
                    raise  # the function's own
                if not isinstance(error, TimeoutError):
                    raise lost(self.address) from error
                # otherwise the worker with the result died, and the task is repeated

    def _wait(self, future: "Future", label: str) -> None:
        """Wait until the future is done, while there are workers."""
        from distributed import wait

        loss = _WorkerLoss()
        while True:
            try:
                with self.client.as_current():
                    wait(future, timeout=LOOK)
                return
            except TimeoutError:
                if loss.too_long(self.threads()):
                    raise WorkerDied(
                        f"no worker is left at {self.address} ({label}), mostly for lack of "
                        "memory: start some, and run the same command again"
                    ) from None
            except (CancelledError, OSError) as error:
                raise lost(self.address) from error

    def threads(self) -> int:
        """Return the threads of all current workers."""
        try:
            return sum(self.client.nthreads().values())
        except (OSError, CancelledError) as error:
            raise lost(self.address) from error

    def _cancel(self, futures: Sequence["Future"]) -> None:
        """Cancel futures that are no longer needed; running tasks end by themselves."""
        client = self._client
        if futures and client is not None and client.status == "running":
            with suppress(
                OSError, CancelledError
            ):  # without a scheduler there is nothing to cancel
                client.cancel(list(futures))


class _TaskLimit:
    """Maximum number of tasks on the cluster, updated as workers join and leave."""

    def __init__(self, cluster: Cluster, workers: int | None) -> None:
        self._cluster, self._workers = cluster, workers
        self._threads, self._until = 1, 0.0

    def tasks(self) -> int:
        if self._workers is not None:
            return self._workers
        if time.monotonic() >= self._until:
            self._threads = max(1, self._cluster.threads())
            self._until = time.monotonic() + LOOK
        return TASKS_PER_THREAD * self._threads


class _WorkerLoss:
    """Measures how long the cluster has been without workers."""

    def __init__(self) -> None:
        self._since: float | None = None

    def too_long(self, threads: int) -> bool:
        now = time.monotonic()
        self._since = None if threads else self._since or now
        return self._since is not None and now - self._since >= PATIENCE


def _killed(error: Any, label: str) -> str:
    return (
        f"{error.allowed_failures + 1} workers died over one task ({label}), the last was "
        f"{error.last_worker.address}, mostly for lack of memory: start workers with fewer "
        "threads or more memory, and run the same command again"
    )
