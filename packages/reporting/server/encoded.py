"""Pictures of a gallery, encoded on request, and the curves of all images, by a thread."""

import functools
import json
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence

from werkzeug.exceptions import InternalServerError, NotFound

import jobs
from reporting._errors import ReportError
from reporting.page import encode
from reporting.page.content import Gallery, Pictures

Say = Callable[[str], object]
SIZES = {192: 75, 384: 80, 1024: 88}
"""Sides of a picture in pixels, and the quality of its WebP."""
KEPT = 512
"""How many answers stay in memory: about 60 MB if all are pictures of 1024 px."""


class Encoded:
    """The pictures of a gallery as bytes.

    Attributes:
        ids: of the images, in the table's order.
    """

    def __init__(self, gallery: Gallery, say: Say) -> None:
        self.ids = [str(image_id) for image_id in gallery.table.index]
        self._gallery, self._say = gallery, say
        self._said: set[str] = set()
        self._session = secrets.token_hex(8)
        self._kept = functools.lru_cache(KEPT)(self._made)

    def image_id(self, k: int) -> str:
        """Return the id of image number `k`; NotFound where there is none."""
        if k >= len(self.ids):
            raise NotFound(f"there is no image {k}: the page has {len(self.ids)}, from 0")
        return self.ids[k]

    def tag(self, kind: str, k: int, size: int) -> str:
        """Return a name of the answer for as long as this server runs, without making it."""
        return f"{self._session}-{kind}-{k}-{size}"

    def data(self, kind: str, image_id: str, size: int = 0) -> bytes | None:
        """Return an "image" of that size as WebP, a "map" as PNG or "outlines" as JSON.

        None for an image without a map.

        Raises:
            InternalServerError: it cannot be made, for instance because the file is damaged.
        """
        try:
            return self._kept(kind, image_id, size)
        except Exception as error:
            message = f"image {image_id!r}: {reason(error)}"
            if message not in self._said:
                self._said.add(message)
                self._say(message)
            raise InternalServerError(message) from error

    def _made(self, kind: str, image_id: str, size: int) -> bytes | None:
        pictures = self._gallery.pictures
        if kind == "image":
            return encode.image_bytes(pictures, image_id, size, SIZES[size])
        if kind == "map":
            return encode.map_bytes(pictures, image_id)
        return json.dumps(encode.outlines(pictures, image_id, self._gallery.shape)).encode()


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
