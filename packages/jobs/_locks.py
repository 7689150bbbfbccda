"""Locks between processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from jobs._errors import Busy


@contextmanager
def lock(path: str | Path, timeout: float = 0.0) -> Iterator[None]:
    """Hold the lock of `path` (a file `path`.lock beside it) for the block.

    The lock dies with its process, so a killed run never blocks the next one.

    Args:
        path: what is protected; it need not exist.
        timeout: seconds to wait for another holder; negative waits for ever.

    Raises:
        Busy: another process still holds it after `timeout` seconds.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    holder = FileLock(path.with_name(path.name + ".lock"))
    try:
        holder.acquire(timeout=timeout)
    except Timeout:
        raise Busy(f"another process is working on {path}: wait for it or stop it") from None
    try:
        yield
    finally:
        holder.release()
