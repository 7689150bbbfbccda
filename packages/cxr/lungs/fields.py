"""Segment the lungs, the dark fields beside the midline, by classical image processing."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.filters import threshold_otsu

from imagefeatures import Floats, check_image, normalised

SIDE = 256
"""Side of the masks in pixels; the image is reduced to this size for the search."""

AIR = 0.12
"""Grey value below which regions that touch the border of the image are air around the patient."""
SURROUNDINGS = 30.0
"""Sigma, in pixels of 256, of the Gaussian mean of a pixel's surroundings."""
OPENINGS = (4.5, 7.5, 10.5, 14.5)
"""Radii of the opening, tried in turn until the field is plausible."""
CLOSING = 15.5
"""Radius of the closing over the shadows of ribs, clavicles and electrodes."""
AREAS = (0.02, 0.24)
"""Least and largest area of one lung, as a share of the image."""
LEAST_HEIGHT = 0.17
LEAST_SOLIDITY = 0.78
"""Least ratio of a lung's area to the area of its convex hull; a leak lowers the ratio."""
LEAST_INSIDE = 0.6
"""Least share of a lung in the expected region, where the prior is above `EXPECTED`."""
LARGEST_RATIO = 4.0
"""Largest ratio of the areas of the two lungs."""
CENTRE, WIDTH = (0.30, 0.43), (0.13, 0.22)
"""Centre and sigma (x, y) of the Gaussian prior of the lung at the left of the image."""
EXPECTED = 0.35
"""Value of the Gaussian prior above which a lung is expected."""

LEAST_BOX = 96
"""Least width and height of the box around both lungs, in 256ths of the side."""

FLATTEST = 0.8
"""Least ratio of height to width of the box. An opaque lung base ends the field too early; the box
is then extended downwards."""

WHOLE = (0, 0, SIDE, SIDE)

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class LungFields:
    """Masks of both lungs of an image.

    Attributes:
        left: lung at the left of the image (in a PA or AP view the patient's right lung), bool
            `(256, 256)` for any size of the image.
        right: lung at the right of the image, like `left`.
        quality: 1 if both lungs are found, 0.5 if one is found and mirrored, 0 if none is found
            and both are the default ellipses.
        reason: why quality is below 1, else empty.
    """

    left: Mask
    right: Mask
    quality: float
    reason: str = ""


def lung_fields(image: NDArray[np.uint8]) -> LungFields:
    """Return the lung fields of `image`, uint8 `(h, w)`.

    Air around the patient is replaced by tissue. Pixels darker than their surroundings by Otsu's
    threshold (1979) are opened with growing radii until the component with the largest sum of the
    lung's prior is plausible; a closing then fills the ribs. The result is independent of gain and
    offset of the image, and mirroring the image mirrors the fields.

    Raises:
        ValueError: `image` is not uint8 `(h, w)` of at least 32 x 32.
    """
    check_image(image)
    small = np.asarray(cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
    dark = _darkness(normalised(small))
    if not np.ptp(dark):
        return LungFields(*_defaults(), 0.0, "the image is constant")
    middle = _middle(dark)
    found = [_find(dark, blob, middle, side) for side, blob in enumerate(_blobs())]
    return _completed(found, middle)


def lung_box(image: NDArray[np.uint8], margin: float) -> tuple[int, int, int, int]:
    """Return the bounding box of both lungs, or the whole image if no plausible pair is found.

    Args:
        image: uint8 `(h, w)`.
        margin: margin at each side, as a share of the width and height of the box.

    Returns:
        left, top, right, bottom in 256ths of the side; right and bottom are exclusive.

    Raises:
        ValueError: `image` is not uint8 `(h, w)` of at least 32 x 32.
    """
    fields = lung_fields(image)
    if not fields.quality:
        return WHOLE
    lungs = fields.left | fields.right
    left, right = _ends(np.asarray(lungs.any(axis=0)))
    top, bottom = _ends(np.asarray(lungs.any(axis=1)))
    bottom = max(bottom, min(SIDE, top + round(FLATTEST * (right - left))))
    if min(right - left, bottom - top) < LEAST_BOX:
        return WHOLE
    beside, above = round(margin * (right - left)), round(margin * (bottom - top))
    return (
        max(0, left - beside),
        max(0, top - above),
        min(SIDE, right + beside),
        min(SIDE, bottom + above),
    )


def fields_of(image: NDArray[np.uint8]) -> LungFields:
    """Return `lung_fields` of `image`; the last result is cached for families that share it."""
    return _kept_fields(image.shape, image.tobytes())


@lru_cache(maxsize=1)
def _kept_fields(shape: tuple[int, ...], pixels: bytes) -> LungFields:
    return lung_fields(np.frombuffer(pixels, np.uint8).reshape(shape))


def _darkness(grey: Floats) -> Floats:
    """Return the darkness of every pixel relative to its surroundings, float32 `(h, w)`."""
    grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), 2.0), np.float32)
    air = cv2.GaussianBlur(_outside(grey).astype(np.float32), (0, 0), 1.0)
    tissue = grey * (1 - air) + air * max(0.6, float(np.median(grey)))
    return np.asarray(cv2.GaussianBlur(tissue, (0, 0), SURROUNDINGS) - tissue, np.float32)


def _outside(grey: Floats) -> Mask:
    """Return the mask of the dark components that touch the border."""
    _, labels = cv2.connectedComponents((grey < AIR).astype(np.uint8))
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return np.isin(labels, rim[rim > 0])


def _find(dark: Floats, blob: Floats, middle: float, side: int) -> Mask | None:
    """Return the lung at side 0 (left) or 1 (right) of `middle`, or None; `blob` is its prior."""
    threshold = threshold_otsu(dark[SIDE // 8 : SIDE * 25 // 32, SIDE // 8 : -SIDE // 8])
    across = np.arange(SIDE)
    candidates = (dark > threshold) & (across < middle if side == 0 else across > middle)
    for radius in OPENINGS:
        lung = _best_component(_grown(_shrunk(candidates, radius), radius), blob)
        if lung is not None and _plausible(lung, blob):
            return _closed(lung)
    return None


def _middle(dark: Floats) -> float:
    """Return the brightest column of the central quarter, the spine and mediastinum."""
    third = slice(SIDE * 3 // 8, SIDE * 5 // 8)
    column = cv2.GaussianBlur(dark[SIDE // 8 : SIDE * 3 // 4].mean(0)[None], (0, 0), 4.0)[0]
    return third.start + float(np.argmin(column[third]))


def _best_component(opened: Mask, blob: Floats) -> Mask | None:
    n, labels = cv2.connectedComponents(opened.astype(np.uint8))
    if n < 2:
        return None
    share = np.bincount(labels.ravel(), blob.ravel(), n)[1:]
    return np.asarray(labels == 1 + int(share.argmax()))


def _plausible(lung: Mask, blob: Floats) -> bool:
    rows, columns = np.flatnonzero(lung.any(1)), np.flatnonzero(lung.any(0))
    inside = rows[0] > 2 and columns[0] > 1 and columns[-1] < SIDE - 2
    return bool(
        inside
        and AREAS[0] < lung.mean() < AREAS[1]
        and rows.size > LEAST_HEIGHT * SIDE
        and (blob[lung] > EXPECTED).mean() > LEAST_INSIDE
        and _solidity(lung) > LEAST_SOLIDITY
    )


def _solidity(lung: Mask) -> float:
    points = cv2.findNonZero(lung.astype(np.uint8))
    return float(lung.sum() / max(cv2.contourArea(cv2.convexHull(points)), 1.0))


def _closed(lung: Mask) -> Mask:
    """Return the lung after a closing over the ribs, with holes filled."""
    edge = int(CLOSING) + 1
    closed = _shrunk(_grown(np.pad(lung, edge), CLOSING), CLOSING).astype(np.uint8)
    outlines = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    cv2.drawContours(closed, outlines, -1, 1, cv2.FILLED)
    return closed[edge:-edge, edge:-edge] != 0


def _grown(mask: Mask, radius: float) -> Mask:
    """Return `mask` dilated by a disc of `radius`."""
    if not mask.any():
        return mask
    return np.asarray(_distance(~mask) <= radius)


def _shrunk(mask: Mask, radius: float) -> Mask:
    return np.asarray(_distance(mask) > radius)


def _distance(mask: Mask) -> Floats:
    """Return the distance of every pixel of `mask` to the nearest pixel outside, in pixels."""
    precise = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(precise, np.float32)


def _completed(found: list[Mask | None], middle: float) -> LungFields:
    left, right = found
    if left is not None and right is not None:
        areas = sorted([left.mean(), right.mean()])
        if areas[1] < LARGEST_RATIO * areas[0]:
            return LungFields(left, right, 1.0)
        left, right = (left, None) if left.mean() > right.mean() else (None, right)
    if left is not None:
        return LungFields(
            left, _mirrored(left, middle), 0.5, "no plausible lung field on the right"
        )
    if right is not None:
        return LungFields(
            _mirrored(right, middle), right, 0.5, "no plausible lung field on the left"
        )
    return LungFields(*_defaults(), 0.0, "no plausible lung field on either side")


def _mirrored(lung: Mask, middle: float) -> Mask:
    """Return the lung mirrored about the column `middle`."""
    columns = np.round(2 * middle - np.arange(SIDE)).astype(np.int64)
    inside = (columns >= 0) & (columns < SIDE)
    return np.asarray(lung[:, np.clip(columns, 0, SIDE - 1)] & inside)


def _blobs() -> tuple[Floats, Floats]:
    down, across = (np.mgrid[:SIDE, :SIDE] + 0.5) / SIDE
    far = ((across - CENTRE[0]) / WIDTH[0]) ** 2 + ((down - CENTRE[1]) / WIDTH[1]) ** 2
    left = np.exp(-far / 2).astype(np.float32)
    return left, left[:, ::-1]


def _defaults() -> tuple[Mask, Mask]:
    """Return the default ellipses, where the priors are above 0.43 of their maximum."""
    left, right = (blob > 0.43 for blob in _blobs())
    return left, right


def _ends(line: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the index of the first true element and one past the index of the last."""
    places = np.flatnonzero(line)
    return int(places[0]), int(places[-1]) + 1
