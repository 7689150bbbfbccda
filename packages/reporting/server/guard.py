"""Who may ask the local server, and what the browser may do with its answers."""

from flask import Flask, Response, abort, request

HOSTS = ("127.0.0.1", "localhost")
READING = ("GET", "HEAD", "OPTIONS")
NOTHING = "default-src 'none'; frame-ancestors 'none'"
PAGE = (
    "default-src 'self' 'unsafe-inline' data: blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""The policy of a page: nothing from elsewhere; the page itself says which scripts may run."""
HEADERS = {
    "Content-Security-Policy": NOTHING,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def guard(app: Flask) -> None:
    """Let an application answer only what this computer asks by its own page.

    A request under another name than `HOSTS` is refused, since a site elsewhere may point its
    name at this computer (DNS rebinding); so is one that writes and comes from another origin.
    Answers carry `HEADERS`, unless they bring their own.
    """
    app.config["TRUSTED_HOSTS"] = list(HOSTS)
    app.before_request(_refuse_other_origins)
    app.after_request(_protect)


def _refuse_other_origins() -> None:
    origin = request.headers.get("Origin")
    own = request.host_url.rstrip("/")
    if request.method not in READING and origin is not None and origin != own:
        abort(403, f"only the page at {own} may write")


def _protect(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
