"""Images with true and predicted outlines, in a sheet; outlines as SVG; pictures as files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

import jobs

# Blue and orange of Okabe & Ito's palette, which colour-blind people tell apart; cv2 wants BGR.
TRUTH = (233, 180, 86)
PREDICTION = (0, 159, 230)
INK = (235, 235, 235)
CAPTION = 22
PRECISION = 800
"""An outline is right to a pixel in this many, unless the caller asks for another tolerance."""


@dataclass(frozen=True)
class Panel:
    """One picture of a sheet.

    Attributes:
        image: uint8 `(h, w)`.
        truth: 0/1 `(h', w')` true mask, or None where it is not known.
        prediction: 0/1 `(h', w')` predicted mask, or None.
        caption: one short line.
    """

    image: np.ndarray
    truth: np.ndarray | None = None
    prediction: np.ndarray | None = None
    caption: str = ""


def panel(content: Panel, size: int = 256) -> np.ndarray:
    """Return the picture of one panel, uint8 BGR `(size + caption, size, 3)`."""
    grey = cv2.resize(content.image, (size, size), interpolation=cv2.INTER_AREA)
    picture = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    for mask, colour in ((content.truth, TRUTH), (content.prediction, PREDICTION)):
        if mask is not None:
            cv2.drawContours(picture, _contours(mask, size), -1, colour, 1, cv2.LINE_AA)
    return np.vstack([picture, _line(size, (4, content.caption, INK))])


def contact_sheet(panels: Sequence[Panel], columns: int = 6, size: int = 256) -> np.ndarray:
    """Return all panels in rows under a legend, uint8 BGR `(h, w, 3)`."""
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
    """Return the outlines of a mask as the data of an SVG path; None where it is empty.

    Coordinates are pixels of the mask, with (0, 0) the upper left corner of the first one, for a
    view box of `0 0 w h`. The path runs through the centres of the outermost pixels; holes are
    outlined too.

    Args:
        mask: 0/1 or bool `(h, w)`.
        tolerance: how far a vertex may lie from the path after simplification, in pixels; None
            takes the longer side over 800.

    Source: Douglas and Peucker 1973 for the simplification, by OpenCV.
    """
    tolerance = max(mask.shape) / PRECISION if tolerance is None else tolerance
    binary = np.ascontiguousarray(mask > 0).astype(np.uint8)
    contours = cv2.findContours(binary, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)[0]
    kept = [cv2.approxPolyDP(contour, tolerance, True)[:, 0] for contour in contours]
    return "".join(map(_closed, kept)) or None


def write_png(path: Path, picture: np.ndarray) -> None:
    """Write a uint8 picture, grey `(h, w)` or BGR `(h, w, 3)`, whole or not at all."""
    with jobs.writing(path) as temporary:
        temporary.write_bytes(_encoded(".png", picture, []))


def png_bytes(picture: np.ndarray) -> bytes:
    """Return a uint8 picture, grey `(h, w)` or BGR `(h, w, 3)`, as the bytes of a PNG."""
    return _encoded(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def webp_bytes(picture: np.ndarray, quality: int = 70) -> bytes:
    """Return a uint8 picture, grey `(h, w)` or BGR `(h, w, 3)`, as the bytes of a lossy WebP.

    Args:
        quality: 1 (smallest) to 100.
    """
    if not 1 <= quality <= 100:
        raise ValueError(f"quality must lie in 1..100, not {quality}")
    return _encoded(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, quality])


def _contours(mask: np.ndarray, size: int) -> Sequence[np.ndarray]:
    share = cv2.resize(mask.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)
    small = (share >= 0.5).astype(np.uint8)
    return cv2.findContours(small, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)[0]


def _line(width: int, *texts: tuple[int, str, tuple[int, int, int]]) -> np.ndarray:
    """Return a line of texts, each with its left edge in pixels and its colour."""
    strip = np.zeros((CAPTION, width, 3), np.uint8)
    for left, text, colour in texts:
        cv2.putText(strip, text, (left, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, 1, cv2.LINE_AA)
    return strip


def _closed(vertices: np.ndarray) -> str:
    # Relative steps are shorter than places. A single pixel becomes a stroke of half a pixel.
    x, y = vertices[0]
    steps = np.diff(vertices, axis=0) if len(vertices) > 1 else [(0.5, 0)]
    walked = "".join(f"{dx:g} {dy:g} " for dx, dy in steps).rstrip().replace(" -", "-")
    return f"M{x + 0.5:g} {y + 0.5:g}l{walked}z"


def _encoded(suffix: str, picture: np.ndarray, settings: list[int]) -> bytes:
    done, encoded = cv2.imencode(suffix, np.ascontiguousarray(picture), settings)
    assert done, f"{suffix} encoding of a uint8 picture cannot fail"
    return bytes(encoded.tobytes())
