"""Finding one's way: sections, examples, version, completion, and the next step."""

import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.main import get_command

import contest
from tests.commands import runnable
from tests.e2e.conftest import computer, process, tools
from tools.cli import app, complete
from tools.cli.command import SECTIONS

__all__ = ["computer"]


def test_every_command_stands_in_one_section_of_the_help() -> None:
    listed = [name for names in SECTIONS.values() for name in names]
    assert sorted(listed) == sorted(get_command(app).commands)  # type: ignore[attr-defined]
    shown = tools("--help").out
    for title, names in SECTIONS.items():
        assert f"{title}:" in shown
        for name, text in names.items():
            assert len(text) < 60, "it fits in a line"
            assert f"{name} " in shown


@pytest.mark.parametrize(("words", "command"), runnable().items(), ids=str)
def test_the_example_of_a_command_can_be_given(words: str, command: Any) -> None:
    _, found, example = command.help.partition("Example: ")
    assert found, "no example in its help"
    program, *arguments = shlex.split(example)
    assert program == "tools"
    count = len(words.split())
    assert " ".join(arguments[:count]) == words
    context = command.make_context("x", arguments[count:])
    assert not context.args


def test_the_version_is_that_of_the_package() -> None:
    shown = tools("--version")
    assert (shown.code, shown.out.split()[0]) == (0, "tools")
    assert shown.out.split()[1][0].isdigit()


def context(**options: str) -> Any:
    return SimpleNamespace(params=options)


def test_competitions_and_experiments_complete() -> None:
    assert complete.competitions("") == contest.names()
    assert complete.competitions("tgs") == ["tgs_salt"]
    for name in contest.names():
        wanted = contest.experiment_names(contest.load(name).experiments)
        assert complete.experiments(context(competition=name), "") == wanted
    every = complete.experiments(context(), "")
    assert {"unet_lite_128", "unet_lite_256"} <= set(every)
    assert complete.experiments(context(), "unet_lite_1") == ["unet_lite_128"]


def test_runs_and_blends_of_the_home_complete(tmp_path: Path) -> None:
    for file in ("runs/net-1/config.json", "runs/trees-2/config.json", "blends/a/first.json",
                 "blends/b/second.json"):  # fmt: skip
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    at_home = context(home=str(tmp_path))
    assert complete.runs(at_home, "") == ["net-1", "trees-2"]
    assert complete.runs(at_home, "t") == ["trees-2"]
    assert complete.blends(at_home, "") == ["best", "first", "second"]
    assert complete.blends(context(home=str(tmp_path), competition="a"), "") == ["best", "first"]
    assert complete.subjects(at_home, "") == ["best", "first", "second", "net-1", "trees-2"]
    assert complete.runs(context(home=str(tmp_path / "none")), "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_given_completions(shell: str, tmp_path: Path) -> None:
    """As the script does that `tools --install-completion` writes for it."""
    words = "tools cv unet_lite_1"
    asked = {
        "_TOOLS_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": words,
        "COMP_CWORD": "2",
        "_TYPER_COMPLETE_ARGS": words,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "TOOLS_COMPETITION": "tgs_salt",
    }
    shown = process(**asked)
    assert "unet_lite_128" in shown.out
    assert "lightgbm" not in shown.out


def test_the_program_alone_says_what_comes_next(tmp_path: Path) -> None:
    nothing = tools(TOOLS_COMPETITION="tgs_salt")
    assert nothing.code == 0
    assert "tools data download" in nothing.out
    data = tmp_path / "data"
    assert tools("data", "synth", "--out", data, "--images", 4, "--test", 2,
                 TOOLS_COMPETITION="tgs_salt").code == 0  # fmt: skip
    begun = tools(TOOLS_DATA=str(data))
    assert "competition: tgs_salt" in begun.out
    assert "next: no runs yet: `tools cv lightgbm`" in begun.out


def test_a_folder_and_a_run_are_not_viewed_together(tmp_path: Path) -> None:
    refused = tools("view", tmp_path, "--run", "best")
    assert (refused.code, "not both" in refused.err) == (2, True)
    missing = tools("view", tmp_path / "nowhere")
    assert missing.code == 1
    assert "nowhere" in missing.err
