"""Embedding of a gallery's pictures in the page, within a limit on the size of the page."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

import jobs
from reporting._errors import ReportError
from reporting.page import encode
from reporting.page.content import Gallery

STEPS = ((512, 70), (448, 65), (384, 60), (320, 58), (256, 58), (192, 55), (160, 50), (128, 45))
"""Side in pixels and WebP quality of the thumbnails; the first pair that fits is used."""
SAMPLE = 24
"""Number of images from which the total size is estimated."""
FRAME = 64
"""Bytes of JSON per image in addition to its pictures."""


@dataclass(frozen=True)
class Embedded:
    """The embedded pictures, one entry per row; None for an image without pictures.

    Attributes:
        images: WebP in base64.
        maps: PNG in base64; None also for an image without a probability map.
        outlines: SVG path data, see `encode.outlines`.
        curves: curves of all images, gzip in base64.
        full: relative URL of the folder of full-size pictures; "" without one.
    """

    images: list[str | None]
    maps: list[str | None]
    outlines: list[dict[str, str | None] | None]
    curves: str
    full: str

    def pictures(self) -> dict[str, Any]:
        """Return the data of the page's script except the curves, as JSON types."""
        return {name: one for name, one in vars(self).items() if name != "curves"}


def embed(
    gallery: Gallery, room: int, *, report: jobs.Report = jobs.silent, full: str = ""
) -> Embedded:
    """Return the pictures of a gallery, encoded in at most `room` bytes.

    The curves of all images are always included. The thumbnails have the first size and quality of
    `STEPS` at which all images fit. If not all fit at the smallest, images with a true or predicted
    mask have priority, then the order of the table.

    Raises:
        ReportError: the curves alone do not fit.
    """
    ids = [str(image_id) for image_id in gallery.table.index]
    parts = list(encode.threaded(partial(_parts, gallery), ids, report, "masks"))
    curves = base64.b64encode(encode.curves_blob(part[2] for part in parts)).decode()
    room -= len(curves)
    if room < 0:
        raise ReportError(
            f"{len(ids):,} images do not fit into one file, even without pictures: use "
            "`tools view`, or report on fewer images"
        )
    maps = [part[0] for part in parts]
    shapes = [part[1] for part in parts]
    fixed = [_size(one) + len(str(shape)) + FRAME for one, shape in zip(maps, shapes, strict=True)]
    images = _thumbnails(gallery, ids, room - sum(fixed), report)
    kept = _kept(gallery, [a + _size(b) for a, b in zip(fixed, images, strict=True)], room)
    return Embedded(_only(images, kept), _only(maps, kept), _only(shapes, kept), curves, full)


def _parts(gallery: Gallery, image_id: str) -> tuple[str | None, dict[str, str | None], bytes]:
    pictures = gallery.pictures
    levels = encode.map_bytes(pictures, image_id)
    return (
        None if levels is None else base64.b64encode(levels).decode(),
        encode.outlines(gallery, image_id),
        encode.curves_of(pictures, image_id),
    )


def _thumbnails(gallery: Gallery, ids: Sequence[str], room: int, report: jobs.Report) -> list[str]:
    if not ids:
        return []
    sample = [ids[k] for k in np.unique(np.linspace(0, len(ids) - 1, SAMPLE).astype(int))]
    for step in STEPS[:-1]:
        thumbnail = partial(_thumbnail, gallery, step)
        guess = sum(map(len, encode.threaded(thumbnail, sample))) / len(sample) * len(ids)
        if guess <= room:
            images = list(encode.threaded(thumbnail, ids, report, "thumbnails"))
            if sum(map(len, images)) <= room:
                return images
    smallest = partial(_thumbnail, gallery, STEPS[-1])
    return list(encode.threaded(smallest, ids, report, "thumbnails"))


def _thumbnail(gallery: Gallery, step: tuple[int, int], image_id: str) -> str:
    return base64.b64encode(encode.image_bytes(gallery.pictures, image_id, *step)).decode()


def _kept(gallery: Gallery, sizes: list[int], room: int) -> np.ndarray:
    """Return whether each image is embedded with its pictures, bool `(n,)`."""
    order = np.argsort(~_with_mask(gallery.table), kind="stable")
    fits = np.cumsum(np.asarray(sizes)[order]) <= room
    kept = np.zeros(len(sizes), bool)
    kept[order[fits]] = True
    return kept


def _with_mask(table: pd.DataFrame) -> np.ndarray:
    held = np.zeros(len(table), bool)
    for name in ("positive", "drawn"):
        if name in table:
            held |= (table[name] == True).to_numpy(bool, na_value=False)  # noqa: E712
    return held


def _only(values: Sequence[Any], kept: np.ndarray) -> list[Any]:
    return [value if stays else None for value, stays in zip(values, kept, strict=True)]


def _size(text: str | None) -> int:
    return len(text or "")
