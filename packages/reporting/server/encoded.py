"""The encoded pictures of a gallery, made on request; the last ones are kept in memory."""

import functools
import json
import secrets

from werkzeug.exceptions import InternalServerError, NotFound

from reporting.page import encode
from reporting.page.content import Gallery
from reporting.server.curves import Say, reason

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
