"""A gallery's pictures inside the page, as many as fit its limit of size."""

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
"""Side in pixels and quality of the thumbnails, best first; the first that fits is taken."""
SAMPLE = 24
"""Images from which the size of all is estimated."""
FRAME = 64
"""Bytes of JSON around the pictures of one image."""


@dataclass(frozen=True)
class Embedded:
    """The pictures that go into the page, by row; None where an image's are left out.

    Attributes:
        images: WebP in base64.
        maps: PNG in base64; None also where there is no map.
        outlines: SVG path data, see `encode.outlines`.
        curves: of all images, gzip in base64.
        full: relative address of the folder with the full-size pictures; "" for none.
    """

    images: list[str | None]
    maps: list[str | None]
    outlines: list[dict[str, str | None] | None]
    curves: str
    full: str

    def pictures(self) -> dict[str, Any]:
        """Return what the page's script reads, JSON-able."""
        return {name: one for name, one in vars(self).items() if name != "curves"}


def embed(
    gallery: Gallery, room: int, *, report: jobs.Report = jobs.silent, full: str = ""
) -> Embedded:
    """Return the pictures of a gallery in at most `room` bytes of page.

    The curves of all images come first. Thumbnails get smaller and coarser in steps until all
    images fit; where not even the smallest do, images with a true or predicted mask come first,
    then the others in the table's order, as far as there is room.

    Raises:
        ReportError: not even the curves fit.
    """
    ids = [str(image_id) for image_id in gallery.table.index]
    parts = list(encode.threaded(partial(_parts, gallery), ids, report, "masks"))
    curves = base64.b64encode(encode.curves_blob(part[2] for part in parts)).decode()
    room -= len(curves)
    if room < 0:
        raise ReportError(
            f"{len(ids):,} images do not fit a page of its limit of size, even without pictures: "
            "look at them with `tools view`, or report on fewer"
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
        encode.outlines(pictures, image_id, gallery.shape),
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
    """Return which images keep their pictures, bool `(n,)`."""
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
