"""Post-processing of masks."""

from collections.abc import Callable

import cv2
import numpy as np

NONE = "none"
SHARE = 0.1
"""Components below this share of the largest one are small."""


def postprocess(mask: np.ndarray, option: str) -> np.ndarray:
    """Return the mask, bool `(h, w)`, after one of `OPTIONS`."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if option == NONE or not len(rows):
        return mask
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    processed = np.zeros_like(mask)
    processed[box] = OPTIONS[option](np.ascontiguousarray(mask[box]).view(np.uint8)).astype(bool)
    return processed


def _filled(mask: np.ndarray) -> np.ndarray:
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(mask.copy(), contours, -1, 1, cv2.FILLED)


def _hulls(mask: np.ndarray) -> np.ndarray:
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hulls = [cv2.convexHull(contour) for contour in contours]
    return cv2.drawContours(mask.copy(), hulls, -1, 1, cv2.FILLED)


def _largest(mask: np.ndarray, count: int) -> np.ndarray:
    labels, areas = _pieces(mask)
    kept = 1 + np.argsort(-areas, kind="stable")[:count]
    return np.isin(labels, kept)


def _without_small(mask: np.ndarray) -> np.ndarray:
    labels, areas = _pieces(mask)
    kept = 1 + np.flatnonzero(areas >= SHARE * areas.max())
    return np.isin(labels, kept)


def _pieces(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return labels, boxes[1:, cv2.CC_STAT_AREA]


OPTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    NONE: lambda mask: mask,
    "holes filled": _filled,
    "small pieces dropped": _without_small,
    "largest piece": lambda mask: _largest(mask, 1),
    "largest two pieces": lambda mask: _largest(mask, 2),
    "convex pieces": _hulls,
}
"""Each takes and returns uint8 or bool `(h, w)`; from the simplest."""
