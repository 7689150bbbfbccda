"""Serving of a page to browsers on this computer, until Ctrl-C."""

import socket
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from reporting._errors import ReportError
from reporting.page.content import Page
from reporting.server.encoded import Say
from reporting.server.server import application, stop

HOST = "127.0.0.1"


def serve(
    page: Page,
    *,
    notes: Path | None = None,
    port: int = 0,
    open_browser: bool = False,
    say: Say = print,
) -> None:
    """Serve a page to browsers on this computer until the process is interrupted (Ctrl-C).

    Images are read on request.

    Args:
        notes: CSV file of notes on the images; None disables notes.
        port: port of 127.0.0.1; 0 selects a free one.
        open_browser: whether to open the page in the user's browser.
        say: called with the address of the page, and with errors of single pictures.

    Raises:
        ReportError: the port cannot be used.
        NotesError: the file of notes cannot be read or is not valid.
    """
    try:
        with listening(page, notes=notes, port=port, say=say) as server:
            address = f"http://{HOST}:{server.port}/"
            say(f"{page.title}: {address} (stop with Ctrl-C)")
            if open_browser:
                _open(address, say)
            server.serve_forever()
    except KeyboardInterrupt:
        return  # outside of `serve_forever`, which handles the interrupt itself


@contextmanager
def listening(page: Page, *, notes: Path | None, port: int, say: Say) -> Iterator[BaseWSGIServer]:
    """Yield a server that is bound to its port; call its `serve_forever`."""
    app = application(page, notes, say=say)
    with _bound(port) as listener:
        server = make_server(
            HOST, port, app, threaded=True, request_handler=_Silent, fd=listener.fileno()
        )
    try:
        yield server
    finally:
        server.server_close()
        stop(app)


def _bound(port: int) -> socket.socket:
    """Return a listening socket; werkzeug itself would exit the process if the port is in use."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or error
        raise ReportError(
            f"the page cannot be served on port {port} of {HOST} ({reason}): stop the program that "
            "uses the port, or choose another port (0 selects a free one)"
        ) from None
    return listener


def _open(address: str, say: Say) -> None:
    """Open the browser in a thread, because opening a text-mode browser blocks until it exits."""

    def show() -> None:
        if not webbrowser.open(address):
            say(f"no browser could be started: open {address} in a browser")

    threading.Thread(target=show, name="browser", daemon=True).start()


class _Silent(WSGIRequestHandler):
    """Request handler that logs no requests."""

    def log_request(self, *_: Any, **__: Any) -> None:
        """Log nothing."""
