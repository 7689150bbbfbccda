"""Checks of workers: before the first task, and of later ones at their first task."""

import functools
import pickle
from typing import TYPE_CHECKING, Any

from jobs._errors import EngineError, first_few
from jobs.cluster.connection import CONNECT, lost
from jobs.cluster.inspection import PROJECT, Requirements, faults, versions

if TYPE_CHECKING:
    from distributed import Client

NAMED = 3
"""Maximum number of unfit workers in a message."""


def inspect(client: "Client", wanted: Requirements) -> None:
    """Check that every worker meets the requirements.

    Raises:
        EngineError: some do not, there are none, or the scheduler lacks this project or does not
            answer.
    """
    address = client.scheduler.address
    try:
        client.run_on_scheduler(versions)
        client.wait_for_workers(1, timeout=CONNECT)
        answers = client.run(faults, wanted, on_error="return")
    except (ImportError, AttributeError) as error:
        raise EngineError(f"the scheduler at {address} {no_project(error)}") from error
    except TimeoutError:
        raise EngineError(
            f"the scheduler at {address} has no workers: start some on each machine "
            f"with `dask worker {address} --nthreads 1`"
        ) from None
    except OSError as error:
        raise lost(address) from error
    complaints = {worker: _complaint(answer) for worker, answer in sorted(answers.items())}
    if any(complaints.values()):
        raise EngineError(_named(complaints))


def perform(wanted: Requirements, work: bytes) -> Any:
    """Run one task on a worker, which may have joined after the inspection."""
    _admit(wanted)
    # a message from the caller, as all of Dask's; nothing from a disk is unpickled
    function, item = pickle.loads(work)
    return function(item)


@functools.lru_cache(maxsize=256)
def _admit(wanted: Requirements) -> None:
    if found := faults(wanted):
        from distributed import get_worker

        raise EngineError(_named({get_worker().address: "; ".join(found)}))


def no_project(error: Exception) -> str:
    """Return a clause saying that a machine lacks this project."""
    return (
        f"cannot load this version of {PROJECT} ({error}): start it in an environment with the "
        "same version"
    )


def _complaint(answer: tuple[str, ...] | Exception) -> str:
    from distributed.comm import CommClosedError

    if isinstance(answer, CommClosedError):
        return ""  # it has just left
    if isinstance(answer, OSError):
        return f"does not answer ({answer}): start it again"
    return no_project(answer) if isinstance(answer, Exception) else "; ".join(answer)


def _named(complaints: dict[str, str]) -> str:
    unfit = [f"worker {worker} {what}" for worker, what in complaints.items() if what]
    named = first_few(unfit, NAMED)
    return f"{len(unfit)} of {len(complaints)} workers cannot be used: {named}"
