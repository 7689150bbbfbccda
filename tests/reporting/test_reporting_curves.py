"""The curves of all images, computed in the background of the server."""

import gzip
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from flask.testing import FlaskClient

import jobs
from reporting.page import encode
from reporting.server.server import CURVES, application, stop
from tests.reporting.served_page import IDS, Drawn, curves, map_of, page

pytestmark = pytest.mark.usefixtures("plain_page")


def until(ready: Callable[[], bool]) -> None:
    """Wait for another thread."""
    end = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < end, "it did not come to pass within a minute"
        time.sleep(0.01)


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
    area, score = curves(map_of("1"), Drawn().truth("1"))  # type: ignore[arg-type]
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
