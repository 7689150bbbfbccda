"""`tools kernel build`: in a clean environment the bundle writes what `tools submit` would send."""

import os
import shutil
import subprocess
import venv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import crossval
import jobs
from tests import processor
from tests.e2e.conftest import CHESTS, Call, part_of

PLAIN_TREES = (
    "--folds", "3", "--set", "models=1", "--set", "rounds=20", "--set", "calibration=none",
    "--set", "inner_folds=0", "--set", "min_data_in_leaf=2", "--set", "feature_fraction=1",
    "--set", "sides=0", "--set", "families=lines",
)  # fmt: skip
CUT_OFF = """\
import socket

def refused(*_, **__):
    raise OSError("the network was used")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refused
"""


@pytest.mark.slow
def test_a_bundle_predicts_offline_in_a_clean_environment_what_submit_writes(
    home: Path, synthetic: Path, call: Call, tmp_path: Path
) -> None:
    where = ("--home", home, "--data", synthetic)
    shutil.rmtree(next((home / "runs").glob("lightgbm-*")))
    assert call("cv", "lightgbm", *PLAIN_TREES, *where).code == 0
    few = part_of(synthetic, tmp_path / "few", train=8, test=4)
    expected = submitted(call, home, few)
    assert call("kernel", "build", "lively", "--to", tmp_path / "bundle", "--home", home).code == 0
    python = clean_python(tmp_path / "clean", tmp_path / "bundle")
    for part in ("dicom-images-train", "train-rle.csv", "patients.csv"):
        shutil.rmtree(few / part) if (few / part).is_dir() else (few / part).unlink()
    ran = run_notebook(python, tmp_path / "bundle", few, tmp_path / "submission.csv")
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stderr
    assert "predicts 4 test images" in ran.stdout
    assert (tmp_path / "submission.csv").read_bytes() == expected


def submitted(call: Call, home: Path, data: Path) -> bytes:
    """Make a blend whose members both matter; return the file that a dry run writes."""
    where = ("--home", home, "--data", data)
    trees, net = (
        crossval.open_run(home / "runs", "lightgbm"),
        crossval.open_run(home / "runs", "unet"),
    )
    for run in (trees, net):
        assert call("predict", run.name, *where).code == 0
    maps = net.maps("test")
    assert maps is not None
    p = pd.read_parquet(trees.path / "test.parquet").set_index("image_id")["p"]
    level = int(np.median([maps.read(image_id) for image_id in p.index]))
    lively = {
        "blend": "lively",
        "runs": [trees.name, net.name],
        "rule": "triplet + gate",
        "expected": None,
        "weights": {trees.name: 0.0, net.name: 1.0},
        "gate_weights": {trees.name: 1.0, net.name: 0.0},
        "calibration": {trees.name: [1.0, 0.0], net.name: [1.0, 0.0]},
        "thresholds": {"top": level, "bottom": level, "min_area": 0, "gate": float(p.median())},
    }
    both = jobs.read_json(home / "blends" / CHESTS / "both.json")
    both = {name: value for name, value in both.items() if name not in ("digest", "table")}
    jobs.write_json(home / "blends" / "lively.json", both | lively)
    written = call("submit", "--blend", "lively", "--dry-run", "--json", *where)
    assert written.code == 0, written.err
    assert 0 < written.json["positives"] < written.json["rows"] == 4, "one of the members is idle"
    return Path(written.json["path"]).read_bytes()


def clean_python(folder: Path, bundle: Path) -> Path:
    """Return a Python with the libraries of this one, without this project or a network."""
    venv.create(folder, with_pip=False, symlinks=True)
    packages = next((folder / "lib").glob("python*")) / "site-packages"
    # of a folder that a .pth file names, the .pth files are not read, and one of them is ours
    (packages / "libraries.pth").write_text(f"{Path(np.__file__).parents[1]}\n")
    (packages / "sitecustomize.py").write_text(CUT_OFF)
    python = folder / "bin" / "python"
    for code, fault in (
        ("import contest", "No module named 'contest'"),
        ("import socket; socket.create_connection(('127.0.0.1', 1))", "the network was used"),
    ):
        assert fault in run([python, "-c", code], bundle).stderr
    return python


def run_notebook(
    python: Path, bundle: Path, data: Path, out: Path
) -> subprocess.CompletedProcess[str]:
    """Run the cell of the notebook as Jupyter does, with an argument that is not for it."""
    (cell,) = jobs.read_json(bundle / "kernel" / "submission.ipynb")["cells"]
    script = bundle / "cell.py"
    script.write_text("".join(cell["source"]))
    asked = ["--bundle", bundle / "dataset", "--data", data, "--out", out, "-f", "kernel.json"]
    cut = ["unshare", "--map-root-user", "--net"] if can_unshare() else []
    return run([*cut, python, "-W", "error", script, *asked], bundle)


def run(command: list[object], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder; of the environment it gets what it cannot do without."""
    needed = ("PATH", "HOME", *processor.VARIABLES)
    kept = {name: os.environ[name] for name in needed if name in os.environ}
    return subprocess.run(
        list(map(str, command)), capture_output=True, text=True, cwd=folder, env=kept
    )


def can_unshare() -> bool:
    """Return whether this computer lets a user make a network of his own, without a way out."""
    asked = ["unshare", "--map-root-user", "--net", "true"]
    return (
        bool(shutil.which("unshare")) and subprocess.run(asked, capture_output=True).returncode == 0
    )
