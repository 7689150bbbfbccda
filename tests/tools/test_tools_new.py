"""`tools new`: questions, options, and what is printed."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import contest
from tests.own_competitions import beside
from tools.cli import data_commands, main
from tools.paths import Paths
from tools.usecases.context.workplace import Workplace
from tools.usecases.start.new import NotMade, new

GIVEN = ("--slug", "pollen", "--rle", "siim", "--metric", "own", "--size", "48x64")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    with beside(tmp_path / "own") as folder:
        yield folder


class Dialogue:
    """Answers the questions of a command, and keeps them and its messages."""

    def __init__(self, *answers: str) -> None:
        self.left: Iterator[str] = iter(answers)
        self.questions: list[str] = []
        self.messages: list[str] = []

    def answer(self, question: str) -> str:
        self.questions.append(question)
        try:
            return next(self.left)
        except StopIteration:
            raise EOFError from None

    @property
    def place(self) -> Workplace:
        paths = Paths.resolve(None, None)
        return Workplace(paths, answer=self.answer, announce=self.messages.append)


def test_what_is_not_given_is_asked_for(own: Path) -> None:
    talk = Dialogue("https://www.kaggle.com/competitions/grains/data", "2", "own", "48x64")
    result = new(talk.place, "pollen")
    assert result.path == own / "pollen"
    spec = contest.load("pollen")
    assert (spec.slug, spec.dialect, spec.shape) == ("grains", "kaggle-rows", (48, 64))
    assert spec.metric == "competitions.pollen.metric:score"
    assert [len(question.splitlines()) for question in talk.questions] == [1, 8, 5, 1]
    assert talk.messages == []


def test_no_answer_is_the_default_and_a_wrong_one_is_asked_again(own: Path) -> None:
    talk = Dialogue("", "7", "kagle", "", "0", "", "", "small", "48")
    new(talk.place, "pollen_grains")
    spec = contest.load("pollen_grains")
    assert (spec.slug, spec.dialect, spec.shape) == ("pollen-grains", "kaggle", (48, 48))
    assert spec.metric == "competitions.pollen_grains.metric:dice"
    assert ["none of them" in message for message in talk.messages] == [True] * 3 + [False] * 2
    assert "HEIGHTxWIDTH" in talk.messages[-1]


def test_questions_that_are_not_answered_make_nothing(own: Path) -> None:
    talk = Dialogue("pollen", "1")
    with pytest.raises(NotMade, match="no competition was made"):
        new(talk.place, "pollen")
    assert not own.exists()


def test_a_name_that_is_not_free_is_refused_before_any_question(own: Path) -> None:
    talk = Dialogue()
    with pytest.raises(contest.ContestError, match="tgs_salt exists"):
        new(talk.place, "tgs_salt")
    assert talk.questions == []


def tools(*arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["tools", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def test_the_command_says_what_is_left_to_do(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tools("new", "pollen", *GIVEN, "--json", monkeypatch=monkeypatch) == 0
    said = json.loads(capsys.readouterr().out)
    assert said.keys() == {"competition", "path", "to_do", "next"}
    files = {row["file"] for row in said["to_do"]}
    assert files == {path.name for path in (own / "pollen").iterdir()} - {"__init__.py"}
    assert said["next"][0]["command"] == "tools demo --competition pollen"
    assert tools("new", "grains", *GIVEN, monkeypatch=monkeypatch) == 0
    out = capsys.readouterr().out
    assert "[columns]" in out, "words in brackets are shown"


def test_without_a_terminal_the_missing_options_are_named(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tools("new", "pollen", *GIVEN[:2], monkeypatch=monkeypatch) == 2
    assert "--rle, --metric, --size must be given" in capsys.readouterr().err
    assert tools("new", "pollen", *GIVEN, "--rle", "kagle", monkeypatch=monkeypatch) == 2
    assert tools("new", "pol-len", *GIVEN, monkeypatch=monkeypatch) == 1
    assert "lower-case letters" in capsys.readouterr().err
    assert not own.exists()


def test_the_options_offer_all_forms() -> None:
    hints = data_commands.new.__annotations__
    offered = {name: get_args(get_args(get_args(hints[name])[0])[0]) for name in ("rle", "metric")}
    assert offered == {"rle": tuple(contest.RLE_FORMS), "metric": tuple(contest.METRIC_FORMS)}
