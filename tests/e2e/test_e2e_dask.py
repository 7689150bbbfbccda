"""The command line on a real Dask cluster: the bytes of a local run, whatever dies on the way."""

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from tests.dask_cluster import DaskCluster, two_workers, until
from tests.e2e.conftest import CHESTS, TOOLS, Call, done, part_of, tools

OWN_FOLDER = Path("/proc/self/cwd")
"""A path that is another folder to each process: storage that is not shared."""
PATIENCE = 300.0
"""Seconds that a command may take on a busy machine."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with two_workers(tmp_path_factory.mktemp("cluster")) as started:
        yield started


def contents(home: Path) -> dict[str, bytes]:
    """Return all files but locks by name."""
    return {
        str(path.relative_to(home)): path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


@pytest.mark.slow
def test_bytes_are_those_of_a_local_run_though_it_was_stopped_and_a_worker_died(
    cluster: DaskCluster, synthetic: Path, tmp_path: Path
) -> None:
    """Two blocks of training images, a large and a small one, are on the two workers."""
    data = part_of(synthetic, tmp_path / "data", train=36, test=3)
    command = [str(TOOLS), "features", "--data", data.name, "--home", "far"]
    command += ["--engine", "dask", "--scheduler", cluster.address]

    said = interrupted(command, tmp_path / "far")
    assert said == "tools: interrupted: run the same command again to go on where it stopped\n"
    until(lambda: not cluster.tasks(), "the cancelling of what was outstanding")

    going = started(command)
    until(lambda: finished(going) or blocks(tmp_path / "far"), "the first block of features")
    killed = next(iter(cluster.at_work()))
    cluster.kill(killed)
    done_by_then = blocks(tmp_path / "far")
    _, said = going.communicate(timeout=PATIENCE)
    assert (going.returncode, said) == (0, "")
    assert done_by_then == 1, "half-way: one of two blocks"

    done("features", "--data", data, "--home", "near")
    ours, theirs = contents(tmp_path / "far"), contents(tmp_path / "near")
    assert sorted(ours) == sorted(theirs)
    assert [name for name in ours if ours[name] != theirs[name]] == []
    endings = ("pixels.npy", "lightgbm-train.parquet", "lightgbm-test.parquet")
    assert all(any(name.endswith(ending) for name in ours) for ending in endings)


def test_the_table_of_headers_has_the_bytes_of_a_local_one(
    cluster: DaskCluster, call: Call, synthetic: Path, tmp_path: Path
) -> None:
    data = Path(shutil.copytree(synthetic, tmp_path / "data"))
    for file in (synthetic / "dicom-images-train").rglob("*.dcm"):  # so many that work is shared
        place = (data / file.relative_to(synthetic)).parent
        shutil.copy(file, place / f"{file.stem}.copy.dcm")
    there = ("--engine", "dask", "--scheduler", cluster.address)
    assert call("data", "frame", "--data", data, "--home", "far", *there).code == 0
    assert call("data", "frame", "--data", data, "--home", "near").code == 0
    assert len(pd.read_parquet(tmp_path / "far" / "tables" / CHESTS / "frame.parquet")) == 108
    assert contents(tmp_path / "far") == contents(tmp_path / "near")


def started(command: list[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def interrupted(command: list[str], home: Path) -> str:
    """Press Ctrl-C once the first pictures are there, and return what the command said.

    It begins anew where the command was done before, as on a quick machine, or did not hear of it:
    Python drops an interrupt that falls into a destructor or a callback of a library.
    """
    for _ in range(8):
        process = started(command)
        until(
            lambda p=process: finished(p) or pictures(home), "the first block of pictures",
            every=0.002,
        )  # fmt: skip
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE)
        if process.returncode != 0:
            assert process.returncode == 130, said
            return said
        shutil.rmtree(home)
    pytest.fail("eight interrupts, and none was heard")


def finished(process: "subprocess.Popen[str]") -> bool:
    return process.poll() is not None


def pictures(home: Path) -> bool:
    return any(file.stat().st_size for file in home.glob("cache/*.partial/journal.jsonl"))


def blocks(home: Path) -> int:
    """Return how many blocks of the slowest family are there."""
    return len(list(home.glob("features/lines-*/block-*.parquet")))


@pytest.mark.skipif(not OWN_FOLDER.exists(), reason="needs Linux's /proc")
def test_workers_that_do_not_see_the_home(
    cluster: DaskCluster, refused: Callable[..., str], call: Call, few: Path
) -> None:
    there = ("--data", few, "--engine", "dask", "--scheduler", cluster.address)
    line = refused("features", "--home", OWN_FOLDER / "home", *there)
    for worker in cluster.workers:
        assert f"worker {worker} cannot access {OWN_FOLDER / 'home' / 'cache'}" in line
    assert "it must be shared storage mounted at the same path" in line
    sick = call("doctor", "--home", OWN_FOLDER / "home", *there, "--json")
    assert sick.code == 1
    (check,) = [check for check in sick.json["checks"] if check["check"] == "engine"]
    assert check["state"] == "fault"
    assert "cannot access" in check["detail"]


def test_the_doctor_counts_the_workers(cluster: DaskCluster, call: Call, few: Path) -> None:
    there = ("--data", few, "--engine", "dask", "--scheduler", cluster.address)
    sound = call("doctor", *there, "--json")
    assert sound.code == 0, sound
    states = {check["check"]: check["detail"] for check in sound.json["checks"]}
    workers = len(cluster.workers)
    assert states["engine"] == f"{cluster.address}: {workers} workers, {workers} threads"
    assert "here" not in states["engine"]
    local = {c["check"]: c["detail"] for c in call("doctor", "--json").json["checks"]}
    assert local["engine"] == "processes of this computer"


def test_wrong_usage_is_exit_code_two(
    refused: Callable[..., str], call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "needs --scheduler ADDRESS" in refused("features", "--engine", "dask", code=2)
    line = refused("features", "--scheduler", "tcp://h:1", code=2)
    assert "needs --engine dask" in line
    assert "'local', 'dask'" in refused("features", "--engine", "spark", code=2)
    monkeypatch.setenv("TOOLS_COMPETITION", CHESTS)
    monkeypatch.setenv("TOOLS_ENGINE", "dask")
    assert "needs --scheduler ADDRESS" in refused("doctor", code=2)
    monkeypatch.setenv("TOOLS_SCHEDULER", "nonsense")
    assert "'nonsense' is not an address of a scheduler" in refused("data", "synth")
    monkeypatch.delenv("TOOLS_ENGINE")
    assert call("submissions", "--json").code == 0, "the variable alone chooses nothing"


@pytest.mark.slow
def test_a_scheduler_that_is_not_there(few: Path) -> None:
    nowhere = ("--engine", "dask", "--scheduler", "tcp://127.0.0.1:1", "--competition", CHESTS)
    result = tools("data", "synth", "--images", 1, "--test", 1, "--out", "out", *nowhere)
    assert (result.code, result.out) == (1, "")
    assert result.err == (
        "tools: no Dask scheduler answers at tcp://127.0.0.1:1 within 10 s: start one with "
        "`dask scheduler`, or correct the address\n"
    )
    assert not Path("out").exists(), "nothing is left half done"
