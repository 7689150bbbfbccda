"""Vega-Lite parts shared by all charts: axes, legend, reduction of long curves.

Colours are set by the theme of the page. Series also differ in their dash pattern, so that they
can be told apart without colours.
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
"""Default height of a chart in pixels."""
LIMIT = 400
"""Largest number of points of a curve that is not reduced."""


def finite(value: Any) -> float | None:
    """Return a value as float; None if it is missing or not finite."""
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
    """Return a layered chart; `rows` are the data of layers without their own data."""
    spec: dict[str, Any] = {"$schema": SCHEMA, "background": "transparent", "autosize": FIT}
    if rows is not None:
        spec["data"] = {"values": rows}
    size = {"height": height, "width": "container"}
    return Chart(title, text, {**spec, "encoding": encoding, "layer": layers, **size})


def axis(field: str, title: str) -> dict[str, Any]:
    """Return a quantitative encoding whose axis need not include 0."""
    return {"field": field, "type": "quantitative", "title": title, "scale": {"zero": False}}


def spread(field: str, title: str, values: Sequence[float]) -> dict[str, Any]:
    """Return the encoding of `axis`, with a margin on both sides if all values are equal."""
    low, high = min(values), max(values)
    found = axis(field, title)
    if low == high:
        room = abs(low) / 20 or 1.0
        found["scale"] = {"domain": [low - room, high + room], "nice": False}
    return found


def series_style(names: list[str]) -> dict[str, Any]:
    """Return the encodings of colour and dash pattern by `name`, in one legend."""
    legend = {**LEGEND, "symbolType": "stroke"} if len(names) > 1 else None
    common = {"field": "name", "type": "nominal", "legend": legend}
    cycle = [DASHES[i % len(DASHES)] for i in range(len(names))]
    return {
        "color": {**common, "scale": {"domain": names}},
        "strokeDash": {**common, "scale": {"domain": names, "range": cycle}},
    }


def thinned(y: np.ndarray, limit: int = LIMIT) -> np.ndarray:
    """Return the indices of the points of a curve to draw, increasing int `(m,)`, `m <= limit + 2`.

    These are the minimum and maximum of each of `limit // 2` equal intervals, and both ends.

    Args:
        y: values `(n,)`, finite.
        limit: curves of up to `limit` points are not reduced.
    """
    count = len(y)
    if count <= limit:
        return np.arange(count)
    edges = np.linspace(0, count, limit // 2 + 1).astype(int)
    kept = {0, count - 1}
    for start, stop in pairwise(edges.tolist()):
        kept |= {start + int(y[start:stop].argmin()), start + int(y[start:stop].argmax())}
    return np.array(sorted(kept))
