"""The web application that serves a page locally, and its protection against other sites."""

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
from reporting.page import render
from reporting.page.content import Gallery, Page
from reporting.server.encoded import SIZES, Curves, Encoded, Say, reason
from reporting.server.notes import LONGEST, Note, Notes

CURVES = "reporting.curves"
"""Key of the `Curves` in `app.extensions`, see `stop`."""
BODY = 16 * LONGEST
"""Largest body of a request in bytes; JSON needs up to 12 bytes for a character."""
REVALIDATE = "private, no-cache"
"""Browsers revalidate cached responses, because another server may use the same port later."""
HOSTS = ("127.0.0.1", "localhost")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
NO_CONTENT = "default-src 'none'; frame-ancestors 'none'"
PAGE_POLICY = (
    "default-src 'self' 'unsafe-inline' data: blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Content security policy of the page: same host only; the page adds the digests of its scripts."""
HEADERS = {
    "Content-Security-Policy": NO_CONTENT,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
log = logging.getLogger(__name__)


def application(page: Page, notes: Path | None = None, *, say: Say = log.warning) -> Flask:
    """Return the WSGI application of a page; images are read on request.

    `/` is the page and `/gallery.json` the table. `/images/<k>.webp?size=192|384|1024`,
    `/maps/<k>.png` and `/outlines/<k>.json` are the pictures of row `k` of the table, and
    `/curves` the curves of all images (202 until they are computed). `/notes.json` and
    `PUT /notes/<k>` are the notes. Errors are JSON, `{"error": text}`.

    Args:
        notes: CSV file of the notes, see `Notes`; None disables notes.
        say: called with each error of a picture, once.

    Raises:
        NotesError: the file of notes cannot be read or is not valid.
    """
    kept = None if notes is None else Notes(notes)
    if kept is not None:
        kept.read()
    app = Flask(__name__, static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY
    _guard(app)
    _tell_errors(app, say)
    _serve_page(app, page, kept is not None)
    if page.gallery is not None:
        _serve_table(app, page.gallery)
        encoded = Encoded(page.gallery, say)
        _serve_pictures(app, encoded)
        _serve_curves(app, Curves(page.gallery.pictures, encoded.ids, say), len(encoded.ids))
        if kept is not None:
            _serve_notes(app, kept, encoded)
    return app


def stop(app: Flask) -> None:
    """Stop the background computation of the application."""
    if CURVES in app.extensions:
        app.extensions[CURVES].stop()


def _guard(app: Flask) -> None:
    """Restrict an application to requests from its own page.

    Requests for hosts other than `HOSTS` are refused (protection against DNS rebinding), and so
    are writing requests from another origin. `HEADERS` are the defaults of all responses.
    """
    app.config["TRUSTED_HOSTS"] = list(HOSTS)
    app.before_request(_refuse_other_origins)
    app.after_request(_protect)


def _refuse_other_origins() -> None:
    origin = request.headers.get("Origin")
    own = request.host_url.rstrip("/")
    if request.method not in SAFE_METHODS and origin is not None and origin != own:
        abort(403, f"only the page at {own} may write")


def _protect(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


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
        response.headers["Content-Security-Policy"] = PAGE_POLICY
        return _lasting(response)

    @app.get("/favicon.ico")
    def icon() -> Response:
        return Response(status=204)


def _serve_table(app: Flask, gallery: Gallery) -> None:
    @_once
    def packed() -> bytes:
        text = json.dumps(render.describe(gallery), allow_nan=False, separators=(",", ":"))
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
        response.headers["Cache-Control"] = REVALIDATE
        return response

    @app.get("/images/<int:k>.webp")
    def image(k: int) -> Response:
        size = request.args.get("size", "")
        if size not in map(str, SIZES):
            abort(400, f"size must be one of {', '.join(map(str, SIZES))}, not {size!r}")
        return answer("image", k, "image/webp", int(size))

    @app.get("/maps/<int:k>.png")
    def probability_map(k: int) -> Response:
        return answer("map", k, "image/png")

    @app.get("/outlines/<int:k>.json")
    def outlines(k: int) -> Response:
        return answer("outlines", k, "application/json")


def _serve_curves(app: Flask, curves: Curves, count: int) -> None:
    app.extensions[CURVES] = curves

    @app.get("/curves")
    def get() -> Response:
        blob = curves.blob()
        if blob is not None:
            return _lasting(Response(blob, content_type="application/octet-stream"))
        return _fresh({"done": curves.done, "of": count}, 202)


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
    response.headers["Cache-Control"] = REVALIDATE
    response.add_etag()
    response.make_conditional(request)
    return response


def _once(function: Callable[[], Any]) -> Callable[[], Any]:
    """Return a thread-safe function that calls `function` once and caches the result."""
    lock, cached = threading.Lock(), functools.cache(function)

    def value() -> Any:
        with lock:
            return cached()

    return value
