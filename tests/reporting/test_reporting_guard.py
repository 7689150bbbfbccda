"""Whom the local server refuses, and how it protects its answers."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from reporting.server.notes import Notes
from tests.reporting.served_page import HTML, Drawn

pytestmark = pytest.mark.usefixtures("plain_page")


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "192.168.1.2", "[::1]"]
)
@pytest.mark.parametrize("path", ["/", "/gallery.json", "/images/0.webp?size=192", "/curves"])
def test_a_request_under_another_name_is_refused(
    client: FlaskClient, pictures: Drawn, host: str, path: str
) -> None:
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 400
    assert HTML not in answer.text
    assert pictures.calls.total() == 0


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "localhost:8123", "127.0.0.1:1"])
def test_this_computer_may_ask(client: FlaskClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:5000", 200),
        ("http://localhost", 403),
        ("http://127.0.0.1:5000", 403),
        ("https://localhost:5000", 403),
        ("https://evil.example", 403),
        ("null", 403),
        ("", 403),
        (None, 200),
    ],
)
def test_only_the_page_itself_may_write(
    client: FlaskClient, tmp_path: Path, origin: str | None, status: int
) -> None:
    headers = {"Host": "localhost:5000"} | ({} if origin is None else {"Origin": origin})
    answer = client.put("/notes/0", json={"text": "x"}, headers=headers)
    assert answer.status_code == status
    assert bool(Notes(tmp_path / "notes.csv").read()) == (status == 200)


@pytest.mark.parametrize(
    "path", ["/", "/gallery.json", "/maps/0.png", "/maps/3.png", "/nothing", "/images/4.webp"]
)
def test_every_answer_is_protected(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Content-Security-Policy"].startswith("default-src 'none'") == (path != "/")
    assert "Access-Control-Allow-Origin" not in headers
