"""A page served on this computer until Ctrl-C."""

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
    """Serve a page to the browsers of this computer until the program is interrupted (Ctrl-C).

    It starts at once: images are read when they are shown.

    Args:
        notes: CSV file of notes on the images; None allows none.
        port: of 127.0.0.1; 0 takes a free one.
        open_browser: shows it in the user's browser.
        say: called with the address, and later with pictures that cannot be made.

    Raises:
        ReportError: the port cannot be used.
        NotesError: the file of notes cannot be used.
    """
    try:
        with listening(page, notes=notes, port=port, say=say) as server:
            address = f"http://{HOST}:{server.port}/"
            say(f"{page.title}: {address} (stop with Ctrl-C)")
            if open_browser:
                _open(address, say)
            server.serve_forever()
    except KeyboardInterrupt:
        return  # before or after `serve_forever`, which ends by itself


@contextmanager
def listening(page: Page, *, notes: Path | None, port: int, say: Say) -> Iterator[BaseWSGIServer]:
    """Yield a server whose port is open already; call its `serve_forever`."""
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
    """Return a listening socket; werkzeug's own way ends the program when a port is taken."""
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
            "uses it or name another port (0 takes a free one)"
        ) from None
    return listener


def _open(address: str, say: Say) -> None:
    """Open the browser beside the server, since one in a terminal stays until it is closed."""

    def show() -> None:
        if not webbrowser.open(address):
            say(f"no browser could be started: open {address} in one")

    threading.Thread(target=show, name="browser", daemon=True).start()


class _Silent(WSGIRequestHandler):
    """Logs no requests."""

    def log_request(self, *_: Any, **__: Any) -> None:
        """Say nothing."""
