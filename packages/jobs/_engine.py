"""Where `run` works: on this computer, or on a cluster."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs.cluster.cluster import Cluster

ENGINES = ("local", "dask")
_current: ContextVar["Cluster | None"] = ContextVar("engine", default=None)


@contextmanager
def engine(name: str = "local", scheduler: str | None = None) -> Iterator[None]:
    """Let every `run` that is called in the block, and in this thread, work there.

    The connection to a cluster is made when the first `run` has something to do, and closed at
    the end of the block; results have to be taken inside it. What is computed does not depend
    on the engine, byte for byte where all computers have the same kind of processor.

    Args:
        name: "local", processes of this computer, or "dask", a running Dask cluster.
        scheduler: the address of the cluster's scheduler, such as "tcp://HOST:8786".

    Raises:
        ValueError: an unknown name, "dask" without a scheduler, or one with "local".
    """
    if name not in ENGINES:
        raise ValueError(f"no engine is named {name!r}: there are {', '.join(ENGINES)}")
    if (name == "dask") != (scheduler is not None):
        raise ValueError("a scheduler's address goes with the engine dask and with no other")
    if scheduler is None:
        with _set(None):
            yield
        return
    from jobs.cluster.cluster import Cluster

    cluster = Cluster(scheduler)
    try:
        with _set(cluster):
            yield
    finally:
        cluster.close()


def engine_state(reads: Sequence[str | Path] = (), writes: Sequence[str | Path] = ()) -> str:
    """Return in words what the engine of this block offers; looks at every worker of a cluster.

    Raises:
        EngineError: the cluster cannot be reached, or is not fit for work in these folders.
    """
    cluster = current_cluster()
    return "processes of this computer" if cluster is None else cluster.state(reads, writes)


def current_cluster() -> "Cluster | None":
    """Return the cluster of the innermost `engine` block, None where that is local."""
    return _current.get()


@contextmanager
def _set(cluster: "Cluster | None") -> Iterator[None]:
    token = _current.set(cluster)
    try:
        yield
    finally:
        _current.reset(token)
