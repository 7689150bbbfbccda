"""A page of drawn images whose pictures count how often they are asked for."""

import sys
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from reporting import Gallery, Page, Rule
from reporting.server.serve import serve

IDS = ["1", "healthy", "a/b c.dcm", "flat", "broken"]
HTML = "<!doctype html><title>é</title>"
"""Stands for the page where only the server is tested."""
SIDE = 64
RULE = Rule("level 128 or more on more than 40 pixels", threshold=128, min_area=40, gate=0.3)


class Drawn:
    """A disk per image: the truth in the middle, the probability map a little beside it.

    Image "broken" cannot be read, "flat" has no map and "healthy" has an empty truth.

    Attributes:
        calls: how often each method was called, by any thread.
        gate: curves are computed while it is set.
    """

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.gate = threading.Event()
        self.gate.set()
        self._lock = threading.Lock()

    def image(self, image_id: str, size: int) -> np.ndarray:
        self._count("image")
        if image_id == "broken":
            raise ValueError("pixel data end\nafter 12 bytes")
        return np.tile(np.linspace(20, 220, size).astype(np.uint8), (size, 1))

    def truth(self, image_id: str) -> np.ndarray | None:
        self._count("truth")
        return None if image_id == "healthy" else (distance(0) < 10).astype(np.uint8)

    def prediction(self, image_id: str) -> np.ndarray | None:
        self._count("prediction")
        levels = map_of(image_id)
        return None if levels is None else (levels >= RULE.threshold).astype(np.uint8)

    def other(self, image_id: str) -> np.ndarray | None:
        return None

    def probability_map(self, image_id: str) -> np.ndarray | None:
        self._count("probability_map")
        return map_of(image_id)

    def curves(self, image_id: str) -> tuple[np.ndarray, np.ndarray | None] | None:
        self._count("curves")
        self.gate.wait()
        levels = map_of(image_id)
        if image_id == "torn":
            raise ValueError("torn chunk")
        return None if levels is None else curves(levels, self.truth(image_id))

    def _count(self, method: str) -> None:
        with self._lock:
            self.calls[method] += 1


def distance(shift: float) -> np.ndarray:
    """Return each pixel's distance from a point `shift` pixels right of the middle."""
    y, x = np.mgrid[:SIDE, :SIDE]
    found: np.ndarray = np.hypot(y - SIDE / 2, x - SIDE / 2 - shift)
    return found


def map_of(image_id: str) -> np.ndarray | None:
    """Return the probability map, which depends on the id's number."""
    if image_id == "flat":
        return None
    number = int(image_id) if image_id.isdigit() else 3
    peak = 255 - 20 * (number % 8)
    return (peak * np.clip(1.4 - distance(number % 5) / 14, 0, 1)).astype(np.uint8)


def curves(levels: np.ndarray, truth: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return area and Dice of the mask at every threshold; two empty masks agree (1.0)."""
    true = np.zeros((SIDE, SIDE), bool) if truth is None else truth.astype(bool)
    area, score = np.zeros(256, np.int32), np.zeros(256)
    for level in range(256):
        mask = levels >= level
        area[level] = mask.sum()
        both = area[level] + true.sum()
        score[level] = 2 * (mask & true).sum() / both if both else 1.0
    return area, score


def page(ids: list[str], pictures: Drawn) -> Page:
    """Return a page of these images."""
    n = len(ids)
    table = pd.DataFrame(
        {
            "positive": [image_id != "healthy" for image_id in ids],
            "p": np.linspace(0.0, 1.0, n),
            "drawn": [image_id != "flat" for image_id in ids],
            "score": [None if k % 4 == 3 else 0.5 for k in range(n)],
            "view": pd.Series(["PA" if k % 2 else "AP" for k in range(n)], dtype=str).to_numpy(),
        },
        index=pd.Index(ids, name="image_id"),
    )
    gallery = Gallery(table, pictures, (SIDE, SIDE), RULE)
    return Page("Drawn images", "for tests", gallery=gallery)


def said(text: str) -> None:
    """Show a line at once, also in a pipe."""
    print(text, flush=True)


if __name__ == "__main__":
    serve(page(["1", "2"], Drawn()), notes=Path(sys.argv[1]), say=said)
