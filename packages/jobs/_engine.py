"""The engine of `run`: this computer or a cluster."""

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
    """Use this engine for every `run` that is called in the block and in this thread.

    The connection to a cluster is made by the first `run` with items, and closed at the end of the
    block; results must be taken inside it. Results do not depend on the engine; they are equal
    byte for byte if all computers have the same kind of processor.

    Args:
        name: "local" (processes of this computer) or "dask" (a running Dask cluster).
        scheduler: the address of the cluster's scheduler, such as "tcp://HOST:8786".

    Raises:
        ValueError: an unknown name, "dask" without a scheduler, or one with "local".
    """
    if name not in ENGINES:
        raise ValueError(f"no engine is named {name!r}: there are {', '.join(ENGINES)}")
    if (name == "dask") != (scheduler is not None):
        raise ValueError("a scheduler's address needs the engine dask")
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
    """Return a description of the engine of this block; every worker of a cluster is checked.

    Raises:
        EngineError: the cluster cannot be reached, or cannot work in these folders.
    """
    cluster = current_cluster()
    return "processes of this computer" if cluster is None else cluster.state(reads, writes)


def current_cluster() -> "Cluster | None":
    """Return the cluster of the innermost `engine` block, None if that is local."""
    return _current.get()


@contextmanager
def _set(cluster: "Cluster | None") -> Iterator[None]:
    token = _current.set(cluster)
    try:
        yield
    finally:
        _current.reset(token)
