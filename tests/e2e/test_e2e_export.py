"""`tools export`: a folder that predicts what the run does, without data, run or network."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

import crossval
from tests.e2e.conftest import Call

OFFLINE = """
import runpy, socket, sys

def refused(*_, **__):
    raise OSError("the network was used")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refused
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def offline(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a script in a process of its own that may not connect to anything."""
    command = [sys.executable, "-W", "error", "-c", OFFLINE, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.slow
def test_an_exported_run_predicts_alone_what_it_predicts_here(
    call: Call, home: Path, synthetic: Path, tmp_path: Path
) -> None:
    where = ("--data", synthetic, "--home", home)
    export = ("export", "unet_tiny", "--out", "model", "--onnx", "--home", home)
    exported = call(*export, "--json").json
    assert exported["networks"] == len(exported["onnx"]) == 3
    assert exported["largest_difference"] <= 1e-4
    assert call("predict", "unet_tiny", *where).code == 0
    run = crossval.open_run(home / "runs", exported["run"])
    table, maps = pd.read_parquet(run.path / "test.parquet"), run.maps("test")
    record = json.loads(Path("model/export.json").read_text())
    assert record["about"]["metrics"] == run.metrics()
    (tmp_path / "away").mkdir()
    script = Path(shutil.move("model", tmp_path / "away")) / "predict.py"
    images = synthetic / "dicom-images-test"
    ran = offline(script, tmp_path / "p.csv", images, "--maps", tmp_path / "maps")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    found = pd.read_csv(tmp_path / "p.csv")
    found.index = pd.Index([Path(file).stem for file in found["file"]])
    assert len(found) == len(table) == 12
    wanted = table.set_index("image_id")["p"]
    np.testing.assert_allclose(found["p"][wanted.index], wanted, rtol=0, atol=1e-5)
    assert maps is not None
    for image_id in wanted.index:
        drawn = cv2.imread(str(tmp_path / "maps" / f"{image_id}.png"), cv2.IMREAD_GRAYSCALE)
        assert np.abs(drawn.astype(int) - maps.read(image_id)).max() <= 1


def test_a_repeated_export_shows_it_and_another_is_refused(
    worked: Path, call: Call, refused: Callable[..., str], tmp_path: Path
) -> None:
    arguments = ("export", "unet_tiny", "--out", tmp_path / "model", "--home", worked)
    first = call(*arguments, "--json")
    assert first.code == 0
    assert first.json["onnx"] == []
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "model").rglob("*")}
    assert call(*arguments, "--json").json == first.json
    assert {path: path.stat().st_mtime_ns for path in before} == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").touch()
    message = refused("export", "unet_tiny", "--out", tmp_path / "mine", "--home", worked)
    assert "name a new or empty folder" in message
    assert "script: " in call(*arguments).out


def test_only_networks_can_be_exported(
    worked: Path, refused: Callable[..., str], tmp_path: Path
) -> None:
    message = refused("export", "lightgbm", "--out", tmp_path / "model", "--home", worked)
    assert "has no networks to export" in message
    assert "is not a run" in refused("export", "none", "--out", "x", "--home", worked)
    assert "--out" in refused("export", "unet_tiny", "--home", worked, code=2)


def test_without_the_libraries_the_extra_is_named(
    worked: Path, refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    message = refused("export", "unet_tiny", "--out", tmp_path / "m", "--onnx", "--home", worked)
    assert "pneumothorax-lab[onnx]" in message
    assert not (tmp_path / "m").exists()
