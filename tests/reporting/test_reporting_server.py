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
from reporting.page import encode, records
from reporting.server.notes import LONGEST, Notes
from reporting.server.server import CURVES, application, stop
from tests.reporting.served_page import HTML, IDS, SIDE, Drawn, curves, page, soft_map

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
    expected = records.describe(page(IDS, pictures).gallery)  # type: ignore[arg-type]
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


def test_a_map_is_the_soft_map_or_nothing(client: FlaskClient) -> None:
    answer = client.get("/maps/0.png")
    assert (answer.status_code, answer.content_type) == (200, "image/png")
    picture = cv2.imdecode(np.frombuffer(answer.data, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(picture, soft_map("1"))
    nothing = client.get("/maps/3.png")
    assert (nothing.status_code, nothing.data) == (204, b"")


def test_outlines_are_paths_or_null(client: FlaskClient, pictures: Drawn) -> None:
    assert client.get("/outlines/1.json").json == encode.outlines(pictures, "healthy", (SIDE, SIDE))
    assert client.get("/outlines/1.json").json["truth"] is None  # type: ignore[index]
    assert client.get("/outlines/3.json").json["decided"] is None  # type: ignore[index]


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
        ("/maps/0.png", "soft"),
        ("/maps/3.png", "soft"),
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

    monkeypatch.setattr("reporting.server.server._render.html", broken)
    client = application(page(IDS, pictures), say=said.append).test_client()
    answer = client.get("/")
    assert (answer.status_code, answer.json) == (500, {"error": "KeyError: 'slot'"})
    assert said == ["/: KeyError: 'slot'"]


def test_curves_are_computed_from_the_first_request_on(
    client: FlaskClient, pictures: Drawn
) -> None:
    client.get("/gallery.json")
    assert pictures.calls["curves"] == 0
    pictures.gate.clear()
    first = client.get("/curves")
    assert (first.status_code, first.json) == (202, {"done": 0, "of": 5})
    assert first.headers["Cache-Control"] == "no-store"
    pictures.gate.set()
    until(lambda: client.get("/curves").status_code == 200)
    answer = client.get("/curves")
    assert answer.content_type == "application/octet-stream"
    assert "Content-Encoding" not in answer.headers
    data = gzip.decompress(answer.data)
    assert data == b"".join(encode.curves_of(Drawn(), image_id) for image_id in IDS)
    area, score = curves(soft_map("1"), Drawn().truth("1"))  # type: ignore[arg-type]
    np.testing.assert_array_equal(np.frombuffer(data, "<u4", 256), area)
    np.testing.assert_allclose(np.frombuffer(data, "<f4", 256, 1024), score, rtol=1e-6)
    assert pictures.calls["curves"] == 5
    again = client.get("/curves", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_failing_curves_are_an_error_and_not_an_endless_wait(
    pictures: Drawn, said: list[str]
) -> None:
    client = application(page(["1", "torn", "2"], pictures), say=said.append).test_client()
    until(lambda: client.get("/curves").status_code != 202)
    for _ in range(2):
        answer = client.get("/curves")
        message = "the curves cannot be computed: image 'torn': ValueError: torn chunk"
        assert (answer.status_code, answer.json) == (500, {"error": message})
    assert said == [message]


def test_stopped_curves_end_early(pictures: Drawn, said: list[str]) -> None:
    many = [str(k) for k in range(400)]
    app = application(page(many, pictures), say=said.append)
    pictures.gate.clear()
    app.test_client().get("/curves")
    until(lambda: pictures.calls["curves"] > 0)
    stopping = threading.Thread(target=stop, args=(app,))
    stopping.start()
    until(app.extensions[CURVES]._stopped.is_set)
    pictures.gate.set()
    stopping.join()
    assert pictures.calls["curves"] <= jobs.available_cores()
    assert [one.name for one in threading.enumerate() if one.name.startswith("curves")] == []
    assert said == []
    stop(app)


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
