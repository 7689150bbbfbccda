"""The base installation, without torch: the classical half works, the other names the extra.

Commands run in a Python whose only libraries are those that the base requires, directly or not;
anything else, installed here or not, cannot be imported.
"""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import jobs

from .conftest import CHESTS, QUICK_NET, QUICK_TREES, Result, done

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
NETWORKS = '"pneumothorax-lab[networks]"'
"""End of the command that installs torch."""
SCRIPT = """
import contextlib, io, json, sys
from typer.main import get_command
from tools.cli import app, main

def helps(command, words=()):
    yield [*words, "--help"]
    for name, one in getattr(command, "commands", {}).items():
        yield from helps(one, (*words, name))

results = []
for words in json.load(sys.stdin) or helps(get_command(app)):
    out, err, sys.argv = io.StringIO(), io.StringIO(), ["tools", *words]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    results.append((code, out.getvalue(), err.getvalue()))
print(json.dumps(results))
"""
"""Runs commands, or the help of every command."""

Base = Callable[..., list[Result]]


def required() -> dict[str, Distribution]:
    """Return the installed distributions that the base requires, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    open_ = [(Requirement(line), "") for line in project["dependencies"]]
    while open_:
        wanted, extra = open_.pop()
        if wanted.marker and not wanted.marker.evaluate({"extra": extra}):
            continue
        try:
            found[wanted.name] = distribution(wanted.name)
        except PackageNotFoundError:  # for another system
            continue
        for asked in {"", *wanted.extras}:
            if (wanted.name, asked) not in seen:
                seen.add((wanted.name, asked))
                open_ += [(Requirement(r), asked) for r in found[wanted.name].requires or ()]
    return found


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with links to the libraries of the base, and to the record of this project."""
    folder = tmp_path_factory.mktemp("base")
    for one in (*required().values(), distribution(jobs.PROJECT)):
        for name in {file.parts[0] for file in one.files or ()} - {"..", "__pycache__"}:
            source, link = Path(str(one.locate_file(name))), folder / name
            if not link.exists() and source.suffix != ".pth":
                link.symlink_to(source)
    assert (folder / "lightgbm").exists()
    assert not any((folder / name).exists() for names in jobs.EXTRAS.values() for name in names)
    return folder


@pytest.fixture
def base(libraries: Path) -> Base:
    """Return a function that runs commands there."""

    def run(*commands: Sequence[object]) -> list[Result]:
        path = os.pathsep.join(map(str, (ROOT / "packages", ROOT, libraries)))
        ended = subprocess.run(
            [sys.executable, "-S", "-c", SCRIPT],
            input=json.dumps([list(map(str, words)) for words in commands]),
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": path, "LOKY_MAX_CPU_COUNT": "1"},
        )
        assert ended.returncode == 0, ended.stderr
        return [Result(*result) for result in json.loads(ended.stdout.splitlines()[-1])]

    return run


def test_every_help_is_there(base: Base) -> None:
    results = base()
    assert len(results) > 25
    assert [result for result in results if result.code or not result.out] == []


def test_the_classical_half_works(
    base: Base, home: Path, synthetic: Path, few: Path, tmp_path: Path
) -> None:
    where = ("--data", synthetic, "--home", home, "--json")
    done("predict", "unet_tiny", *where[:-1])
    file, sample = next(few.rglob("*.dcm")), synthetic / "sample_submission.csv"
    small = ("--data", few, "--home", tmp_path / "other", "--json")
    commands = [
        ["data", "synth", "--images", 8, "--test", 3, "--out", tmp_path / "new",
         "--competition", CHESTS],
        ["data", "frame", *small],
        ["data", "audit", *small],
        ["data", "accepted", *small],
        ["dicom", "show", file, "--png", tmp_path / "file.png"],
        ["folds", *where],
        ["features", *where],
        ["features", "show", file, "--png", tmp_path / "lungs.png", *where],
        ["predict", "lightgbm", *where],
        ["cv", "lightgbm", *QUICK_TREES, "--set", "seed=1", *where],
        ["tune", "lightgbm", *QUICK_TREES, "--trials", 1, *where],
        ["blend", "--name", "again", *where],
        ["blend", "--compare", "both", "again", *where],
        ["report", "both", *where],
        ["report", "unet_tiny", *where],
        ["score", sample, "--truth", synthetic / "test-truth.csv", "--competition", CHESTS],
        ["submit", "--blend", "both", "--dry-run", *where],
        ["submissions", *where],
    ]  # fmt: skip
    results = base(*commands)
    assert [pair for pair in zip(commands, results, strict=True) if pair[1].code] == []


def test_what_needs_torch_names_the_extra(
    base: Base, home: Path, synthetic: Path, tmp_path: Path
) -> None:
    where = ("--data", synthetic, "--home", home)
    runs = sorted((home / "runs").iterdir())
    results = base(
        ["cv", "unet_tiny", *QUICK_NET, "--set", "seed=1", *where],
        ["predict", "unet_tiny", *where],
        ["submit", "--blend", "both", "--dry-run", *where],
        ["export", "unet_tiny", "--out", tmp_path / "model", *where],
        ["kernel", "build", "both", "--to", tmp_path / "bundle", *where],
    )
    for result in results:
        assert (result.code, result.out) == (1, ""), result
        assert re.fullmatch(r"tools: [^\n]+\n", result.err), result.err
        assert NETWORKS in result.err
    assert sorted((home / "runs").iterdir()) == runs
    assert not (tmp_path / "model").exists()
    assert not (tmp_path / "bundle").exists()


def test_a_bundle_of_trees_names_no_library_of_networks(
    base: Base, home: Path, synthetic: Path, tmp_path: Path
) -> None:
    bundle = ("--to", tmp_path / "bundle", "--data", synthetic, "--home", home)
    (built,) = base(["kernel", "build", "lightgbm", *bundle])
    assert built.code == 0, built.err
    listed = (tmp_path / "bundle" / "dataset" / "wheels.txt").read_text()
    assert "lightgbm==" in listed
    assert "torch==" not in listed


def test_an_exported_model_names_the_extra(libraries: Path, tmp_path: Path) -> None:
    path = os.pathsep.join(map(str, (ROOT / "packages", ROOT, libraries)))
    script = ROOT / "packages" / "segmenters" / "export" / "predict_script.py"
    ended = subprocess.run(
        [sys.executable, "-S", str(script), "out.csv", "image.dcm"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert ended.returncode == 1
    assert re.fullmatch(r"predict.py: [^\n]+\n", ended.stderr), ended.stderr
    assert NETWORKS in ended.stderr


def test_the_doctor_calls_it_optional(base: Base) -> None:
    (told,) = base(["doctor", "--json"])
    checks = {check["check"]: check for check in told.json["checks"]}
    assert told.json["ok"]
    assert checks["extras"]["state"] == checks["gpu"]["state"] == "optional"
    assert NETWORKS in checks["extras"]["detail"]


def test_the_demo_leaves_the_network_out(base: Base, tmp_path: Path) -> None:
    where = ("--home", tmp_path / "home", "--competition", CHESTS)
    (shown,) = base(["demo", "--images", 60, *where, "--json"])
    assert shown.code == 0, shown.err
    assert len(shown.json["runs"]) == 1
    assert 0 < shown.json["public_score"] <= 1
    assert "unet_tiny is left out" in shown.err
    assert NETWORKS in shown.err
