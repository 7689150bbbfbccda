"""The HTTP side of the stand-in: loopback only, the protocol of the official client."""

import sys
import threading
from http.server import ThreadingHTTPServer
from socketserver import TCPServer
from types import TracebackType
from typing import Any

from kagglegate._errors import KaggleError
from kagglegate.standin.faults import Fault
from kagglegate.standin.handler import Handler, Service
from kagglegate.standin.site import Site


class Server(Service):
    """A Kaggle of one competition on 127.0.0.1, running inside a ``with`` block; see `Service`.

    Raises:
        KaggleError: the port cannot be used, for instance because another program has it.
    """

    def __init__(self, site: Site, port: int = 0) -> None:
        super().__init__(site)
        self._http = _bound(self, port)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> "Server":
        self.site.open()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
        self.site.close()

    def wait(self) -> None:
        """Keep serving until the program is interrupted (Ctrl-C) or the block is left."""
        self.closing.wait()

    def fail(
        self,
        where: str,
        kind: str,
        times: int | None = 1,
        *,
        message: str = "",
        seconds: float = 0.0,
    ) -> None:
        """Show a fault; see `Fault` for the arguments."""
        self.site.faults.append(Fault(where, kind, times, message, seconds))


class _Loopback(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def server_bind(self) -> None:
        """Bind without asking a name server for our own name, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent when a client goes away, as it does after a time-out."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


def _bound(answering: Service, port: int) -> _Loopback:
    class Bound(Handler):
        service = answering

    try:
        return _Loopback(("127.0.0.1", port), Bound)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise KaggleError(
            f"the stand-in cannot listen on port {port} of 127.0.0.1 ({reason}): stop the program "
            "that uses it or name another port (0 takes a free one)"
        ) from None
