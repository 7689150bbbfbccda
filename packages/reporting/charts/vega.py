"""Parts of Vega-Lite that all charts share: axes, legend, fewer points of long curves.

Colours come from the theme of the page. Every series has a dash besides its colour, so that no
series is marked by colour alone.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from reporting.page.content import Chart

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [12, 4], [4, 2, 1, 2, 1, 2], [1, 3]]
LABELS = {"labelLimit": 260, "domain": False, "ticks": False, "grid": False}
FIT = {"type": "fit-x", "contains": "padding"}
LEGEND = {"orient": "bottom", "title": None, "columns": 2, "symbolOpacity": 1, "labelLimit": 240}
HEIGHT = 240
"""Pixels."""
LIMIT = 400
"""Points of a curve."""


def finite(value: Any) -> float | None:
    """Return a number, or None where it is not one."""
    number = math.nan if value is None else float(value)
    return number if math.isfinite(number) else None


def chart(
    title: str,
    text: str,
    layers: list[dict[str, Any]],
    encoding: dict[str, Any],
    rows: list[dict[str, Any]] | None = None,
    height: int = HEIGHT,
) -> Chart:
    """Return a chart of layers; `rows` are the data of those that have none of their own."""
    spec: dict[str, Any] = {"$schema": SCHEMA, "background": "transparent", "autosize": FIT}
    if rows is not None:
        spec["data"] = {"values": rows}
    size = {"height": height, "width": "container"}
    return Chart(title, text, {**spec, "encoding": encoding, "layer": layers, **size})


def axis(field: str, title: str) -> dict[str, Any]:
    """Return an axis of numbers, which need not begin at 0."""
    return {"field": field, "type": "quantitative", "title": title, "scale": {"zero": False}}


def spread(field: str, title: str, values: Sequence[float]) -> dict[str, Any]:
    """Return an axis of points; where all have one value it has a margin on both sides."""
    low, high = min(values), max(values)
    found = axis(field, title)
    if low == high:
        room = abs(low) / 20 or 1.0
        found["scale"] = {"domain": [low - room, high + room], "nice": False}
    return found


def series_style(names: list[str]) -> dict[str, Any]:
    """Return colour and dash of lines by their `name`, in one legend."""
    legend = {**LEGEND, "symbolType": "stroke"} if len(names) > 1 else None
    common = {"field": "name", "type": "nominal", "legend": legend}
    cycle = [DASHES[i % len(DASHES)] for i in range(len(names))]
    return {
        "color": {**common, "scale": {"domain": names}},
        "strokeDash": {**common, "scale": {"domain": names, "range": cycle}},
    }


def thinned(y: np.ndarray, limit: int = LIMIT) -> np.ndarray:
    """Return which points of a curve to draw, increasing int `(m,)`, `m <= limit + 2`.

    Of each of `limit // 2` equal intervals the lowest and the highest point stay, and both ends.

    Args:
        y: `(n,)`, finite.
        limit: about how many may stay; a shorter curve is not thinned.
    """
    count = len(y)
    if count <= limit:
        return np.arange(count)
    edges = np.linspace(0, count, limit // 2 + 1).astype(int)
    kept = {0, count - 1}
    for start, stop in pairwise(edges.tolist()):
        kept |= {start + int(y[start:stop].argmin()), start + int(y[start:stop].argmax())}
    return np.array(sorted(kept))
