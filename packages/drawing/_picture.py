"""Contact sheets of images with mask outlines, outlines as SVG paths, PNG and WebP encoding."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

import jobs

# Blue and orange of Okabe & Ito's colour-blind safe palette, in OpenCV's BGR order.
TRUTH = (233, 180, 86)
PREDICTION = (0, 159, 230)
INK = (235, 235, 235)
CAPTION = 22
PRECISION = 800
"""Default tolerance of an outline: the longer side of the mask divided by this."""


@dataclass(frozen=True)
class Panel:
    """One image of a contact sheet.

    Attributes:
        image: uint8 `(h, w)`.
        truth: 0/1 `(h', w')` true mask, or None if unknown.
        prediction: 0/1 `(h', w')` predicted mask, or None.
        caption: one short line.
    """

    image: np.ndarray
    truth: np.ndarray | None = None
    prediction: np.ndarray | None = None
    caption: str = ""


def panel(content: Panel, size: int = 256) -> np.ndarray:
    """Return one rendered panel, uint8 BGR `(size + caption, size, 3)`."""
    grey = cv2.resize(content.image, (size, size), interpolation=cv2.INTER_AREA)
    picture = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    for mask, colour in ((content.truth, TRUTH), (content.prediction, PREDICTION)):
        if mask is not None:
            cv2.drawContours(picture, _contours(mask, size), -1, colour, 1, cv2.LINE_AA)
    return np.vstack([picture, _line(size, (4, content.caption, INK))])


def contact_sheet(panels: Sequence[Panel], columns: int = 6, size: int = 256) -> np.ndarray:
    """Return a grid of panels with a legend above, uint8 BGR `(h, w, 3)`."""
    if not panels:
        raise ValueError("a contact sheet needs at least one panel")
    pictures = [panel(content, size) for content in panels]
    columns = min(columns, len(pictures))
    blank = np.zeros_like(pictures[0])
    pictures += [blank] * (-len(pictures) % columns)
    rows = [np.hstack(pictures[i : i + columns]) for i in range(0, len(pictures), columns)]
    legend = _line(rows[0].shape[1], (4, "truth", TRUTH), (64, "prediction", PREDICTION))
    return np.vstack([legend, *rows])


def outline_path(mask: np.ndarray, tolerance: float | None = None) -> str | None:
    """Return the outlines of a mask as SVG path data, or None for an empty mask.

    Coordinates are in mask pixels for the view box `0 0 w h`; (0, 0) is the upper left corner
    of the first pixel. The path runs through the centres of the boundary pixels and includes
    the outlines of holes.

    Args:
        mask: 0/1 or bool `(h, w)`.
        tolerance: largest distance of a vertex from the simplified path, in pixels; None is the
            longer side divided by 800.

    Source: Douglas and Peucker 1973 for the simplification, by OpenCV.
    """
    tolerance = max(mask.shape) / PRECISION if tolerance is None else tolerance
    binary = np.ascontiguousarray(mask > 0).astype(np.uint8)
    contours = cv2.findContours(binary, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)[0]
    kept = [cv2.approxPolyDP(contour, tolerance, True)[:, 0] for contour in contours]
    return "".join(map(_closed, kept)) or None


def write_png(path: Path, picture: np.ndarray) -> None:
    """Write a uint8 image, grey `(h, w)` or BGR `(h, w, 3)`, as a PNG file, atomically."""
    with jobs.writing(path) as temporary:
        temporary.write_bytes(_encoded(".png", picture, []))


def png_bytes(picture: np.ndarray) -> bytes:
    """Return a uint8 image, grey `(h, w)` or BGR `(h, w, 3)`, encoded as PNG."""
    return _encoded(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def webp_bytes(picture: np.ndarray, quality: int = 70) -> bytes:
    """Return a uint8 image, grey `(h, w)` or BGR `(h, w, 3)`, encoded as lossy WebP.

    Args:
        quality: 1 (smallest file) to 100.
    """
    if not 1 <= quality <= 100:
        raise ValueError(f"quality must lie in 1..100, not {quality}")
    return _encoded(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, quality])


def _contours(mask: np.ndarray, size: int) -> Sequence[np.ndarray]:
    share = cv2.resize(mask.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)
    small = (share >= 0.5).astype(np.uint8)
    return cv2.findContours(small, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)[0]


def _line(width: int, *texts: tuple[int, str, tuple[int, int, int]]) -> np.ndarray:
    """Return a strip with `texts`, each given as left edge in pixels, text and BGR colour."""
    strip = np.zeros((CAPTION, width, 3), np.uint8)
    for left, text, colour in texts:
        cv2.putText(strip, text, (left, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, 1, cv2.LINE_AA)
    return strip


def _closed(vertices: np.ndarray) -> str:
    # Relative coordinates take fewer characters. A single pixel becomes a line of half a pixel.
    x, y = vertices[0]
    steps = np.diff(vertices, axis=0) if len(vertices) > 1 else [(0.5, 0)]
    walked = "".join(f"{dx:g} {dy:g} " for dx, dy in steps).rstrip().replace(" -", "-")
    return f"M{x + 0.5:g} {y + 0.5:g}l{walked}z"


def _encoded(suffix: str, picture: np.ndarray, settings: list[int]) -> bytes:
    done, encoded = cv2.imencode(suffix, np.ascontiguousarray(picture), settings)
    assert done, f"{suffix} encoding of a uint8 picture cannot fail"
    return bytes(encoded.tobytes())
