"""HTTP server of the stand-in, on the loopback interface only."""

import base64
import json
import socket
import struct
import sys
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from kagglegate._errors import KaggleError
from kagglegate.standin.faults import Fault, error_body
from kagglegate.standin.kernels import KERNEL_METHODS
from kagglegate.standin.methods import COMPETITIONS, METHODS, OPEN, Call
from kagglegate.standin.site import Refused, Site

PAGE = b"<!doctype html><html><head><title>Log in</title></head><body>Log in</body></html>"


@dataclass(frozen=True)
class Seen:
    """A received request: method, "storage" or "upload"; Authorization and Range headers."""

    where: str
    authorization: str
    range: str


class Server:
    """A stand-in for Kaggle with one competition on 127.0.0.1, running in a ``with`` block.

    Attributes:
        site: the competition; its fields may be changed while the server runs.
        url: address of the server.
        token, username, key: the accepted credentials.
        requests: the received requests, in order.
        closing: set at the end of the block; ends the delays of slow replies.

    Raises:
        KaggleError: the port cannot be used, for instance because it is in use.
    """

    token, username, key = "standin-token", "standin", "standin-key"

    def __init__(self, site: Site, port: int = 0) -> None:
        self.site = site
        self.requests: list[Seen] = []
        self.closing = threading.Event()
        try:
            self._http = _Loopback(("127.0.0.1", port), _Handler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise KaggleError(
                f"the stand-in cannot listen on port {port} of 127.0.0.1 ({reason}): stop the "
                "program that uses it or name another port (0 chooses a free port)"
            ) from None
        self._http.answering = self
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> "Server":
        self.site.open()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
        self.site.close()

    def wait(self) -> None:
        """Keep serving until the program is interrupted (Ctrl-C) or the block is left.

        A signal that arrives just before the thread waits would not wake it.
        """
        while not self.closing.wait(0.5):
            pass

    def accepts(self, authorization: str) -> bool:
        """Return whether an Authorization header holds the valid token or key."""
        pair = base64.b64encode(f"{self.username}:{self.key}".encode()).decode()
        return authorization in (f"Bearer {self.token}", f"Basic {pair}")

    def count(self, where: str) -> int:
        """Return the number of requests of a method (or "storage", "upload")."""
        return sum(seen.where == where for seen in self.requests)

    def fail(
        self,
        where: str,
        kind: str,
        times: int | None = 1,
        *,
        message: str = "",
        seconds: float = 0.0,
    ) -> None:
        """Simulate a fault; the arguments are the attributes of `Fault`."""
        self.site.faults.append(Fault(where, kind, times, message, seconds))


class _Loopback(ThreadingHTTPServer):
    answering: Server
    daemon_threads = True
    block_on_close = False

    def server_bind(self) -> None:
        """Bind without a DNS request for the host name, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore connections that the client has closed, for instance after a time-out."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Handler of one connection, closed after each reply."""

    server: _Loopback

    @property
    def ours(self) -> Server:
        """The stand-in that received the request."""
        return self.server.answering

    def log_message(self, format: str, *args: Any) -> None:
        """Write no log; `Server.requests` holds the requests."""

    def do_POST(self) -> None:
        """Process a remote procedure call."""
        service, _, method = self._route().removeprefix("/api").removeprefix("/v1/").partition("/")
        body = self._body()
        self._answer(method or service, lambda: self._call(service, method, body))

    def do_PUT(self) -> None:
        """Receive an upload."""
        body = self._body()
        self._answer("upload", lambda: self._upload(body))

    def do_GET(self) -> None:
        """Send a file."""
        self._answer("storage", self._storage)

    def _answer(self, where: str, act: Callable[[], None]) -> None:
        """Record the request, then simulate its fault or process it."""
        headers = self.headers
        seen = Seen(where, headers.get("Authorization", ""), headers.get("Range", ""))
        self.ours.requests.append(seen)
        self.fault: Fault | None = self.ours.site.fault(where)
        kind = self.fault.kind if self.fault else ""
        if self.fault is not None and kind == "slow":
            self.ours.closing.wait(self.fault.seconds)
        if kind == "reset":
            self._reset()
        elif kind == "html":
            self._send(200, PAGE, "text/html")
        elif self.fault is not None and kind.isdigit():
            self._refuse(Refused(int(kind), self.fault.message), self.fault.seconds)
        else:
            try:
                act()
            except Refused as refused:
                self._refuse(refused)

    def _call(self, service: str, method: str, body: bytes) -> None:
        """Run a procedure after checks of credentials, method and competition, in this order."""
        ours, authorization = self.ours, self.headers.get("Authorization", "")
        if method != "IntrospectToken" and not ours.accepts(authorization):
            raise Refused(401)
        procedure = (METHODS | KERNEL_METHODS).get((service, method))
        if procedure is None:
            raise Refused(404)
        sent = json.loads(body or b"{}")
        if service == COMPETITIONS and method not in OPEN:
            ours.site.require(str(sent.get("competitionName", "")))
        reply = procedure(Call(ours.site, ours.url, ours.token, ours.username, sent))
        if isinstance(reply, str):
            self._send(302, b"", "text/plain", {"Location": reply})
        else:
            self._send(200, json.dumps(reply).encode(), "application/json")

    def _upload(self, body: bytes) -> None:
        token = Path(self._route()).name
        target = self.ours.site.folder / "uploads" / token
        if not target.with_suffix(".name").exists():
            raise Refused(404)
        target.write_bytes(body)
        self._send(200, b"", "text/plain")

    def _storage(self) -> None:
        kind, _, name = unquote(self._route()).removeprefix("/storage/").partition("/")
        if kind not in ("archive", "files"):
            raise Refused(404)
        site = self.ours.site
        data = (site.archive() if kind == "archive" else site.file(name)).read_bytes()
        tag = f'"{len(data):x}-{hash(data) & 0xFFFFFFFF:x}"'
        if self.fault is not None and self.fault.kind == "changed":
            tag = f'"{uuid.uuid4().hex}"'
        start = self._start(tag, len(data))
        headers = {
            "Accept-Ranges": "bytes",
            "ETag": tag,
            "Last-Modified": "Fri, 21 Jun 2019 00:00:00 GMT",
        }
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        type_ = "zip" if self._route().endswith(".zip") else "octet-stream"
        self._send(206 if start else 200, data[start:], f"application/{type_}", headers)

    def _start(self, tag: str, size: int) -> int:
        """Return the first byte of the requested range; 0 if the file has changed."""
        asked = self.headers.get("Range", "")
        if not asked.startswith("bytes=") or self.headers.get("If-Range", tag) != tag:
            return 0
        start = int(asked.removeprefix("bytes=").partition("-")[0] or 0)
        if start >= size:
            raise Refused(416, "Range not satisfiable")
        return start

    def _send(
        self, status: int, body: bytes, content: str, headers: dict[str, str] | None = None
    ) -> None:
        kind = self.fault.kind if self.fault is not None else ""
        if kind == "lost":
            self._reset()
            return
        if kind == "corrupt" and body:
            middle = len(body) // 2
            body = body[:middle] + bytes([body[middle] ^ 0xFF]) + body[middle + 1 :]
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", content)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        half = len(body) // 2 if kind in ("truncate", "stall") else len(body)
        self.wfile.write(body[:half])
        if self.fault is not None and kind == "stall":
            self.ours.closing.wait(self.fault.seconds)
            self.wfile.write(body[half:])

    def _refuse(self, refused: Refused, seconds: float = 0.0) -> None:
        headers = {"Retry-After": f"{seconds:.0f}"} if seconds else {}
        body = json.dumps(error_body(refused.code, refused.message)).encode()
        self._send(refused.code, body, "application/json", headers)

    def _reset(self) -> None:
        """Close the connection without a reply."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _route(self) -> str:
        """Return the path of the request; with HTTP_PROXY the request line holds the whole URL."""
        return urlsplit(self.path).path
