"""Images with the true and the predicted outline, arranged in a sheet."""

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
    strip = np.zeros((CAPTION, size, 3), np.uint8)
    cv2.putText(strip, content.caption, (4, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.4, INK, 1, cv2.LINE_AA)
    return np.vstack([picture, strip])


def contact_sheet(panels: Sequence[Panel], columns: int = 6, size: int = 256) -> np.ndarray:
    """Return all panels in rows under a legend, uint8 BGR `(h, w, 3)`."""
    if not panels:
        raise ValueError("a contact sheet needs at least one panel")
    pictures = [panel(content, size) for content in panels]
    columns = min(columns, len(pictures))
    blank = np.zeros_like(pictures[0])
    pictures += [blank] * (-len(pictures) % columns)
    rows = [np.hstack(pictures[i : i + columns]) for i in range(0, len(pictures), columns)]
    return np.vstack([_legend(rows[0].shape[1]), *rows])


def write_png(path: Path, picture: np.ndarray) -> None:
    """Write a uint8 picture, grey `(h, w)` or BGR `(h, w, 3)`, whole or not at all."""
    done, encoded = cv2.imencode(".png", picture)
    assert done, "PNG encoding of a uint8 picture cannot fail"
    with jobs.writing(path) as temporary:
        temporary.write_bytes(encoded.tobytes())


def _contours(mask: np.ndarray, size: int) -> Sequence[np.ndarray]:
    share = cv2.resize(mask.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)
    small = (share >= 0.5).astype(np.uint8)
    return cv2.findContours(small, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)[0]


def _legend(width: int) -> np.ndarray:
    strip = np.zeros((CAPTION, width, 3), np.uint8)
    for left, text, colour in ((4, "truth", TRUTH), (64, "prediction", PREDICTION)):
        cv2.putText(strip, text, (left, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, 1, cv2.LINE_AA)
    return strip
