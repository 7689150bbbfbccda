"""A competition made by `tools new` keeps the contract and walks the road, without another edit."""

import itertools
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib
import pytest

import contest
from tests.e2e.conftest import done, process

ROOT = Path(__file__).parents[2]
FONTS = matplotlib.get_cachedir()
"""Found before the tests' home is empty: a slow machine would report that it lists the fonts."""
CONTRACT = ROOT / "tests" / "competitions" / "test_competitions_contract.py"


def path_of(*folders: Path) -> str:
    """Return a PYTHONPATH with these folders in front of that of this process."""
    before = [one for one in os.environ.get("PYTHONPATH", "").split(os.pathsep) if one]
    return os.pathsep.join([*map(str, folders), *(str(ROOT / one) for one in before), str(ROOT)])


@pytest.mark.slow
def test_every_form_keeps_the_contract_of_competitions(tmp_path: Path) -> None:
    """In the root of a checkout whose only competitions are these."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "competitions").mkdir()
    (tmp_path / "competitions" / "__init__.py").write_text('"""None yet."""\n')
    environment = {"PYTHONPATH": path_of(tmp_path)}
    forms = list(itertools.product(contest.RLE_FORMS, contest.METRIC_FORMS))
    made = "import json, sys; from tools.cli import main\n"
    made += f"for rle, metric in {forms!r}:\n"
    made += "    name = f'{rle}_{metric}'.replace('-', '_')\n"
    made += "    sys.argv = ['tools', 'new', name, '--slug', 'pollen', '--size', '48x64',\n"
    made += "                '--rle', rle, '--metric', metric]\n"
    made += "    try: main()\n    except SystemExit as end: assert not end.code\n"
    for command in (["-c", made], ["-m", "pytest", "-q", "-p", "no:cacheprovider", str(CONTRACT)]):
        ran = subprocess.run(
            [sys.executable, "-P", *command],
            cwd=ROOT, env=os.environ | environment, capture_output=True, text=True,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(list((tmp_path / "competitions").glob("*/competition.toml"))) == len(forms)
    passed = re.search(r"(\d+) passed", ran.stdout)
    assert passed is not None
    assert int(passed[1]) > 14 * len(forms)
    assert "skipped" not in ran.stdout


@pytest.mark.slow
def test_a_new_competition_outside_the_project_walks_the_road(tmp_path: Path) -> None:
    own: dict[str, Any] = {
        "TOOLS_COMPETITIONS": str(tmp_path / "own"),
        "PYTHONPATH": path_of(),
        "MPLCONFIGDIR": FONTS,
        "run": process,
    }
    options = ("--slug", "pollen", "--rle", "kaggle-rows", "--metric", "iou-thresholds")
    made = done("new", "pollen", *options, "--size", "48x64", **own)
    assert made["path"] == str(tmp_path / "own" / "pollen")
    data, home = tmp_path / "data", tmp_path / "home"
    own["TOOLS_SUBMISSIONS"] = str(tmp_path / "submissions")
    chosen = ("--competition", "pollen")
    synthetic = done("data", "synth", "--images", 24, "--test", 6, "--out", data, *chosen, **own)
    assert 0 < synthetic["positives"] < 24
    where = ("--data", data, "--home", home)
    trees = done(
        "cv", "lightgbm", "--folds", 2, "--set", "models=1", "--set", "rounds=5",
        "--set", "image_size=64", *where, *chosen, **own,
    )  # fmt: skip
    net = done(
        "cv", "unet_tiny", "--folds", 2, "--set", "epochs=1", "--set", "samples=8",
        "--set", "size=64", "--set", "threads=1", *where, *chosen, **own,
    )  # fmt: skip
    blend = done("blend", "--name", "both", *where, **own)
    assert blend["competition"] == "pollen", "the data and runs say which is meant"
    assert set(blend["runs"]) == {trees["run"], net["run"]}
    written = done("submit", "--blend", "both", "--dry-run", *where, **own)
    assert written["rows"] == 6
    scored = done("score", written["path"], "--truth", data / "test-truth.csv", *chosen, **own)
    assert 0 <= scored["score"] <= 1
    bundle = tmp_path / "bundle"
    done("kernel", "build", "both", "--to", bundle, *where, **own)
    inside = bundle / "dataset" / "code" / "competitions" / "pollen"
    outside = tmp_path / "own" / "pollen"
    files = {path.name for path in outside.iterdir()} - {"__pycache__"}
    assert {path.name for path in inside.iterdir()} == files
