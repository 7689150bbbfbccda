"""The house keeps its shape: folders, ladder, wheel, public names, light imports, help."""

import importlib
import inspect
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import contest
from tests.commands import options_of, runnable

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FOLDERS = sorted(path.name for path in (ROOT / "packages").iterdir() if path.is_dir())
HEAVY = (
    "torch", "kaggle", "kagglesdk", "lightgbm", "optuna", "matplotlib", "pandas", "numba",
    "pydicom", "dask", "distributed",
)  # fmt: skip


def test_folders_ladder_and_wheel_name_the_same_packages() -> None:
    contract = PROJECT["tool"]["importlinter"]["contracts"][0]
    ladder = {name.strip() for layer in contract["layers"] for name in layer.split("|")}
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert ladder == {*FOLDERS, "competitions", "tools"}
    assert {Path(entry).name for entry in wheel} == ladder
    assert set(PROJECT["tool"]["importlinter"]["root_packages"]) == ladder


def constants_classes_functions(name: str) -> tuple[int, str]:
    """Order as ruff has it: constants, classes, functions, each by name."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


@pytest.mark.parametrize("package", FOLDERS)
def test_the_public_names_are_sorted_and_there(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__doc__
    assert module.__all__ == sorted(module.__all__, key=constants_classes_functions)
    assert all(hasattr(module, name) for name in module.__all__)
    public = {name: getattr(module, name) for name in module.__all__}
    undocumented = [
        name
        for name, value in public.items()
        if (inspect.isclass(value) or inspect.isfunction(value)) and not value.__doc__
    ]
    assert undocumented == []


@pytest.mark.parametrize("package", FOLDERS)
def test_modules_are_private_short_and_say_their_role(package: str) -> None:
    folder = ROOT / "packages" / package
    for path in folder.glob("*.py"):
        assert path.name.startswith("_"), f"{path} is public: its names belong in __init__"
    for path in folder.rglob("*.py"):
        text = path.read_text()
        assert text.startswith('"""'), f"{path} does not say its role"
        assert len(text.splitlines()) <= 400, f"{path} is too long"


def loaded(*arguments: str) -> set[str]:
    """Return which heavy modules a command imports."""
    code = (
        "import json, sys; from tools.cli import main\n"
        f"sys.argv = ['tools', *{list(arguments)!r}]\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments", [("--help",), ("cv", "--help"), ("tune", "--help"), ("submit", "--help")]
)
def test_help_is_light(arguments: tuple[str, ...]) -> None:
    assert loaded(*arguments) == set()


@pytest.mark.parametrize("name", contest.names())
def test_the_experiments_of_a_competition_load_no_learner(name: str) -> None:
    code = (
        f"import contest, sys; spec = contest.load({name!r}).experiments\n"
        "for one in contest.experiment_names(spec): contest.load_experiment(spec, one, [])\n"
        "print([m for m in ('torch', 'lightgbm') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_commands_of_the_contract_are_there() -> None:
    wanted = """demo, doctor, dicom show, data download, data synth, data frame, data audit, folds,
    features, cv, tune, predict, blend, submit, submissions, submissions poll, score,
    report, view, experiments, experiments show, runs, runs show, runs diff, runs rm"""
    assert {" ".join(words.split()) for words in wanted.split(",")} <= set(runnable())


@pytest.mark.parametrize(("words", "command"), runnable().items(), ids=str)
def test_every_command_has_help_and_the_common_options(words: str, command: Any) -> None:
    assert command.help, f"tools {words} has no help"
    options = options_of(command)
    assert {"--json", "--data", "--home", "--competition", "--debug"} <= options
    assert {"--engine", "--scheduler"} <= options
    silent = [
        one.name for one in command.params if not getattr(one, "help", "") and one.name != "help"
    ]
    assert silent == [], f"tools {words}: options without help"


def test_no_function_is_long() -> None:
    done = subprocess.run(
        [sys.executable, "docs/packages.py", "--sizes"], cwd=ROOT, capture_output=True, text=True
    )
    assert "functions above 40 lines: 0" in done.stdout
