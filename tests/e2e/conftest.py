"""A user's computer: a synthetic data set, a home, the command line, no Kaggle account.

`tools` runs it in this process, where the libraries are imported already. `process` starts the
installed program, for tests about what only a process has: signals, its environment, its imports.
"""

import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from tools.cli import main

TOOLS = Path(sys.executable).with_name("tools")
CHESTS = "siim_acr_pneumothorax"
"""The competition of these tests; named only where no data say so."""
QUICK_TREES = ("--folds", "3", "--set", "models=1", "--set", "rounds=20")
QUICK_NET = (
    "--folds", "3", "--set", "epochs=2", "--set", "samples=24", "--set", "threads=1",
    "--set", "checkpoint_seconds=0",
)  # fmt: skip


@dataclass(frozen=True)
class Result:
    """What a call of the command line left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object on standard output."""
        return json.loads(self.out)


Call = Callable[..., Result]


def clean(environment: dict[str, str]) -> dict[str, str]:
    """Return the environment without this project's and Kaggle's variables and without proxies."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(("TOOLS_", "KAGGLE_")) and not name.lower().endswith("_proxy")
    }


@pytest.fixture(autouse=True)
def computer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty home directory and working folder; https goes nowhere."""
    for name in set(os.environ) - set(clean(dict(os.environ))):
        monkeypatch.delenv(name)
    (tmp_path / "user").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def call() -> Call:
    """Return `tools`."""
    return tools


@pytest.fixture
def refused(call: Call) -> Callable[..., str]:
    """Return a function that runs a command that must fail with one clear line; gives that line."""

    def run(*arguments: object, code: int = 1) -> str:
        result = call(*arguments)
        assert result.code == code, result
        assert result.out == ""
        assert result.err.count("\n") == 1, result.err
        assert result.err.startswith("tools: ")
        assert "Traceback" not in result.err
        assert "bug in this program" not in result.err
        return result.err

    return run


def tools(*arguments: object, **environment: str) -> Result:
    """Run a command in this process, with these variables in its environment.

    It starts no processes for its images: here these would cost more than they gain.
    """
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["tools", *map(str, arguments)])
        for name, value in {"LOKY_MAX_CPU_COUNT": "1", **environment}.items():
            patch.setenv(name, value)
        with pytest.raises(SystemExit) as stopped:
            main()
    assert isinstance(stopped.value.code, int)
    return Result(stopped.value.code, out.getvalue(), err.getvalue())


def process(*arguments: object, **environment: str) -> Result:
    """Run a command of the installed program in a process of its own."""
    ended = subprocess.run(
        [str(TOOLS), *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    return Result(ended.returncode, ended.stdout, ended.stderr)


def done(*arguments: object, run: Call = tools, **environment: str) -> Any:
    """Run a command with --json; it must succeed and say nothing else. Return its result."""
    result = run(*arguments, "--json", **environment)
    assert result.code == 0, result.err
    # A slow machine may have written a line of progress, see `jobs.PlainProgress`.
    assert re.sub(r"^\[\d+:\d\d:\d\d\] .*\n", "", result.err, flags=re.MULTILINE) == ""
    return result.json


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Return whether something listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(happened: Callable[[], bool]) -> None:
    """Wait until it happened."""
    while not happened():
        time.sleep(0.05)


def shared(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder that is made once for all test processes."""
    base = factory.getbasetemp()
    base = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    with FileLock(base / f"{name}.lock"):
        folder = base / name
        if not (base / f"{name}.ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            (base / f"{name}.ready").touch()
    return folder


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic data set of 48 training and 12 test images; treat it as read-only."""
    return shared(
        tmp_path_factory,
        "synthetic",
        lambda folder: done(
            "data", "synth", "--images", 48, "--test", 12, "--out", folder, "--competition", CHESTS
        ),
    )


@pytest.fixture(scope="session")
def worked(tmp_path_factory: pytest.TempPathFactory, synthetic: Path) -> Path:
    """A home with a run of each kind and the blend "both"; treat it as read-only."""

    def make(home: Path) -> None:
        where = ("--data", synthetic, "--home", home)
        done("cv", "lightgbm", *QUICK_TREES, *where)
        done("cv", "unet_tiny", *QUICK_NET, *where)
        done("blend", "--name", "both", *where)

    return shared(tmp_path_factory, "worked", make)


@pytest.fixture
def home(worked: Path, tmp_path: Path) -> Path:
    """A copy of that home to work in."""
    return Path(shutil.copytree(worked, tmp_path / "home"))


@pytest.fixture
def few(synthetic: Path, tmp_path: Path) -> Path:
    """A data folder of 8 training and 3 test images to damage."""
    return part_of(synthetic, tmp_path / "few", train=8, test=3)


def part_of(data: Path, folder: Path, *, train: int, test: int) -> Path:
    """Copy so many images of a synthetic data set, and their rows, to a new `folder`."""
    for part, count in (("dicom-images-train", train), ("dicom-images-test", test)):
        for file in sorted((data / part).rglob("*.dcm"))[:count]:
            target = folder / file.relative_to(data)
            target.parent.mkdir(parents=True)
            shutil.copy(file, target)
    ids = {file.stem for file in folder.rglob("*.dcm")}
    for name in ("train-rle.csv", "sample_submission.csv", "patients.csv"):
        header, *rows = (data / name).read_text().splitlines()
        kept = [row for row in rows if row.split(",")[0] in ids]
        (folder / name).write_text("\n".join([header, *kept]) + "\n")
    return folder
