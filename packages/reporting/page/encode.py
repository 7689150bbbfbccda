"""What the page shows of one image, as bytes: image, soft map, outlines, curves."""

import gzip
from collections.abc import Iterable

import cv2
import numpy as np

import drawing
from reporting.page.content import Pictures

LEVELS = 256
CURVE_BYTES = 2 * 4 * LEVELS
"""Bytes of one image in the table of curves."""
MAP_SIDE = 96


def image_bytes(pictures: Pictures, image_id: str, size: int, quality: int) -> bytes:
    """Return the image as WebP of `size` x `size`; quality 1..100."""
    return drawing.webp_bytes(pictures.image(image_id, size), quality)


def map_bytes(pictures: Pictures, image_id: str, side: int = MAP_SIDE) -> bytes | None:
    """Return the soft map as grey PNG, reduced by area to at most `side` x `side`.

    None where there is no map. A reduced map is smoother than the real one: masks cut from it show
    where, while areas and scores come from the curves.
    """
    soft = pictures.soft(image_id)
    if soft is None:
        return None
    if max(soft.shape) > side:
        soft = cv2.resize(soft, (side, side), interpolation=cv2.INTER_AREA)
    return drawing.png_bytes(soft)


def outlines(pictures: Pictures, image_id: str, shape: tuple[int, int]) -> dict[str, str | None]:
    """Return `{"truth", "decided"}`: SVG path data in a view box of `0 0 w h`, or None.

    Args:
        shape: `(h, w)` of the view box; masks of another size are brought to it.
    """
    return {
        "truth": _outline(pictures.truth(image_id), shape),
        "decided": _outline(pictures.decided(image_id), shape),
    }


def curve_bytes(area: np.ndarray | None, score: np.ndarray | None) -> bytes:
    """Return the curves of one image: 256 uint32 areas, then 256 float32 scores, little-endian.

    Args:
        area: `(256,)` pixels of level c or more; None where there is no map, which gives zeros.
        score: `(256,)` score of the mask cut at c; None where it is not known, which gives NaN.
    """
    areas = np.zeros(LEVELS, "<u4") if area is None else np.asarray(area).astype("<u4")
    scores = np.full(LEVELS, np.nan, "<f4") if score is None else np.asarray(score).astype("<f4")
    if areas.shape != (LEVELS,) or scores.shape != (LEVELS,):
        raise ValueError(f"curves have {LEVELS} levels, not {areas.shape} and {scores.shape}")
    return areas.tobytes() + scores.tobytes()


def curves_of(pictures: Pictures, image_id: str) -> bytes:
    """Return the curves of one image of a gallery, see `curve_bytes`."""
    area, score = pictures.curves(image_id) or (None, None)
    return curve_bytes(area, score)


def curves_blob(curves: Iterable[bytes]) -> bytes:
    """Return the curves of all images, in the table's order, as one gzip file."""
    return gzip.compress(b"".join(curves), compresslevel=6, mtime=0)


def _outline(mask: np.ndarray | None, shape: tuple[int, int]) -> str | None:
    if mask is None:
        return None
    if mask.shape != tuple(shape):
        mask = cv2.resize(
            mask.astype(np.uint8), (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST
        )
    return drawing.outline_path(mask)
