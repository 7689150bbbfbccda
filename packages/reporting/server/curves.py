"""The curves of all images, computed in a thread of the server from the first request on."""

import threading
from collections.abc import Callable, Mapping, Sequence

import jobs
from reporting._errors import ReportError
from reporting.page import encode
from reporting.page.content import Pictures

Say = Callable[[str], object]


class Curves:
    """The curves of the images `ids`, by a thread that the first call of `blob` starts.

    The first image whose curves fail ends the work, since a mean score needs all images.

    Attributes:
        done: how many images are computed.
    """

    def __init__(self, pictures: Pictures, ids: Sequence[str], say: Say) -> None:
        self._pictures, self._ids, self._say = pictures, ids, say
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self.done = 0
        self._blob: bytes | None = None
        self._error = ""

    def blob(self) -> bytes | None:
        """Return the curves, see `encode.curves_blob`; None until all are computed.

        Raises:
            ReportError: it ended with an error.
        """
        with self._lock:
            if self._thread is None and not self._stopped.is_set():
                self._thread = threading.Thread(target=self._work, name="curves", daemon=True)
                self._thread.start()
        if self._error:
            raise ReportError(self._error)
        return self._blob

    def stop(self) -> None:
        """End the work at the images that are being computed, and wait for these."""
        self._stopped.set()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        try:
            parts = list(encode.threaded(self._one, self._ids, self._count))
            self._blob = encode.curves_blob(parts)
        except _Stopped:
            return
        except Exception as error:  # raised by the next `blob`
            self._error = f"the curves cannot be computed: {error}"
            self._say(self._error)

    def _count(self, label: str, done: int, total: int, figures: Mapping[str, float]) -> None:
        self.done = done

    def _one(self, image_id: str) -> bytes:
        if self._stopped.is_set():
            raise _Stopped
        try:
            return encode.curves_of(self._pictures, image_id)
        except Exception as error:
            raise ReportError(f"image {image_id!r}: {reason(error)}") from error


class _Stopped(Exception):
    """The server ends."""


def reason(error: Exception) -> str:
    """Return the message of an error on one line, with its class unless it is a `UserError`."""
    text = " ".join(str(error).split())
    return text if isinstance(error, jobs.UserError) else f"{type(error).__name__}: {text}"
