"""Encoding of an image, its probability map, its outlines and its curves as bytes."""

import gzip
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import cv2
import numpy as np

import drawing
import jobs
from reporting.page.content import Gallery, Pictures

LEVELS = 256
CURVE_BYTES = 2 * 4 * LEVELS
"""Bytes of the curves of one image."""
MAP_SIDE = 96

Item = TypeVar("Item")
Result = TypeVar("Result")


def image_bytes(pictures: Pictures, image_id: str, size: int, quality: int) -> bytes:
    """Return the image as WebP of `size` x `size` pixels; `quality` is 1..100."""
    return drawing.webp_bytes(pictures.image(image_id, size), quality)


def map_bytes(pictures: Pictures, image_id: str, side: int = MAP_SIDE) -> bytes | None:
    """Return the probability map as grey PNG of at most `side` x `side`; None without a map.

    Larger maps are reduced by area averaging. Outlines of a reduced map are approximate; areas and
    scores are read from the curves, which are computed at full size.
    """
    levels = pictures.probability_map(image_id)
    if levels is None:
        return None
    if max(levels.shape) > side:
        levels = cv2.resize(levels, (side, side), interpolation=cv2.INTER_AREA)
    return drawing.png_bytes(levels)


def outlines(gallery: Gallery, image_id: str) -> dict[str, str | None]:
    """Return the outlines of the masks, `{"truth", "prediction", "other"}`: SVG path data, or None.

    The view box is `0 0 w h` of the gallery's shape; masks of another size are resized. The entry
    "other" is absent if the gallery has no other predictions.
    """
    pictures, shape = gallery.pictures, gallery.shape
    found = {
        "truth": _outline(pictures.truth(image_id), shape),
        "prediction": _outline(pictures.prediction(image_id), shape),
    }
    if gallery.other:
        found["other"] = _outline(pictures.other(image_id), shape)
    return found


def curves_of(pictures: Pictures, image_id: str) -> bytes:
    """Return the curves of one image: 256 uint32 areas, then 256 float32 scores, little-endian.

    Areas are 0 without a probability map; unknown scores are NaN.
    """
    area, score = pictures.curves(image_id) or (None, None)
    areas = np.zeros(LEVELS, "<u4") if area is None else np.asarray(area).astype("<u4")
    scores = np.full(LEVELS, np.nan, "<f4") if score is None else np.asarray(score).astype("<f4")
    if areas.shape != (LEVELS,) or scores.shape != (LEVELS,):
        raise ValueError(f"curves have {LEVELS} levels, not {areas.shape} and {scores.shape}")
    return areas.tobytes() + scores.tobytes()


def curves_blob(curves: Iterable[bytes]) -> bytes:
    """Return the curves of all images, in the order of the table, compressed by gzip."""
    return gzip.compress(b"".join(curves), compresslevel=6, mtime=0)


def threaded(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    report: jobs.Report = jobs.silent,
    label: str = "",
) -> Iterator[Result]:
    """Yield `function(item)` for all items, in order, computed in parallel threads.

    OpenCV and the image readers release the global interpreter lock.
    """
    report(label, 0, len(items), {})
    with ThreadPoolExecutor(jobs.available_cores()) as pool:
        for done, result in enumerate(pool.map(function, items), start=1):
            report(label, done, len(items), {})
            yield result


def _outline(mask: np.ndarray | None, shape: tuple[int, int]) -> str | None:
    if mask is None:
        return None
    if mask.shape != tuple(shape):
        mask = cv2.resize(
            mask.astype(np.uint8), (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST
        )
    return drawing.outline_path(mask)
