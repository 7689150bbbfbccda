import subprocess
import sys
import time
from pathlib import Path

import pytest

import jobs

HOLD = """
import jobs, sys, time
with jobs.lock(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_process_is_refused_and_a_dead_one_holds_nothing(tmp_path: Path) -> None:
    target = tmp_path / "runs" / "r1"
    target.parent.mkdir()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(target)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(jobs.Busy, match="another process is working on"), jobs.lock(target):
        pass
    holder.kill()
    holder.communicate()
    with jobs.lock(target):
        pass


def test_waiting_for_a_lock_ends_after_the_timeout(tmp_path: Path) -> None:
    begun = time.monotonic()
    with jobs.lock(tmp_path / "x"), pytest.raises(jobs.Busy), jobs.lock(tmp_path / "x", 0.2):
        pass
    assert time.monotonic() - begun >= 0.2
