"""`tools tune` by the real command line."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

import jobs
from tests.e2e.conftest import QUICK_TREES, TOOLS, done


@pytest.mark.slow
def test_a_killed_search_ends_as_an_unbroken_one(
    home: Path, synthetic: Path, tmp_path: Path
) -> None:
    """kill -9 in the second fold's search, then to the end."""
    broken = Path(shutil.copytree(home, tmp_path / "broken"))
    quick = ["tune", "lightgbm", *QUICK_TREES, "--trials", "3", "--data", str(synthetic)]
    process = subprocess.Popen([str(TOOLS), *quick, "--home", str(broken)])
    while not list((broken / "tunings").glob("*/fold1/trials/*.json")):
        assert process.poll() is None, "it ended before it was killed"
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    found, whole = (done(*quick, "--home", where) for where in (broken, home))
    assert set(found) >= {"study", "auc_honest", "interval", "auc_default", "settings"}
    assert json.dumps(found).replace(str(broken), str(home)) == json.dumps(whole)
    study = home / "tunings" / whole["study"]
    assert jobs.read_json(whole["path"]) == jobs.read_json(study / "settings.json")
    files = [path for path in study.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".json", ".txt"}, "no pickle, no database"
