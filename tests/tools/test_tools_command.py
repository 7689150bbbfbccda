import errno
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer

import jobs
from tools import cli
from tools.cli.command import with_common_options
from tools.usecases.context.workplace import Workplace


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
        (
            FileNotFoundError(2, "No such file or directory", "x.csv"),
            1,
            "x.csv: there is no such file",
        ),
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
    from tools.usecases.prepare import folds

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


STREAMS = {
    "standard output is closed": (">&-", 0),
    "standard error is closed": ("2>&-", 0),
    "all are closed": ("<&- >&- 2>&-", 0),
    "standard output is full": (">/dev/full", 1),
    "nobody reads": ("| true", 0),
    "one line is read": ("| head -n 1", 0),
}


@pytest.mark.parametrize("words", ["doctor", "doctor --json", "submissions --json"])
@pytest.mark.parametrize("stream", STREAMS)
def test_a_stream_that_is_closed_or_full_is_one_line_at_most(
    stream: str, words: str, tmp_path: Path
) -> None:
    redirected, code = STREAMS[stream]
    call = f"{sys.executable} -m tools {words} --competition tgs_salt --home h {redirected}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        call, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert ended.returncode == code or (words.startswith("doctor") and ended.returncode == 1)
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr
    expected = "tools: no space left on the disk while writing standard output: "
    assert ended.stderr.startswith(expected) if code else ended.stderr == ""


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_that_no_library_names_is_that_of_the_home(code: int, tmp_path: Path) -> None:
    def use_case(place: Workplace) -> Seen:
        raise OSError(code, os.strerror(code))

    with pytest.raises(jobs.DiskFull, match=f"while writing ({tmp_path}|/tmp)"):
        run(use_case, "--home", str(tmp_path))
