"""Ctrl-C and SIGTERM end a server with its result, other commands with one line and no traceback.

SIGTERM is what service managers, containers, Slurm and `kill` send first. Exit codes are 128 and
the number of the signal, except that a server is stopped by Ctrl-C.
"""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.conftest import CHESTS, TOOLS, free_port, listens, until

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


@contextmanager
def running(*arguments: object, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Start a command with --json; end it at the end of the block, whatever happened."""
    process = subprocess.Popen(
        [str(TOOLS), *map(str, arguments), "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "LOKY_MAX_CPU_COUNT": "1", **environment},
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str, str]:
    """Send a signal; return exit code, standard output and standard error."""
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    for fault in ("Traceback", "Exception", "bug in this program"):
        assert fault not in err
    return process.returncode, out, err


def stand_in(data: Path, port: int) -> list[object]:
    truth = data / "test-truth.csv"
    return ["kaggle-standin", "--truth", truth, "--port", port, "--competition", CHESTS]


def viewer(data: Path, port: int) -> list[object]:
    return ["view", "--port", port, "--data", data, "--home", "home"]


@pytest.mark.parametrize("number", CODES)
@pytest.mark.parametrize(("server", "key"), [(stand_in, "submissions"), (viewer, "images")])
def test_a_server_ends_with_its_result(
    server, key: str, number: signal.Signals, synthetic: Path, tmp_path: Path
) -> None:
    port, own = free_port(), tmp_path / "temporary"
    own.mkdir()
    with running(*server(synthetic, port), TMPDIR=str(own)) as process:
        assert process.stderr is not None
        address = process.stderr.readline()
        code, out, err = ended(process, number)
    assert f"127.0.0.1:{port}" in address
    assert err == "", "nothing about the end"
    assert code == (0 if number == signal.SIGINT else CODES[number])
    assert key in json.loads(out)
    assert not listens(port)
    left = [path for path in own.iterdir() if not path.name.startswith("matplotlib-")]
    assert left == [], "temporary folders are deleted"


@pytest.mark.parametrize("number", CODES)
def test_a_long_command_ends_with_one_line(number: signal.Signals, tmp_path: Path) -> None:
    words = ("data", "synth", "--images", 5000, "--out", "made", "--competition", CHESTS)
    with running(*words) as process:
        until(lambda: process.poll() is not None or any(tmp_path.rglob("*.dcm")))
        code, out, err = ended(process, number)
    assert (code, out) == (CODES[number], "")
    assert err.splitlines()[-1].startswith("tools: interrupted: run the same command again")
    assert not (tmp_path / "made").exists()
