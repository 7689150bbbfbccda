"""Every text that a command takes: a name is one part of a path or none, whatever it holds."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.commands import parameters
from tests.e2e.conftest import CHESTS, Call, done

NEW = {
    ("blend", "name"), ("votes", "name"), ("runs rename", "to"), ("new", "name"),
    ("kernel build", "machine"), ("kernel build", "output"), ("kernel build", "gateway_path"),
}  # fmt: skip
"""Something is stored under these."""

KNOWN = {
    ("blend", "runs"), ("blend", "compare"), ("report", "name"), ("view", "run"),
    ("submit", "blend"), ("submissions show", "name"), ("submissions diff", "a"),
    ("submissions diff", "b"), ("kernel build", "name"), ("features", "experiment"),
    ("features show", "image"), ("cv", "experiment"), ("tune", "experiment"), ("predict", "run"),
    ("export", "run"), ("data download", "dataset"), ("folds", "competition"),
    ("report", "against"), ("experiments show", "name"), ("runs show", "name"), ("runs rm", "name"),
    ("runs diff", "a"), ("runs diff", "b"), ("runs rename", "name"),
    ("study labels", "experiment"),
}  # fmt: skip
"""They must be the name of something that exists."""

OFTEN = {*KNOWN, ("new", "name")}
"""They may be called best."""

OTHER = {
    ("submit", "message"), ("kernel submit", "message"), ("kaggle-standin", "fault"),
    ("cv", "settings"), ("tune", "settings"), ("data accepted", "withdraw"), ("runs", "match"),
    ("new", "slug"), ("new", "size"), ("study labels", "settings"),
}  # fmt: skip
"""Texts that are no names."""

COMPLETE = ["--rle", "kaggle", "--metric", "dice", "--size", "64x64"]
"""The other options of `tools new`."""

HOSTILE = [
    "../../outside", "/etc/passwd", "..", ".", "a/b", "a\\b", "two\nlines", "\x1b[2Jgone",
    "turn\u202eed", " ", "CON", "x" * 300, "x" * 100_000, "best", "\ud800", "runs/../votes",
]  # fmt: skip


def texts() -> Iterator[tuple[str, str]]:
    """Yield command and name of every text that a command takes, of the common ones once."""
    for words, one in parameters(str):
        if one.name not in ("competition", "scheduler") or (words, one.name) in KNOWN:
            yield words, one.name


def test_every_text_of_every_command_is_known_as_a_name_or_another_text() -> None:
    assert set(texts()) == NEW | KNOWN | OTHER


def words_of(command: str, parameter: str, name: str, data: Path) -> list[object]:
    """Return the arguments that give `name` for a parameter, with the others that are needed."""
    needed: dict[tuple[str, str], list[object]] = {
        ("blend", "name"): ["--name", name],
        ("blend", "compare"): ["--compare", name, "mine"],
        ("votes", "name"): [data / "train-rle.csv", data / "test-truth.csv", "--name", name],
        ("view", "run"): ["--run", name],
        ("submit", "blend"): ["--blend", name, "--dry-run"],
        ("submissions diff", "a"): [name, "mine"],
        ("submissions diff", "b"): ["mine", name],
        ("features", "experiment"): ["--experiment", name],
        ("data download", "dataset"): ["--dataset", name],
        ("export", "run"): [name, "--out", "exported"],
        ("folds", "competition"): ["--competition", name],
        ("report", "against"): ["mine", "--against", name],
        ("runs rm", "name"): [name, "--yes"],
        ("runs diff", "a"): [name, "mine"],
        ("runs diff", "b"): ["mine", name],
        ("runs rename", "name"): [name, "other"],
        ("runs rename", "to"): ["mine", name],
        ("kernel build", "machine"): ["mine", "--machine", name],
        ("kernel build", "output"): ["mine", "--server", "--output", name],
        ("kernel build", "gateway_path"): ["mine", "--server", "--gateway-path", name],
        ("new", "name"): [name, "--slug", "pollen", *COMPLETE],
    }
    return [*command.split(), *needed.get((command, parameter), [name])]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, synthetic: Path) -> Path:
    """A home with a run of votes and the blend "mine"."""
    home = tmp_path_factory.mktemp("names") / "home"
    where = ("--data", synthetic, "--home", home)
    tables = (synthetic / "train-rle.csv", synthetic / "test-truth.csv")
    done("votes", *tables, "--folds", 3, "--name", "mine", *where)
    done("blend", "--name", "mine", *where)
    return home


def stored(folder: Path) -> set[Path]:
    """Return what is stored by name below a folder: all but caches."""
    return {path for path in folder.rglob("*") if "cache" not in path.parts}


@pytest.mark.parametrize(("command", "parameter"), sorted(NEW | KNOWN))
def test_a_hostile_name_is_refused_in_one_line_and_stores_nothing(
    command: str,
    parameter: str,
    call: Call,
    home: Path,
    synthetic: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOOLS_SUBMISSIONS", "subs")
    monkeypatch.setenv("TOOLS_COMPETITIONS", str(tmp_path))
    if parameter != "competition":
        monkeypatch.setenv("TOOLS_COMPETITION", CHESTS)
    here, there = stored(tmp_path), stored(home.parent)
    fine = {"a/b"} if parameter == "dataset" else {"best"} if (command, parameter) in OFTEN else {}
    for name in sorted(set(HOSTILE) - set(fine)):
        words = words_of(command, parameter, name, synthetic)
        where = [] if command == "data download" else ["--data", synthetic]
        result = call(*words, *where, "--home", home)
        assert result.code in (1, 2), (name, result)
        assert result.out == ""
        assert result.err.count("\n") == 1, (name, result.err)
        assert result.err.startswith("tools: ")
        assert "a bug in this program" not in result.err, name[:50]
        assert result.err.rstrip("\n").isprintable()
        assert len(result.err) < 2000, name[:50]
    assert stored(tmp_path) == here
    assert stored(home.parent) == there


def test_a_name_that_differs_only_in_case_is_refused_or_is_another_folder(
    refused: Callable[..., str], home: Path, synthetic: Path
) -> None:
    """Where file systems ignore case, it would overwrite what exists."""
    where = ("--data", synthetic, "--home", home)
    here = stored(home)
    line = refused("blend", "--name", "MINE", *where)
    assert "'MINE' cannot be the name of a blend: it differs from 'mine'" in line
    assert stored(home) == here
    tables = (synthetic / "train-rle.csv", synthetic / "test-truth.csv")
    done("votes", *tables, "--folds", 3, "--name", "MINE", *where)
    runs = [path.name.casefold() for path in (home / "runs").iterdir() if path.is_dir()]
    assert len(set(runs)) == len(runs) == 2, "names of runs end with the digest of the whole name"


@pytest.mark.parametrize("kind", ["runs", "blends"])
def test_names_of_what_exists_lead_nowhere_else(
    kind: str, refused: Callable[..., str], home: Path, synthetic: Path
) -> None:
    """A path to a run is not its name, even if it leads there."""
    run = next((home / "runs").glob("votes-mine-*")).name
    for name in (f"../runs/{run}", f"./{run}", f"{run}/", f"{run}/.", str(home / "runs" / run)):
        words = ("predict", name) if kind == "runs" else ("submit", "--dry-run", "--blend", name)
        line = refused(*words, "--data", synthetic, "--home", home)
        assert "is not a run" in line or "is not a blend" in line


FILES = {
    ("dicom show", "png"), ("data frame", "csv"), ("data audit", "csv"), ("data audit", "page"),
    ("features show", "png"), ("report", "out"), ("view", "notes"),
}  # fmt: skip
"""Files that a command writes."""

PLACES = {
    ("dicom show", "file"), ("view", "folder"), ("data synth", "out"), ("export", "out"),
    ("kernel build", "to"), ("kernel build", "wheels"), ("kernel push", "bundle"),
    ("kernel status", "bundle"), ("kernel submit", "bundle"), ("kaggle-standin", "truth"),
    ("score", "submission"), ("score", "truth"), ("votes", "oof"), ("votes", "test"),
}  # fmt: skip
"""Files that it reads, and folders."""


def test_every_path_of_every_command_is_known_as_a_file_to_write_or_another_place() -> None:
    own = {(words, one.name) for words, one in parameters(Path) if one.name not in ("data", "home")}
    assert own == FILES | PLACES


@pytest.mark.parametrize(("command", "parameter"), sorted(FILES))
def test_a_folder_in_place_of_a_file_is_refused_before_the_work(
    command: str, parameter: str, refused: Callable[..., str], tmp_path: Path
) -> None:
    option = next(
        one.opts[0] for words, one in parameters(Path) if (words, one.name) == (command, parameter)
    )
    (tmp_path / "folder").mkdir()
    argument = ["x"] if command in ("dicom show", "features show", "report") else []
    line = refused(*command.split(), *argument, option, "folder", code=2)
    assert f"'{option}'" in line
    assert "'folder' is a directory" in line
