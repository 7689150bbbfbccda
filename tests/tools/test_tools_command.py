from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer

import jobs
from tools import cli
from tools.cli.command import with_common_options
from tools.usecases.workplace import Workplace


def run(use_case: Any, *arguments: str, failed: Any = None) -> int:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(with_common_options(use_case, failed))
    return int(app(arguments, standalone_mode=False) or 0)


@dataclass(frozen=True)
class Seen:
    home: Path
    data: Path | None
    competition: str | None
    name: str


@dataclass(frozen=True)
class Checked:
    errors: list[str]


def test_common_options_reach_the_workplace(capsys: pytest.CaptureFixture[str]) -> None:
    def use_case(place: Workplace, name: Annotated[str, typer.Argument()], count: int = 1) -> Seen:
        return Seen(place.paths.home, place.paths.given_data, place.competition, name * count)

    arguments = ["x", "--count", "2", "--home", "h", "--data", "d", "--competition", "c", "--json"]
    assert run(use_case, *arguments) == 0
    shown = capsys.readouterr().out
    assert shown == '{"home": "h", "data": "d", "competition": "c", "name": "xx"}\n'


def test_a_result_that_failed_is_printed_and_exits_with_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def use_case(place: Workplace) -> Checked:
        return Checked(["e"])

    assert run(use_case, "--json", failed=lambda result: bool(result.errors)) == 1
    assert capsys.readouterr().out == '{"errors": ["e"]}\n'


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (jobs.UserError("the file is empty: mend it"), 1, "the file is empty: mend it"),
        (FileNotFoundError(2, "No such file or directory", "x.csv"), 1, "x.csv: No such file"),
        (KeyError("key"), 1, "a bug in this program, KeyError: 'key'; --debug shows where"),
        (typer.Abort(), 1, "stopped: nothing was submitted"),
        (KeyboardInterrupt(), 130, "interrupted: run the same command again"),
    ],
)
def test_every_end_has_one_line_and_a_code(
    error: BaseException,
    code: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from tools.usecases import folds

    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(folds, "folds", broken)
    monkeypatch.setattr("sys.argv", ["tools", "folds"])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"tools: {line}")
    assert err.count("\n") == 1
