"""Two processes train as one: the same metrics within tolerance, and a lost one is named."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

SCRIPT = """
import dataclasses, json, os, sys
import numpy as np
import rlemask
from pathlib import Path
from segmenters import Segmenter, SegmenterConfig, Stage, dismiss
from tests.metrics import dice

class Stack:
    def __init__(self, images):
        self.ids, self.pixels = list(images), np.stack(list(images.values()))
    def take(self, ids):
        return self.pixels[[self.ids.index(i) for i in ids]]

rng = np.random.default_rng(0)
images, targets = {}, {}
for number in range(16):
    image, mask = rng.integers(40, 80, (64, 64), dtype=np.uint8), np.zeros((64, 64), np.uint8)
    if number % 2:
        top, left = rng.integers(4, 36, 2)
        mask[top:top + 20, left:left + 20] = 1
    image[mask > 0] += 150
    images[f"i{number}"], targets[f"i{number}"] = image, rlemask.runs_of(mask)
config = SegmenterConfig().replace(
    encoder="resnet10t", encoder_weights="none", decoder_channels=(16, 8), image_head=True,
    dropout=0.0, size=64, samples=16, batch=8, lr=2e-3, encoder_lr=2e-3, holdout=0.25, top_k=1,
    dice=0.0, device="cpu", threads=1, checkpoint_seconds=0, ema_decay=0.5,
    stages=(Stage(1, 64), Stage(3, 64, rate=0.5)),
)
learner = Segmenter(config, Stack(images), targets, metric=dice)
if int(os.environ.get("RANK", "0")):
    learner.follow()
else:
    def report(_label, done, _total, _figures):
        if done == int(sys.argv[2]):
            os._exit(9)
    for fold in (0, 1):
        learner.fit(learner.images.ids, Path(sys.argv[1]) / str(fold), seed=fold, report=report)
    dismiss(config.runtime)
"""


def start(folder: Path, rank: int, world: int, port: int, dies_at: int = -1) -> subprocess.Popen:
    variables = {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(world),
            "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
            "ACCELERATE_USE_CPU": "true"}  # fmt: skip
    paths = os.pathsep.join(["packages", ".", os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder), str(dies_at)],
        env=environment | (variables if world > 1 else {}),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def finish(processes: list[subprocess.Popen]) -> list[str]:
    try:
        errors = [process.communicate(timeout=120)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    return errors


@pytest.mark.slow
def test_two_processes_train_what_one_does_though_the_main_process_was_lost_on_the_way(tmp_path):
    one, two, port = tmp_path / "one", tmp_path / "two", free_port()
    started = [start(one, 0, 1, port), start(two, 0, 2, port, dies_at=5), start(two, 1, 2, port)]
    errors = finish(started)
    assert [process.returncode for process in started] == [0, 9, 1], errors
    assert "ProcessLost" in errors[2].splitlines()[-1]
    assert (two / "0" / "state.safetensors").exists()
    port = free_port()
    started = [start(two, 0, 2, port), start(two, 1, 2, port)]
    errors = finish(started)
    assert [process.returncode for process in started] == [0, 0], errors
    for fold in ("0", "1"):
        alone, shared = (pd.read_csv(home / fold / "history.csv") for home in (one, two))
        assert shared["images"].tolist() == alone["images"].tolist()
        # not closer, as each process has its own batch statistics, over half of the batch
        assert shared["loss"].iloc[0] == pytest.approx(alone["loss"].iloc[0], rel=0.1)
        assert shared["loss"].mean() == pytest.approx(alone["loss"].mean(), rel=0.2)
        assert shared["score"].iloc[-1] == pytest.approx(alone["score"].iloc[-1], abs=0.25)
        assert json.loads((two / fold / "speed.json").read_text())["processes"] == 2
        assert {path.name for path in (two / fold).iterdir()} == {
            "config.json", "model.safetensors", "history.csv", "speed.json", "fit.json",
        }  # fmt: skip
