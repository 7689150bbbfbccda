"""`jobs.run` on a real cluster does what it does on this computer, or says why it cannot."""

import logging
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import jobs
from tests import dask_cluster as tasks
from tests.dask_cluster import DaskCluster, until

NOWHERE = "tcp://127.0.0.1:1"


@given(items=st.lists(st.integers(0, 1000), max_size=30), workers=st.sampled_from([None, 2, 5]))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_results_are_those_of_this_computer_in_their_order(
    dask: None, items: list[int], workers: int | None
) -> None:
    assert list(jobs.run(tasks.doubled, items, workers=workers)) == list(map(tasks.doubled, items))


def test_the_work_is_done_elsewhere_and_one_worker_means_this_process(
    cluster: DaskCluster, dask: None
) -> None:
    workers = {process.pid for process in cluster.workers.values()}
    assert set(jobs.run(tasks.here, range(8))) <= workers
    assert set(jobs.run(tasks.here, [0])) <= workers, "a single item too"
    assert set(jobs.run(tasks.here, range(8), workers=1)) == {os.getpid()}
    with jobs.engine("local"):
        assert not set(jobs.run(tasks.here, range(8), workers=2)) & workers
    assert set(jobs.run(tasks.here, range(8))) <= workers


@pytest.mark.parametrize("kind", [ValueError, TimeoutError, ProcessLookupError, ImportError])
def test_an_error_in_the_function_reaches_the_caller(dask: None, kind: type[Exception]) -> None:
    results = jobs.run(partial(tasks.failing, kind), range(20))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(kind, match="the function's own"):
        next(results)


def test_the_scheduler_unpickles_nothing_of_the_work(cluster: DaskCluster, dask: None) -> None:
    """It may stand where the files are not, and a pixel cache is opened as it is unpickled."""
    workers = {process.pid for process in cluster.workers.values()}
    for processes in jobs.run(tasks.journey, [tasks.Traveller(), tasks.Traveller()]):
        assert len(processes) == 1
        assert set(processes) <= workers


class Counting(Sequence[int]):
    """Items that know how many of them were taken."""

    taken = 0

    def __len__(self) -> int:
        return 60

    def __getitem__(self, index: int) -> int:  # type: ignore[override]
        if index >= len(self):
            raise IndexError
        self.taken = max(self.taken, index + 1)
        return index


@pytest.mark.parametrize(("workers", "ahead"), [(None, 8), (3, 3)])
def test_few_tasks_are_submitted_before_the_caller_takes_results(
    dask: None, workers: int | None, ahead: int
) -> None:
    items = Counting()
    for done, _ in enumerate(jobs.run(tasks.doubled, items, workers=workers)):
        assert items.taken - done <= ahead
    assert items.taken == 60


def test_what_is_not_waited_for_any_more_is_taken_back(cluster: DaskCluster, dask: None) -> None:
    results = jobs.run(tasks.slowly, range(50), label="given up")
    assert next(results) == 0
    assert any("given up" in name for name in cluster.tasks())
    results.close()
    until(lambda: not any("given up" in name for name in cluster.tasks()), "the cancelling")


def test_an_error_takes_the_other_tasks_back_while_it_is_looked_at(
    cluster: DaskCluster, dask: None
) -> None:
    """The traceback holds everything that was there, so that nothing is cleared by itself."""
    work = partial(tasks.failing, ValueError)
    with pytest.raises(ValueError, match="own") as held:
        list(jobs.run(work, range(50), label="failed"))
    until(lambda: not any("failed" in name for name in cluster.tasks()), "the cancelling")
    assert held.tb is not None


def test_progress_counts_to_the_total(dask: None) -> None:
    calls = []
    list(jobs.run(tasks.doubled, range(3), report=lambda *call: calls.append(call), label="x"))
    assert [call[1] for call in calls] == [0, 1, 2, 3]


def test_another_worker_does_the_work_of_one_that_died(
    cluster: DaskCluster, dask: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cluster.add_worker()
    cluster.wait_for(3)
    work = partial(tasks.dying_once, tmp_path / "flag")
    assert list(jobs.run(work, range(30))) == list(range(30))
    dead = [name for name, process in cluster.workers.items() if process.poll() is not None]
    assert len(dead) == 1
    del cluster.workers[dead[0]]
    assert capfd.readouterr().err == "", "Dask's log stays off the terminal"


def test_the_log_levels_of_dask_come_back(cluster: DaskCluster) -> None:
    import distributed  # noqa: F401, sets them

    before = logging.getLogger("distributed.client").level
    with jobs.engine("dask", cluster.address):
        list(jobs.run(tasks.doubled, [1]))
        assert logging.getLogger("distributed.client").level > logging.CRITICAL
    assert logging.getLogger("distributed.client").level == before


def test_nothing_to_do_needs_no_scheduler() -> None:
    with jobs.engine("dask", NOWHERE):
        assert list(jobs.run(tasks.doubled, [])) == []


def test_results_have_to_be_taken_inside_the_block(cluster: DaskCluster) -> None:
    with jobs.engine("dask", cluster.address):
        results = jobs.run(tasks.doubled, [1, 2])
    with pytest.raises(RuntimeError, match="take all results inside it"):
        next(results)
