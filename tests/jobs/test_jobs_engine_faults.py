"""A cluster that cannot do the work is refused in one line, with its remedy."""

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import pytest

import jobs
from jobs.cluster.connection import connected
from jobs.cluster.inspection import Requirements, versions
from tests import dask_cluster as tasks
from tests.dask_cluster import DaskCluster

NOWHERE = "tcp://127.0.0.1:1"
OWN_FOLDER = Path("/proc/self/cwd")
"""A path that is another folder to each process: storage that is not shared."""


@pytest.mark.parametrize(("name", "scheduler"), [("spark", None), ("dask", None), ("local", "x")])
def test_a_wrong_choice_of_engine(name: str, scheduler: str | None) -> None:
    with pytest.raises(ValueError, match="engine"), jobs.engine(name, scheduler):
        pass


@pytest.mark.parametrize(
    "address", ["foo", "", "tcp://127.0.0.1", "x://h:1", "tcp://h:99999", "tcp://h:x", "inproc://x"]
)
def test_what_is_no_address(address: str) -> None:
    with (
        pytest.raises(
            jobs.EngineError, match=r"is not an address of a scheduler \(.*tcp://HOST:8786"
        ),
        jobs.engine("dask", address),
    ):
        list(jobs.run(tasks.doubled, [1, 2]))


def test_no_scheduler_answers_at_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.cluster.connection.CONNECT", 0.5)
    with (
        pytest.raises(jobs.EngineError, match=f"no Dask scheduler answers at {NOWHERE}"),
        jobs.engine("dask", NOWHERE),
    ):
        list(jobs.run(tasks.doubled, [1, 2]))


def test_dask_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(jobs.NotInstalled, match=r'pip install "pneumothorax-lab\[dask\]"'),
        jobs.engine("dask", NOWHERE),
    ):
        list(jobs.run(tasks.doubled, [1, 2]))


def test_workers_with_other_versions_are_refused_by_name(
    cluster: DaskCluster, dask: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = {**versions(), "Python": "3.99", "numpy": "0.1"}
    theirs = Requirements(tuple(ours.items()), ())
    monkeypatch.setattr("jobs.cluster.cluster.requirements", lambda *_: nullcontext(theirs))
    with pytest.raises(jobs.EngineError) as refused:
        list(jobs.run(tasks.doubled, [1, 2]))
    line = str(refused.value)
    assert "2 of 2 workers cannot be used" in line
    for worker in cluster.workers:
        assert f"worker {worker} has Python 3." in line
    assert "(wanted: 3.99), numpy " in line
    assert "(wanted: 0.1): install the same there" in line


@pytest.mark.skipif(not OWN_FOLDER.exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("way", ["reads", "writes"])
def test_workers_that_do_not_see_the_files_are_refused_by_name(
    way: str, cluster: DaskCluster, dask: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for root in (tmp_path, cluster.folder):  # the folder is there on both sides
        (root / way).mkdir()
    Path(way, "file").write_text("mine")
    folder = OWN_FOLDER / way
    with pytest.raises(jobs.EngineError) as refused:
        list(jobs.run(tasks.doubled, [1, 2], **{way: [folder]}))
    for worker in cluster.workers:
        assert f"worker {worker} cannot access {folder}: it must be shared storage" in str(
            refused.value
        )
    assert [path.name for path in Path(way).iterdir()] == ["file"], "no token is left"
    (cluster.folder / way / "file").write_text("another one")
    with pytest.raises(jobs.EngineError, match="cannot access"):
        list(jobs.run(tasks.doubled, [1, 2], **{way: [folder]}))


def test_folders_that_all_see_are_fine(cluster: DaskCluster, dask: None, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "image").write_text("x")
    seen = {"reads": [tmp_path / "data"], "writes": [tmp_path]}
    assert list(jobs.run(tasks.slowly, [1, 2], **seen)) == [1, 2]
    state = jobs.engine_state(**seen)
    assert state.startswith(f"{cluster.address}: ")
    assert state.endswith("2 workers, 2 threads")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


@pytest.mark.skipif(not OWN_FOLDER.exists(), reason="needs Linux's /proc")
def test_a_worker_that_joins_later_is_inspected_by_its_first_task(
    cluster: DaskCluster, dask: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others see the folder; they stand in it."""
    monkeypatch.chdir(cluster.folder)
    (tmp_path / "apart").mkdir()
    late: list[str] = []

    def join() -> None:
        late.append(cluster.add_worker(cwd=tmp_path / "apart"))
        cluster.wait_for(3)
        (tmp_path / "joined").touch()

    joining = threading.Thread(target=join)
    work = partial(tasks.until_there, tmp_path / "joined")
    results = jobs.run(work, range(200), writes=[OWN_FOLDER])
    joining.start()
    try:
        with pytest.raises(jobs.EngineError) as refused:
            list(results)
    finally:
        joining.join()
        cluster.kill(late[0])
    assert f"worker {late[0]} cannot access {OWN_FOLDER}" in str(refused.value)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Callable[..., DaskCluster]]:
    """Return a function that starts a scheduler without workers, with settings of Dask's."""
    started: list[DaskCluster] = []

    def start(**settings: str) -> DaskCluster:
        started.append(DaskCluster(tmp_path, **settings))
        return started[-1]

    yield start
    for one in started:
        one.close()


def test_a_task_that_kills_workers_and_a_cluster_without_any(
    empty: Callable[..., DaskCluster], monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = empty(DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0")
    worker = cluster.add_worker()
    cluster.wait_for(1)
    with jobs.engine("dask", cluster.address):
        with pytest.raises(jobs.WorkerDied, match=f"1 workers died over .*{worker}.*memory"):
            list(jobs.run(tasks.dying, [1, 2], label="pixels"))
        monkeypatch.setattr("jobs.cluster.admission.CONNECT", 0.5)
        with pytest.raises(jobs.EngineError, match=r"has no workers: start some .* `dask worker"):
            list(jobs.run(tasks.dying, [1, 2]))


def test_the_last_worker_goes_and_then_the_scheduler(
    empty: Callable[..., DaskCluster], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.cluster.cluster.PATIENCE", 0.1)
    cluster = empty()
    worker = cluster.add_worker()
    cluster.wait_for(1)
    with jobs.engine("dask", cluster.address):
        results = jobs.run(tasks.slowly, range(100), label="pixels")
        assert next(results) == 0
        cluster.kill(worker)
        with pytest.raises(jobs.WorkerDied, match=r"no worker is left at tcp.* \(pixels\)"):
            list(results)
        cluster.add_worker()
        cluster.wait_for(1)
        results = jobs.run(tasks.slowly, range(100))
        assert next(results) == 0
        cluster.scheduler.kill()
        with pytest.raises(jobs.EngineError, match=r"no longer answers: start it .* go on where"):
            list(results)


def test_what_dask_would_log_stays_off_the_terminal(cluster: DaskCluster) -> None:
    noisy = [logging.getLogger(name) for name in ("distributed.client", "tornado.application")]
    before = [logger.level for logger in noisy]
    with connected(cluster.address):
        assert not any(logger.isEnabledFor(logging.CRITICAL) for logger in noisy)
    assert [logger.level for logger in noisy] == before
