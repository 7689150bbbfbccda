import io
import json
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tools.console import Screen, Shown, can_ask, print_error, print_result


@dataclass(frozen=True)
class Values:
    values: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return self.values


@dataclass(frozen=True)
class Pair:
    a: int
    path: Path


def test_json_is_one_object_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    print_result(Values({"a": 1, "b": [1.5, None], "c": {"d": "é"}}), as_json=True)
    assert json.loads(capsys.readouterr().out) == {"a": 1, "b": [1.5, None], "c": {"d": "é"}}


def test_json_never_holds_nan() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        print_result(Values({"auc": math.nan}), as_json=True)


def test_text_shows_values_lists_and_tables(capsys: pytest.CaptureFixture[str]) -> None:
    result = {
        "auc": 0.83125,
        "grouped": True,
        "weights": {"one": 0.5, "two": 0.5},
        "nothing": None,
        "markup": "[red]x[/red]",
        "folds": [{"fold": "0[a]", "score": 0.8}, {"fold": 1, "score": None}],
    }
    print_result(Values(result), as_json=False)
    out = capsys.readouterr().out
    for shown in (
        "auc: 0.8313", "grouped: True", "weights: one 0.5000, two 0.5000",
        "markup: [red]x[/red]", "fold", "0[a]", "0.8000",
    ):  # fmt: skip
        assert shown in out
    assert "nothing" not in out


def test_an_error_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_error("two\nlines  and a gap")
    assert capsys.readouterr().err == "tools: two lines and a gap\n"


def test_control_characters_do_not_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_error("a\x1b[31m.dcm\0: bad")
    assert capsys.readouterr().err == "tools: a\\x1b[31m.dcm\\x00: bad\n"
    nasty = "\x1b[2J :bug:"
    values = Values({"name": nasty, "rows": [{"id": nasty}], "text": f"{nasty}\nend"})
    print_result(values, as_json=False)
    out = capsys.readouterr().out
    assert out.count("\\x1b[2J :bug:") == 3
    assert "\x1b" not in out


def test_a_result_may_have_a_text_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Shown(Pair(2, Path("x")), "2 of [b]them[/b]")
    print_result(shown, as_json=False)
    print_result(shown, as_json=True)
    assert capsys.readouterr().out == '2 of [b]them[/b]\n{"a": 2, "path": "x"}\n'


def test_a_screen_that_is_no_terminal_stays_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with Screen() as screen:
        screen.report("train", 1, 2, {"loss": 0.5})
        screen.say("hello")
    assert capsys.readouterr() == ("", "")


def test_a_terminal_shows_progress_and_figures(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with Screen() as screen:
        screen.say("hello")
        for done in range(3):
            screen.report("fold 0: train", done, 2, {"loss": 0.51234})
    err = capsys.readouterr().err
    assert "hello" in err
    assert "fold 0: train" in err
    assert "2/2" in err
    assert "loss 0.5123" in err


def test_an_interval_stands_behind_its_figure(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"fold": 0, "auc": 0.8, "auc_interval": [0.71234, 0.9], "trees": 212.0}
    none = {"fold": 1, "auc": None, "auc_interval": None, "trees": 1.0}
    values = {"auc": 0.75, "auc_interval": [0.7, 0.8], "folds": [none, row]}
    print_result(Values(values), as_json=False)
    out = capsys.readouterr().out
    assert "interval" not in out
    assert "auc: 0.7500 (0.700–0.800)" in out
    assert "0.8000 (0.712–0.900)" in out
    assert " 212 " in out
    assert "1.0000" in out


def test_json_keeps_intervals_apart(capsys: pytest.CaptureFixture[str]) -> None:
    result = {"auc": 0.75, "auc_interval": [0.7, 0.8]}
    print_result(Values(result), as_json=True)
    assert json.loads(capsys.readouterr().out) == result


class Keyboard(io.StringIO):
    """A terminal at which this is typed."""

    def isatty(self) -> bool:
        """Say that somebody is there."""
        return True


@pytest.mark.parametrize(
    ("typed", "yes"), [("y\n", True), (" YES \n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_only_a_yes_is_a_yes(
    typed: str, yes: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not can_ask()
    monkeypatch.setattr("sys.stdin", Keyboard(typed))
    assert can_ask()
    with Screen() as screen:
        assert screen.ask("to be submitted:\n  a\x1b[31m") is yes
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "to be submitted:\n  a\\x1b[31m\nContinue? [y/N] "


@pytest.mark.parametrize("variable", ["FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE"])
def test_a_log_has_plain_lines_of_progress_and_what_is_announced(
    variable: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a long command under nohup, Slurm or CI, where these variables are set."""
    monkeypatch.setenv(variable, "1")
    monkeypatch.setattr("jobs.PlainProgress.__init__.__defaults__", (0.02,))
    with Screen() as screen:
        screen.say("for a terminal")
        screen.report("train\x1b[2J", 1, 2, {"loss": 0.5})
        err = ""
        while err.count("train") < 2:
            time.sleep(0.1)
            err += capsys.readouterr().err
        screen.announce("page: http://127.0.0.1:80/")
        assert capsys.readouterr().err.endswith("page: http://127.0.0.1:80/\n"), "at once"
    print_result(Values({"rows": [{"id": "a"}]}), as_json=False)
    out, more = capsys.readouterr()
    assert (more, "for a terminal" in err) == ("", False)
    assert "] train\\x1b[2J 1/2, loss 0.5\n" in err
    assert not {"\x1b", "\r"} & set(out + err)


def test_helpers_of_a_distributed_training_write_no_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setattr("jobs.PlainProgress.__init__.__defaults__", (0.02,))
    with Screen() as screen:
        screen.report("train", 1, 2, {})
        time.sleep(0.2)
    assert capsys.readouterr().err == ""


def test_a_name_of_thousands_of_characters_does_not_fill_the_screen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_error(f"{'x' * 100_000}: bad")
    err = capsys.readouterr().err
    assert err.endswith("x: bad\n")
    assert len(err) < 420
