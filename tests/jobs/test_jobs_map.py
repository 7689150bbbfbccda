import math
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Mapping
from pathlib import Path

import pytest

import jobs

GROWN: list[bytes] = []


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_items(workers: int) -> None:
    assert list(jobs.run(math.sqrt, [9.0, 4.0, 1.0], workers=workers)) == [3.0, 2.0, 1.0]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_the_function_reaches_the_caller(workers: int) -> None:
    with pytest.raises(ValueError, match=r"math domain|nonnegative"):
        list(jobs.run(math.sqrt, [1.0, -1.0], workers=workers))


def test_nothing_to_do() -> None:
    assert list(jobs.run(math.sqrt, [])) == []


def test_work_is_done_only_as_results_are_taken() -> None:
    seen: list[float] = []
    results = jobs.run(lambda x: seen.append(x) or x, [1.0, 2.0, 3.0], workers=1)
    next(results)
    assert seen == [1.0]


def test_progress_counts_to_the_total() -> None:
    calls: list[tuple[str, int, int]] = []

    def report(label: str, done: int, total: int, _: Mapping[str, float]) -> None:
        calls.append((label, done, total))

    list(jobs.run(math.sqrt, [1.0, 4.0], workers=1, report=report, label="roots"))
    assert calls == [("roots", 0, 2), ("roots", 1, 2), ("roots", 2, 2)]


def test_no_workers_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        jobs.run(math.sqrt, [1.0], workers=0)


def die(number: int) -> int:
    """End this process as the system does when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_worker_that_the_system_ends_is_one_clear_line() -> None:
    with pytest.raises(jobs.WorkerDied, match="lack of memory"):
        list(jobs.run(die, [1, 2, 3], workers=2))


def grow(number: int) -> int:
    """Make this process one that has grown too far for the pool, which then replaces it."""
    from joblib.externals.loky import process_executor

    process_executor._MAX_MEMORY_LEAK_SIZE = 0
    process_executor._MEMORY_LEAK_CHECK_DELAY = 0.0
    GROWN.append(bytes(1_000_000))
    return number


@pytest.mark.timeout(60)
def test_a_worker_that_has_grown_is_replaced_without_a_word() -> None:
    """Its warning, where warnings are errors, once left the caller waiting for ever."""
    numbers = list(range(8))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert list(jobs.run(grow, numbers, workers=2)) == numbers


def read(name: str) -> str:
    """Return the text of a file in the working folder."""
    return Path(name).read_text()


def test_kept_processes_follow_the_caller_to_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        (folder / "name").write_text(folder.name)
        monkeypatch.chdir(folder)
        assert list(jobs.run(read, ["name"] * 4, workers=2)) == [folder.name] * 4


SLOW = """
import sys, time, jobs
from tests.jobs.test_jobs_map import slow
try:
    print("begun", flush=True)
    for _ in jobs.run(slow, list(range(40)), workers=2):
        time.sleep(float(sys.argv[1]))
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


def slow(number: int) -> int:
    time.sleep(0.3)
    return number


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="signals of POSIX")
@pytest.mark.parametrize("consumer", [0.0, 5.0], ids=["waits for results", "works on results"])
@pytest.mark.parametrize("moment", [0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6])
def test_an_interrupt_of_all_processes_at_any_moment_prints_no_traceback(
    moment: float, consumer: float
) -> None:
    """As a terminal does it; the workers are still importing in the first second."""
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(consumer)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    time.sleep(moment)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (out, err) == ("stopped\n", "")
    assert process.returncode == 0
