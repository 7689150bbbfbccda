"""The connection to a Dask scheduler, without its log and its warnings."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jobs._errors import EngineError
from jobs._extras import PROJECT, require

if TYPE_CHECKING:
    from distributed import Client

CONNECT = 10.0
"""Seconds within which the scheduler must answer and have a worker."""
LOGGERS = ("distributed", "distributed.client", "distributed.gc", "tornado.application")
"""Loggers for which Dask sets a level, and that of its event loop, which logs a second traceback
if Ctrl-C is pressed at the start of a call."""


@contextmanager
def connected(address: str) -> Iterator["Client"]:
    """Yield a client of the scheduler at `address`, closed after the block.

    Raises:
        EngineError: no scheduler answers there, or the address is not valid.
        NotInstalled: Dask is not installed.
    """
    require("dask")
    import distributed  # noqa: F401, sets the levels of its loggers

    with _quiet():
        client = _connect(address)
        try:
            yield client
        finally:
            client.close()


def lost(address: str) -> EngineError:
    """Return the error of a scheduler that answered before."""
    return EngineError(
        f"the scheduler at {address} no longer answers: start it and its workers, and run the "
        "same command again to go on where it stopped"
    )


def _connect(address: str) -> "Client":
    from distributed import Client
    from distributed.versions import VersionMismatchWarning

    _check(address)
    with warnings.catch_warnings():
        # relevant differences are found by the inspection of the workers
        warnings.simplefilter("ignore", VersionMismatchWarning)
        try:
            return Client(address, timeout=CONNECT, set_as_default=False, name=PROJECT)
        except (OSError, ImportError) as error:
            raise EngineError(
                f"no Dask scheduler answers at {address} within {CONNECT:.0f} s: start one with "
                "`dask scheduler`, or correct the address"
            ) from error


def _check(address: str) -> None:
    """Refuse an invalid address: a client hangs when it is deleted after a ValueError."""
    from distributed.comm import get_address_host_port

    try:
        host, port = get_address_host_port(address)
        if not host or not 0 < port < 65536:
            raise ValueError("a host and a port from 1 to 65535 are needed")
    except (ValueError, NotImplementedError) as error:
        raise EngineError(
            f"{address!r} is not an address of a scheduler ({error}): give one such as tcp://HOST:8786"
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress Dask's log on the terminal; its errors are raised with a remedy."""
    levels = {name: logging.getLogger(name).level for name in LOGGERS}
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
