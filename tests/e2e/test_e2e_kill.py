"""kill -9 at five random moments of a training: the run ends as an unbroken one."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import crossval
from tests.e2e.conftest import TOOLS

KILLS = 5
CHOICES = (
    "--folds", "2", "--set", "threads=1", "--set", "checkpoint_seconds=0", "--set", "epochs=3",
    "--set", "samples=24", "--set", "batch=4", "--set", "holdout=0.34", "--set", "top_k=2",
    "--set", "accumulate=2", "--set", "loader_threads=1", "--set", "elastic=0.02",
)  # fmt: skip


def start(data: Path, home: Path) -> subprocess.Popen[bytes]:
    arguments = ["cv", "unet_tiny", *CHOICES, "--data", str(data), "--home", str(home)]
    return subprocess.Popen([str(TOOLS), *arguments], stdout=subprocess.DEVNULL)


def content(run: crossval.Run) -> dict[str, Any]:
    """Return all that a run has found out, bit for bit."""
    maps = run.maps("oof")
    assert maps is not None
    histories = sorted((run.path / "models").glob("*/history.csv"))
    models = sorted((run.path / "models").glob("*/model.safetensors"))
    return {
        "oof": run.oof().to_dict(),
        "metrics": run.metrics(),
        "maps": np.stack([maps.read(i) for i in maps.ids]).tobytes(),
        "history": [path.read_text() for path in histories],
        "models": [path.read_bytes() for path in models],
    }


@pytest.mark.slow
def test_five_kills_at_random_moments_change_nothing(synthetic: Path, tmp_path: Path) -> None:
    began = time.monotonic()
    assert start(synthetic, tmp_path / "whole").wait() == 0
    seconds = time.monotonic() - began
    seed = random.SystemRandom().randrange(2**32)
    moments = random.Random(seed)
    kills = 0
    while kills < KILLS:
        process = start(synthetic, tmp_path / "broken")
        try:
            code = process.wait(timeout=moments.uniform(0.2, 0.7) * seconds)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
            kills += 1
            continue
        assert code == 0
        break  # it has ended between the kills; what is left of them would kill nothing
    assert kills >= 1, f"seed {seed}"
    assert start(synthetic, tmp_path / "broken").wait() == 0
    [whole] = crossval.list_runs(tmp_path / "whole" / "runs")
    [broken] = crossval.list_runs(tmp_path / "broken" / "runs")
    assert whole.name == broken.name
    for run in (whole, broken):
        assert (run.path / "history.png").read_bytes().startswith(b"\x89PNG")
    assert content(broken) == content(whole), f"after {kills} kills, seed {seed}"
