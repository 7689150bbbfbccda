"""What the local server answers."""

import gzip
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from flask.testing import FlaskClient

import jobs
from reporting import NotesError, Page
from reporting.page import encode, render
from reporting.server.notes import LONGEST, Notes
from reporting.server.server import application, stop
from tests.reporting.served_page import HTML, IDS, Drawn, map_of, page

pytestmark = pytest.mark.usefixtures("plain_page")


def until(ready: Callable[[], bool]) -> None:
    """Wait for another thread."""
    end = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < end, "it did not come to pass within a minute"
        time.sleep(0.01)


def test_the_page_is_made_once_and_reaches_no_other_server(
    client: FlaskClient, plain_page: list[dict[str, Any]]
) -> None:
    first, second = client.get("/"), client.get("/")
    assert first.text == second.text == HTML
    assert first.content_type == "text/html; charset=utf-8"
    assert plain_page == [{"remote": True, "notes": True}]
    policy = dict(
        part.split(" ", 1) for part in first.headers["Content-Security-Policy"].split("; ")
    )
    assert policy.pop("default-src").split() == ["'self'", "'unsafe-inline'", "data:", "blob:"]
    assert policy == dict.fromkeys(["base-uri", "form-action", "frame-ancestors"], "'none'")
    assert client.get("/favicon.ico").status_code == 204


def test_a_page_without_notes_is_made_without_a_box_for_them(
    pictures: Drawn, plain_page: list[dict[str, Any]]
) -> None:
    client = application(page(IDS, pictures)).test_client()
    client.get("/")
    assert plain_page == [{"remote": True, "notes": False}]
    assert client.get("/notes.json").status_code == 404
    assert client.put("/notes/0", json={"text": "x"}).status_code == 404


def test_the_table_is_that_of_describe(client: FlaskClient, pictures: Drawn) -> None:
    expected = render.describe(page(IDS, pictures).gallery)  # type: ignore[arg-type]
    packed = client.get("/gallery.json", headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.content_type == "application/json"
    assert json.loads(gzip.decompress(packed.data)) == expected
    plain = client.get("/gallery.json")
    assert "Content-Encoding" not in plain.headers
    assert plain.json == expected
    again = client.get("/gallery.json", headers={"If-None-Match": plain.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("size", [192, 384, 1024])
def test_an_image_comes_in_the_size_that_is_asked_for(client: FlaskClient, size: int) -> None:
    answer = client.get(f"/images/2.webp?size={size}")
    assert (answer.status_code, answer.content_type) == (200, "image/webp")
    picture = cv2.imdecode(np.frombuffer(answer.data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert picture.shape == (size, size)
    assert abs(int(picture[size // 2, -size // 20]) - 215) < 12


@pytest.mark.parametrize("query", ["", "?size=", "?size=100", "?size=0384", "?size=384.0"])
def test_other_sizes_are_refused(client: FlaskClient, pictures: Drawn, query: str) -> None:
    answer = client.get(f"/images/0.webp{query}")
    assert answer.status_code == 400
    assert answer.json is not None
    assert "size must be one of 192, 384, 1024" in answer.json["error"]
    assert pictures.calls["image"] == 0


def test_a_map_is_the_probability_map_or_nothing(client: FlaskClient) -> None:
    answer = client.get("/maps/0.png")
    assert (answer.status_code, answer.content_type) == (200, "image/png")
    picture = cv2.imdecode(np.frombuffer(answer.data, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(picture, map_of("1"))
    nothing = client.get("/maps/3.png")
    assert (nothing.status_code, nothing.data) == (204, b"")


def test_outlines_are_paths_or_null(client: FlaskClient, pictures: Drawn) -> None:
    gallery = page(IDS, pictures).gallery
    assert gallery is not None
    assert client.get("/outlines/1.json").json == encode.outlines(gallery, "healthy")
    assert client.get("/outlines/1.json").json["truth"] is None  # type: ignore[index]
    assert client.get("/outlines/3.json").json["prediction"] is None  # type: ignore[index]


@pytest.mark.parametrize(
    "path",
    [
        "/images/5.webp?size=192",
        f"/images/{10**30}.webp?size=192",
        "/images/-1.webp?size=192",
        "/images/x.webp?size=192",
        "/maps/5.png",
        "/outlines/5.json",
        "/notes/5",
        "/nothing",
    ],
)
def test_what_is_not_there_is_a_404_in_json(client: FlaskClient, path: str) -> None:
    verb = client.put if path.startswith("/notes") else client.get
    answer = verb(path, **({"json": {"text": "x"}} if verb == client.put else {}))
    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["error"]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/images/0.webp?size=192", "image"),
        ("/maps/0.png", "probability_map"),
        ("/maps/3.png", "probability_map"),
        ("/outlines/0.json", "truth"),
    ],
)
def test_a_picture_is_made_once_and_a_browser_that_has_it_gets_none(
    client: FlaskClient, pictures: Drawn, path: str, method: str
) -> None:
    first, second = client.get(path), client.get(path)
    assert first.data == second.data
    assert pictures.calls[method] == 1
    assert first.headers["Cache-Control"] == "private, no-cache"
    known = {"If-None-Match": first.headers["ETag"]}
    answer = client.get(path, headers=known)
    assert (answer.status_code, answer.data) == (304, b"")
    other = application(page(IDS, pictures)).test_client()  # a later server at the same address
    assert other.get(path, headers=known).status_code == first.status_code


def test_known_pictures_are_not_read_again_after_the_cache_forgot_them(
    pictures: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reporting.server.encoded.KEPT", 1)
    client = application(page(IDS, pictures)).test_client()
    etag = client.get("/images/0.webp?size=192").headers["ETag"]
    client.get("/images/1.webp?size=192")
    known = client.get("/images/0.webp?size=192", headers={"If-None-Match": etag})
    assert known.status_code == 304
    assert pictures.calls["image"] == 2
    assert client.get("/images/0.webp?size=192").status_code == 200
    assert pictures.calls["image"] == 3


def test_notes_are_stored_changed_and_deleted(client: FlaskClient, tmp_path: Path) -> None:
    assert client.get("/notes.json").json == {}
    stored = client.put("/notes/2", json={"text": "skin fold\n=1"})
    assert stored.status_code == 200
    assert stored.json is not None
    assert stored.json["text"] == "skin fold\n=1"
    file = Notes(tmp_path / "notes.csv")
    assert file.read()["a/b c.dcm"].written == stored.json["written"]
    file.put("of another server", "é")
    answer = client.get("/notes.json")
    assert answer.json == {"a/b c.dcm": "skin fold\n=1", "of another server": "é"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.put("/notes/2", json={"text": ""}).json == {"text": "", "written": ""}
    assert client.get("/notes.json").json == {"of another server": "é"}


@pytest.mark.parametrize(
    ("how", "status", "why"),
    [
        ({"data": "text"}, 415, "JSON"),
        ({"data": "{", "content_type": "application/json"}, 400, ""),
        ({"json": ["text"]}, 400, "the body must be"),
        ({"json": {"text": 1}}, 400, "the body must be"),
        ({"json": {"text": "x" * (LONGEST + 1)}}, 400, "at most 20,000 characters"),
        ({"json": {"text": "\ud800"}}, 400, "Unicode"),
        ({"json": {"text": "x" * 16 * LONGEST}}, 413, ""),
    ],
)
def test_what_is_no_note_is_refused(
    client: FlaskClient, tmp_path: Path, how: dict[str, Any], status: int, why: str
) -> None:
    answer = client.put("/notes/0", **how)
    assert answer.status_code == status
    assert answer.json is not None
    assert why in answer.json["error"]
    assert not (tmp_path / "notes.csv").exists()


def test_the_longest_note_is_taken_however_it_is_written(client: FlaskClient) -> None:
    text = "\U0001fac1" * LONGEST  # 12 bytes each as JSON escapes
    assert client.put("/notes/0", json={"text": text}).status_code == 200
    assert client.get("/notes.json").json == {"1": text}


def test_faulty_notes_are_said_at_the_start_and_later_in_json(
    pictures: Drawn, client: FlaskClient, tmp_path: Path
) -> None:
    (tmp_path / "notes.csv").write_text("image_id,text\n")
    with pytest.raises(NotesError, match="no column note"):
        application(page(IDS, pictures), tmp_path / "notes.csv")
    for answer in (client.get("/notes.json"), client.put("/notes/0", json={"text": "x"})):
        assert answer.status_code == 500
        assert answer.json is not None
        assert "no column note" in answer.json["error"]
    assert client.get("/").status_code == 200


def test_notes_that_are_busy_may_be_sent_again(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reporting.server.notes.LOCK_SECONDS", 0.05)
    with jobs.lock(tmp_path / "notes.csv"):
        answers = []
        other = threading.Thread(
            target=lambda: answers.append(client.put("/notes/0", json={"text": "x"}))
        )
        other.start()
        other.join()
    assert answers[0].status_code == 503


def test_a_broken_picture_is_said_once_and_the_server_lives_on(
    client: FlaskClient, said: list[str]
) -> None:
    for size in (192, 192, 1024):
        answer = client.get(f"/images/4.webp?size={size}")
        assert answer.status_code == 500
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.json == {"error": "image 'broken': ValueError: pixel data end after 12 bytes"}
    assert said == ["image 'broken': ValueError: pixel data end after 12 bytes"]
    assert client.get("/images/0.webp?size=192").status_code == 200
    assert client.get("/maps/4.png").status_code == 200


def test_a_page_that_cannot_be_made_is_said(
    pictures: Drawn, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> str:
        raise KeyError("slot")

    monkeypatch.setattr("reporting.server.server.render.html", broken)
    client = application(page(IDS, pictures), say=said.append).test_client()
    answer = client.get("/")
    assert (answer.status_code, answer.json) == (500, {"error": "KeyError: 'slot'"})
    assert said == ["/: KeyError: 'slot'"]


def test_a_page_without_a_gallery_is_only_a_page(tmp_path: Path) -> None:
    app = application(Page("no images"), tmp_path / "notes.csv")
    client = app.test_client()
    assert client.get("/").status_code == 200
    for path in ("/gallery.json", "/images/0.webp?size=192", "/curves", "/notes.json"):
        assert client.get(path).status_code == 404
    stop(app)


def test_nothing_of_a_large_data_set_is_read_unasked(pictures: Drawn) -> None:
    client = application(page([str(k) for k in range(12_000)], pictures)).test_client()
    client.get("/")
    table = client.get("/gallery.json").json
    assert table is not None
    assert len(table["ids"]) == 12_000
    assert pictures.calls.total() == 0
    assert client.get("/images/11999.webp?size=192").status_code == 200
    assert pictures.calls == {"image": 1}


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
