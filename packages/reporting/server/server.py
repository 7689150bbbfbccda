"""A page as a web application for the browser of this computer; nothing is read unasked."""

import functools
import gzip
import json
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, request
from werkzeug.exceptions import HTTPException

import jobs
from reporting.charts.curves import Curves, Say, reason
from reporting.page import records, render
from reporting.page.content import Gallery, Page
from reporting.server.encoded import SIZES, Encoded
from reporting.server.guard import PAGE, guard
from reporting.server.notes import LONGEST, Note, Notes

CURVES = "reporting.curves"
"""Where the application keeps its background work, see `stop`."""
BODY = 16 * LONGEST
"""Bytes of a request: JSON may write a character in 12."""
ASK_AGAIN = "private, no-cache"
"""The browser keeps the answer and asks whether it still holds; ports are used again."""
log = logging.getLogger(__name__)


def application(page: Page, notes: Path | None = None, *, say: Say = log.warning) -> Flask:
    """Return the application that serves a page and, when asked for them, its pictures.

    `/` is the page, `/gallery.json` the table, `/images/<k>.webp?size=192|384|1024`,
    `/maps/<k>.png` and `/outlines/<k>.json` what is seen of image number `k` of the table,
    `/curves` those of all images (202 until they are computed), `/notes.json` and
    `PUT /notes/<k>` the notes. Failures are JSON, `{"error": text}`.

    Args:
        page: what to serve.
        notes: CSV file of the notes, see `Notes`; None serves none.
        say: hears of pictures that cannot be made, once for each.

    Raises:
        NotesError: the file of notes cannot be used.
    """
    kept = None if notes is None else Notes(notes)
    if kept is not None:
        kept.read()
    app = Flask(__name__, static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY
    guard(app)
    _tell_errors(app, say)
    _serve_page(app, page, kept is not None)
    if page.gallery is not None:
        _serve_table(app, page.gallery)
        encoded = Encoded(page.gallery, say)
        _serve_pictures(app, encoded)
        _serve_curves(app, Curves(page.gallery.pictures, encoded.ids, say))
        if kept is not None:
            _serve_notes(app, kept, encoded)
    return app


def stop(app: Flask) -> None:
    """End the application's background work."""
    if CURVES in app.extensions:
        app.extensions[CURVES].stop()


def _tell_errors(app: Flask, say: Say) -> None:
    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        response = Response(error.get_response().data)
        response.status_code = error.code or 500
        response.headers.extend(error.get_headers())
        return _failed(response, error.description or error.name)

    @app.errorhandler(jobs.UserError)
    def failed(error: jobs.UserError) -> Response:
        return _failed(Response(status=503 if isinstance(error, jobs.Busy) else 500), str(error))

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        say(f"{request.path}: {reason(error)}")
        return _failed(Response(status=500), reason(error))


def _failed(response: Response, text: str) -> Response:
    response.data = json.dumps({"error": text})
    response.content_type = "application/json"
    response.headers["Cache-Control"] = "no-store"
    return response


def _serve_page(app: Flask, page: Page, notes: bool) -> None:
    @_once
    def html() -> str:
        return render.html(page, remote=True, notes=notes)

    @app.get("/")
    def index() -> Response:
        response = Response(html(), content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = PAGE
        return _lasting(response)

    @app.get("/favicon.ico")
    def icon() -> Response:
        return Response(status=204)


def _serve_table(app: Flask, gallery: Gallery) -> None:
    @_once
    def packed() -> bytes:
        text = json.dumps(records.describe(gallery), allow_nan=False, separators=(",", ":"))
        return gzip.compress(text.encode(), mtime=0)

    @app.get("/gallery.json")
    def table() -> Response:
        response = Response(packed(), content_type="application/json")
        if "gzip" in request.accept_encodings:
            response.headers["Content-Encoding"] = "gzip"
        else:
            response.data = gzip.decompress(response.data)
        response.headers["Vary"] = "Accept-Encoding"
        return _lasting(response)


def _serve_pictures(app: Flask, encoded: Encoded) -> None:
    def answer(kind: str, k: int, content_type: str, size: int = 0) -> Response:
        image_id = encoded.image_id(k)
        etag = encoded.tag(kind, k, size)
        if request.if_none_match.contains(etag):
            response = Response(status=304)
        else:
            data = encoded.data(kind, image_id, size)
            response = Response(data, 204 if data is None else 200, content_type=content_type)
        response.set_etag(etag)
        response.headers["Cache-Control"] = ASK_AGAIN
        return response

    @app.get("/images/<int:k>.webp")
    def image(k: int) -> Response:
        size = request.args.get("size", "")
        if size not in map(str, SIZES):
            abort(400, f"size must be one of {', '.join(map(str, SIZES))}, not {size!r}")
        return answer("image", k, "image/webp", int(size))

    @app.get("/maps/<int:k>.png")
    def soft(k: int) -> Response:
        return answer("map", k, "image/png")

    @app.get("/outlines/<int:k>.json")
    def outlines(k: int) -> Response:
        return answer("outlines", k, "application/json")


def _serve_curves(app: Flask, curves: Curves) -> None:
    app.extensions[CURVES] = curves

    @app.get("/curves")
    def get() -> Response:
        progress = curves.progress()
        if progress.blob is not None:
            return _lasting(Response(progress.blob, content_type="application/octet-stream"))
        return _fresh({"done": progress.done, "of": progress.of}, 202)


def _serve_notes(app: Flask, notes: Notes, encoded: Encoded) -> None:
    @app.get("/notes.json")
    def all_notes() -> Response:
        return _fresh({image_id: note.note for image_id, note in notes.read().items()})

    @app.put("/notes/<int:k>")
    def put(k: int) -> Response:
        image_id = encoded.image_id(k)
        body = request.get_json()
        if not isinstance(body, dict) or not isinstance(body.get("text"), str):
            abort(400, 'the body must be {"text": "…"}')
        try:
            note: Note = notes.put(image_id, body["text"])
        except ValueError as error:
            abort(400, str(error))
        return _fresh({"text": note.note, "written": note.written})


def _fresh(value: Any, status: int = 200) -> Response:
    response = Response(json.dumps(value), status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _lasting(response: Response) -> Response:
    response.headers["Cache-Control"] = ASK_AGAIN
    response.add_etag()
    response.make_conditional(request)
    return response


def _once(function: Callable[[], Any]) -> Callable[[], Any]:
    """Let a function compute its value at the first call only, also when two threads call."""
    lock, cached = threading.Lock(), functools.cache(function)

    def value() -> Any:
        with lock:
            return cached()

    return value
