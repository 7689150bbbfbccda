"""The script of the notebook, in a process of its own, on a project of two lines."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from notebooks import _script

PREDICT = """\
import os, subprocess, sys
from wheeled import WORD
def run(bundle, data, out, work):
    (work / "home" / "new").touch()
    code = "import project; print(project.__file__)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    inside = child.stdout.startswith(str(work / "code"))
    out.write_text(f"{WORD} {(work / 'home' / 'model').read_text()} {data.name} {inside}")
"""


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Return the data set of a bundle whose project needs a module that only a wheel has."""
    dataset = tmp_path / "dataset"
    for part in ("code", "home"):
        (dataset / part).mkdir(parents=True)
    (dataset / "bundle.json").write_text(json.dumps({"slug": "slug", "entry": "project:run"}))
    (dataset / "code" / "project.py").write_text(PREDICT)
    (dataset / "home" / "model").write_text("weights")
    info = "wheeled-1.dist-info"
    parts = {
        "wheeled.py": "WORD = 'wheeled'\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: wheeled\nVersion: 1\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    parts[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*parts, f"{info}/RECORD"])
    with zipfile.ZipFile(dataset / "wheeled-1-py3-none-any.whl", "w") as wheel:
        for name, text in parts.items():
            wheel.writestr(name, text)
    return dataset


def run(bundle: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Run the script as Jupyter does, with an argument that is not for it."""
    asked = ["--bundle", bundle, "--data", bundle.parent, "--out", out, "-f", "kernel.json"]
    command = [sys.executable, str(_script.__file__), *map(str, asked)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("packed", [False, True])
def test_it_runs_the_project_with_its_wheels_and_changes_nothing_in_the_data_set(
    bundle: Path, tmp_path: Path, packed: bool
) -> None:
    for part in ("code", "home") if packed else ():
        with zipfile.ZipFile(bundle / f"{part}.zip", "w") as archive:
            for path in list((bundle / part).iterdir()):
                archive.write(path, path.name)
                path.unlink()
        (bundle / part).rmdir()
    before = contents(bundle)
    done = run(bundle, tmp_path / "out")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert (tmp_path / "out").read_text() == f"wheeled weights {tmp_path.name} True"
    assert contents(bundle) == before


def test_a_library_that_is_missing_is_named(bundle: Path, tmp_path: Path) -> None:
    next(bundle.glob("*.whl")).unlink()
    done = run(bundle, tmp_path / "out")
    assert done.returncode == 1
    assert "wheeled is not installed: add its wheel to the data set" in done.stderr


def test_the_competition_lies_in_a_folder_of_competitions_or_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_script, "INPUT", tmp_path)
    (tmp_path / "datasets" / "me" / "slug").mkdir(parents=True)
    assert _script.competition("slug") == tmp_path / "datasets" / "me" / "slug"
    (tmp_path / "slug" / "slug").mkdir(parents=True)
    assert _script.competition("slug") == tmp_path / "slug"
    (tmp_path / "competitions" / "slug").mkdir(parents=True)
    assert _script.competition("slug") == tmp_path / "competitions" / "slug"
    with pytest.raises(RuntimeError, match="0 inputs are called other"):
        _script.competition("other")


def test_an_input_with_two_names_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_script, "INPUT", tmp_path)
    (tmp_path / "datasets" / "me" / "both").mkdir(parents=True)
    (tmp_path / "both").symlink_to(tmp_path / "datasets" / "me" / "both")
    (tmp_path / "both" / "bundle.json").touch()
    assert _script.attached("bundle.json").samefile(tmp_path / "both" / "bundle.json")


def test_inputs_are_found_by_name_at_any_depth_of_kaggle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_script, "INPUT", tmp_path)
    (tmp_path / "datasets" / "me" / "slug").mkdir(parents=True)
    assert _script.attached("slug") == tmp_path / "datasets" / "me" / "slug"
    (tmp_path / "slug").mkdir()
    with pytest.raises(RuntimeError, match="2 inputs are called slug"):
        _script.attached("slug")
