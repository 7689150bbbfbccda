"""A real Dask cluster on this computer, in processes of its own, and tasks for its workers."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

DASK = Path(sys.executable).with_name("dask")
STARTING = 120.0
"""Seconds that a process may take to start on a busy machine."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(
    happened: Callable[[], Any], what: str, seconds: float = STARTING, every: float = 0.02
) -> None:
    """Wait until ``happened()`` is true."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"{what} has not happened in {seconds:.0f} s"
        time.sleep(every)


class DaskCluster:
    """A scheduler at `address` and its `workers`, all of them killed at the end.

    Workers of one thread, without the nanny that starts a killed one again.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.environment = {**os.environ, **settings}
        port = free_port()
        self.address = f"tcp://127.0.0.1:{port}"
        where = ("--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-show")
        # where the tests are killed, it ends by itself
        where = (*where, "--idle-timeout", "900")
        self.scheduler = self._start(folder, "scheduler", *where)
        self.workers: dict[str, subprocess.Popen[bytes]] = {}

    def add_worker(self, cwd: Path | None = None) -> str:
        """Start a worker, that stands in `cwd`, and return its address."""
        address = f"tcp://127.0.0.1:{free_port()}"
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "0")
        options = (*options, "--death-timeout", "120")
        scratch = ("--local-directory", str(self.folder))
        started = self._start(
            cwd or self.folder, "worker", self.address, "--worker-port", address.rpartition(":")[2],
            "--host", "127.0.0.1", *options, *scratch,
        )  # fmt: skip
        self.workers[address] = started
        return address

    def wait_for(self, workers: int) -> None:
        """Wait until the scheduler knows so many workers."""
        with self.client() as client:
            client.wait_for_workers(workers, timeout=STARTING)

    @contextlib.contextmanager
    def client(self) -> Iterator[Any]:
        """Yield a client of our own, to look at the cluster."""
        from distributed import Client

        until(self.listens, "the start of the scheduler")
        with Client(self.address, timeout=STARTING, set_as_default=False) as client:
            yield client

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(self.address.rpartition(":")[2]))) == 0

    def at_work(self) -> set[str]:
        """Return the addresses of the workers that have a task."""
        with self.client() as client:
            return {worker for worker, tasks in client.processing().items() if tasks}

    def tasks(self) -> dict[str, str]:
        """Return the state of every task the scheduler knows."""
        with self.client() as client:
            return dict(client.run_on_scheduler(_tasks))

    def kill(self, worker: str) -> None:
        """End a worker as the system does when memory runs out."""
        process = self.workers.pop(worker)
        process.kill()
        assert process.wait() == -signal.SIGKILL

    def close(self) -> None:
        for process in (*self.workers.values(), self.scheduler):
            process.kill()
            process.wait()

    def _start(self, cwd: Path, *arguments: str) -> "subprocess.Popen[bytes]":
        with open(self.folder / "log.txt", "ab") as log:
            return subprocess.Popen(
                [str(DASK), *arguments], cwd=cwd, env=self.environment, stdout=log, stderr=log
            )


def _tasks(dask_scheduler: Any) -> dict[str, str]:
    return {str(key): task.state for key, task in dask_scheduler.tasks.items()}


def doubled(item: int) -> tuple[int, str]:
    return 2 * item, "x" * (item % 7)


def slowly(item: int) -> int:
    time.sleep(0.1)
    return item


def failing(kind: type[Exception], item: int) -> int:
    if item == 3:
        raise kind("the function's own")
    return item


def here(_: object) -> int:
    return os.getpid()


def dying(item: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return item


def dying_once(flag: Path, item: int) -> int:
    if item == 3 and not flag.exists():
        flag.touch()
        dying(item)
    return item


def until_there(path: Path, item: int) -> int:
    """Item 0 waits for a file, the others take a moment."""
    if item == 0:
        until(path.exists, f"the writing of {path}")
    return slowly(item)


class Traveller:
    """Remembers in which processes it was unpickled."""

    def __init__(self, processes: tuple[int, ...] = ()) -> None:
        self.processes = processes

    def __reduce__(self) -> tuple[Any, ...]:
        return Traveller.arrived, (self.processes,)

    @classmethod
    def arrived(cls, processes: tuple[int, ...]) -> "Traveller":
        return cls((*processes, os.getpid()))


def journey(traveller: Traveller) -> tuple[int, ...]:
    return traveller.processes


@contextlib.contextmanager
def two_workers(folder: Path) -> Iterator[DaskCluster]:
    """Yield a cluster with two workers of one thread."""
    started = DaskCluster(folder)
    try:
        started.add_worker()
        started.add_worker()
        started.wait_for(2)
        yield started
    finally:
        started.close()
