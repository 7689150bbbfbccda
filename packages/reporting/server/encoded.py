"""Pictures encoded on request, and curves of all images computed in the background."""

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
"""WebP quality by side in pixels."""
KEPT = 512
"""Size of the cache of responses; about 60 MB if all are images of 1024 x 1024 pixels."""


class Encoded:
    """The encoded pictures of a gallery.

    Attributes:
        ids: image ids in the order of the table.
    """

    def __init__(self, gallery: Gallery, say: Say) -> None:
        self.ids = [str(image_id) for image_id in gallery.table.index]
        self._gallery, self._say = gallery, say
        self._said: set[str] = set()
        self._session = secrets.token_hex(8)
        self._kept = functools.lru_cache(KEPT)(self._made)

    def image_id(self, k: int) -> str:
        """Return the id of the image in row `k`, from 0.

        Raises:
            NotFound: the table has no such row.
        """
        if k >= len(self.ids):
            raise NotFound(f"no image {k}: the page has {len(self.ids)} images, numbered from 0")
        return self.ids[k]

    def tag(self, kind: str, k: int, size: int) -> str:
        """Return the ETag of a response; valid while this server runs."""
        return f"{self._session}-{kind}-{k}-{size}"

    def data(self, kind: str, image_id: str, size: int = 0) -> bytes | None:
        """Return an encoded picture: "image" as WebP, "map" as PNG, "outlines" as JSON.

        Args:
            kind: "image", "map" or "outlines".
            size: side in pixels, for "image" only.

        Returns:
            The bytes; None for the map of an image without a probability map.

        Raises:
            InternalServerError: the picture cannot be encoded, for instance of a damaged file.
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
        return json.dumps(encode.outlines(self._gallery, image_id)).encode()


class Curves:
    """The curves of the images `ids`, computed in a thread that the first call of `blob` starts.

    The computation stops at the first image that fails, because a mean score needs all images.

    Attributes:
        done: number of images computed.
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
            ReportError: the computation failed.
        """
        with self._lock:
            if self._thread is None and not self._stopped.is_set():
                self._thread = threading.Thread(target=self._work, name="curves", daemon=True)
                self._thread.start()
        if self._error:
            raise ReportError(self._error)
        return self._blob

    def stop(self) -> None:
        """Stop the computation; wait for the images in progress."""
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
        except Exception as error:  # raised by the next call of `blob`
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
    """Stops the computation of curves when the server stops."""


def reason(error: Exception) -> str:
    """Return an error's message on one line, preceded by its class unless it is a `UserError`."""
    text = " ".join(str(error).split())
    return text if isinstance(error, jobs.UserError) else f"{type(error).__name__}: {text}"
