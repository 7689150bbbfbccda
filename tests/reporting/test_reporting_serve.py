"""The server as a program: address, Ctrl-C, a port that is taken, the browser."""

import http.client
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from reporting import Page, ReportError
from reporting.server.serve import HOST, listening, serve
from tests.reporting.served_page import Drawn, page

ROOT = Path(__file__).parents[2]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-W", "error", "-m", "tests.reporting.served_page"]
    with subprocess.Popen(
        [*command, str(tmp_path / "notes.csv")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def ask(port: int, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, dict(answer.headers), data


def test_it_says_its_address_answers_and_ends_with_ctrl_c(program: subprocess.Popen[str]) -> None:
    assert program.stdout is not None
    line = program.stdout.readline()
    found = re.fullmatch(r"Drawn images: http://127\.0\.0\.1:(\d+)/ \(stop with Ctrl-C\)\n", line)
    assert found, line
    port = int(found[1])
    assert ask(port, "/gallery.json")[0] == 200
    status, headers, data = ask(port, "/images/0.webp?size=192")
    assert (status, data[8:12]) == (200, b"WEBP")
    same = ask(port, "/images/0.webp?size=192", **{"If-None-Match": headers["ETag"]})
    assert (same[0], same[2]) == (304, b"")
    assert ask(port, "/", Host="evil.example")[0] == 400
    assert ask(port, "/curves")[0] in (200, 202)
    program.send_signal(signal.SIGINT)
    out, error = program.communicate(timeout=60)
    assert (program.returncode, out, error) == (0, "", "")


def test_a_taken_port_is_named() -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ReportError, match=rf"port {port} of 127\.0\.0\.1 \(Address already"):
            serve(Page("t"), port=port)


def test_a_port_that_does_not_exist_is_named() -> None:
    with pytest.raises(ReportError, match="port 70000 of"):
        serve(Page("t"), port=70_000)


def test_the_port_that_is_asked_for_is_used_and_free_again_at_once() -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
    for _ in range(2):
        with listening(page(["1"], Drawn()), notes=None, port=port, say=print) as server:
            assert server.port == port
            serving = threading.Thread(target=server.serve_forever, args=(0.01,))
            serving.start()
            assert ask(port, "/gallery.json")[0] == 200
            server.shutdown()
            serving.join()


@pytest.mark.parametrize("works", [True, False])
def test_the_browser_is_opened_at_the_address(monkeypatch: pytest.MonkeyPatch, works: bool) -> None:
    opened: list[str] = []
    said: list[str] = []

    def browser(address: str) -> bool:
        opened.append(address)
        return works

    def until_the_browser_is_done(server: object) -> None:
        for thread in threading.enumerate():
            if thread.name == "browser":
                thread.join()
        raise KeyboardInterrupt

    monkeypatch.setattr("webbrowser.open", browser)
    monkeypatch.setattr("werkzeug.serving.BaseWSGIServer.serve_forever", until_the_browser_is_done)
    serve(Page("Title"), open_browser=True, say=said.append)
    assert len(opened) == 1
    hint = f"no browser could be started: open {opened[0]} in a browser"
    assert sorted(said) == sorted(
        [f"Title: {opened[0]} (stop with Ctrl-C)", *([] if works else [hint])]
    )
