"""Every file of a home damaged, before the commands that read it.

A damaged cache is made again, without a word; any other file is named with a remedy, and doing what
the line says gives the same results. tests/crossval/test_crossval_damage.py does the same with all
files of a run.
"""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.crossval.test_crossval_damage import DAMAGES
from tests.e2e.conftest import QUICK_NET, QUICK_TREES, done, shared, tools
from tests.e2e.test_e2e_tgs import TGS, drawn  # noqa: F401  the data set is a fixture

pytestmark = pytest.mark.slow

COMMANDS: dict[str, tuple[object, ...]] = {
    "frame": ("data", "frame"),
    "audit": ("data", "audit"),
    "folds": ("folds", "--folds", 3),
    "features": ("features",),
    "trees": ("cv", "lightgbm", *QUICK_TREES),
    "net": ("cv", "unet_tiny", *QUICK_NET),
    "blend": ("blend", "--name", "again"),
    "report": ("report", "both"),
    "overview": ("report",),
    "submit": ("submit", "--blend", "both", "--dry-run"),
}
READERS = {
    "cache/frame-": ("frame",),
    "cache/areas-": ("frame",),
    "cache/pixels-": ("audit",),
    "features/": ("features",),
    "folds/": ("folds",),
    "runs/lightgbm": ("trees", "blend", "submit", "report", "overview"),
    "runs/unet": ("net", "blend", "submit", "overview"),
    "blends/": ("report", "submit", "overview"),
    "reports/": ("report",),
}
"""The commands that read the files whose names begin so."""
CACHES = ("cache/", "features/", "folds/", "reports/")
UNREAD = (".lock", ".png", "journal.jsonl", "speed.json")
CHANGING = ("bytes", "message")
"""Entries of results with times, or with sizes that depend on the name of the folder."""


@pytest.fixture(scope="module")
def whole(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    """A home on which every command has run; treat it as read-only."""

    def make(home: Path) -> None:
        done("cv", "lightgbm", *QUICK_TREES, *where(drawn, home), **TGS)
        done("cv", "unet_tiny", *QUICK_NET, *where(drawn, home), **TGS)
        done("blend", "--name", "both", *where(drawn, home), **TGS)
        for command in COMMANDS.values():
            done(*command, *where(drawn, home), **submissions(home))

    return shared(tmp_path_factory, "damaged-home", make)


def where(data: Path, home: Path) -> tuple[object, ...]:
    return ("--data", data, "--home", home)


def submissions(home: Path) -> dict[str, str]:
    return {**TGS, "TOOLS_SUBMISSIONS": str(home / "submissions")}


def plain(value: Any) -> Any:
    """Return a result without the entries `CHANGING`."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items() if name not in CHANGING}
    return [plain(one) for one in value] if isinstance(value, list) else value


def answer(command: str, data: Path, home: Path) -> tuple[Any, list[str]]:
    """Return the result of a command and the lines it refused to work with, doing what they say."""
    said: list[str] = []
    for _ in range(4):
        result = tools(*COMMANDS[command], *where(data, home), "--json", **submissions(home))
        if result.code == 0:
            return plain(json.loads(result.out.replace(str(home), "HOME"))), said
        said.append(result.err)
        assert result.err.count("\n") == 1, result.err
        assert result.err.startswith("tools: "), result.err
        assert "bug in this program" not in result.err
        follow(result.err, data, home)
    pytest.fail(f"four remedies did not help: {said}")


def follow(line: str, data: Path, home: Path) -> None:
    """Do what a line says: delete a file or folder, or repeat a command."""
    deleted = re.search(r"(?:delete|remove) (/\S+?)[,;:]?\s", line)
    repeated = re.search(r"`tools (\w+)", line)
    assert deleted or repeated, f"no remedy: {line}"
    if deleted:
        path = Path(deleted[1])
        assert path.exists(), f"there is no {path}: {line}"
        assert path.is_relative_to(home), line
        (shutil.rmtree if path.is_dir() else Path.unlink)(path)
    if repeated and repeated[1] == "cv":
        for command in ("trees", "net"):
            tools(*COMMANDS[command], *where(data, home), **submissions(home))
    if repeated and repeated[1] == "blend":
        name = re.search(r"--name (\w+)", line)
        assert name, line
        made = tools("blend", "--name", name[1], *where(data, home), **submissions(home))
        assert made.code == 0, made.err


def kinds(home: Path) -> list[tuple[str, tuple[str, ...]]]:
    """Return one file of each kind with the commands that read it."""
    names = sorted(p.relative_to(home).as_posix() for p in home.rglob("*") if p.is_file())
    one = {re.sub(r"[0-9a-f]{12,}|\d+", "0", name): name for name in reversed(names)}
    found = [
        (name, commands)
        for name in one.values()
        for start, commands in READERS.items()
        if name.startswith(start) and not name.endswith(UNREAD)
    ]
    return sorted(found)


@pytest.mark.parametrize("damage", [name for name in DAMAGES if name != "one byte"])
def test_damage_is_mended_or_named_and_never_changes_a_result(
    damage: str,
    drawn: Path,  # noqa: F811
    whole: Path,
    tmp_path: Path,
    call: Callable[..., Any],
) -> None:
    files = kinds(whole)
    assert len(files) >= 25
    if damage != "half":  # test_crossval_damage.py tries every damage on the files of a run
        files = [one for one in files if not one[0].startswith("runs/")]
    if damage == "missing":  # a blend that is not there is no damage
        files = [one for one in files if one[0].startswith(CACHES)]
    used = {command for _, commands in files for command in commands}
    intact = {name: answer(name, drawn, whole)[0] for name in used}
    for number, (name, commands) in enumerate(files):
        home = Path(shutil.copytree(whole, tmp_path / str(number)))
        DAMAGES[damage](home / name)
        for command in commands:
            result, said = answer(command, drawn, home)
            assert result == intact[command], f"{name}, {command}: {said}"
            if name.startswith(CACHES) and damage != "folder":
                assert said == [], f"{name} is a cache: {said}"
        shutil.rmtree(home)
