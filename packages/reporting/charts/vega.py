"""The parts of Vega-Lite that all charts share, without colours: the page gives those of its theme.

Every series has a dash besides its colour, so that none is told by colour alone.
"""

import math
from collections.abc import Sequence
from typing import Any

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [12, 4], [4, 2, 1, 2, 1, 2], [1, 3]]
LABELS = {"labelLimit": 260, "domain": False, "ticks": False, "grid": False}
FIT = {"autosize": {"type": "fit-x", "contains": "padding"}}
LEGEND = {"orient": "bottom", "title": None, "columns": 2, "symbolOpacity": 1, "labelLimit": 240}
HEIGHT = 240
"""Pixels."""


def finite(value: Any) -> float | None:
    """Return a number, or None where it is not one."""
    number = math.nan if value is None else float(value)
    return number if math.isfinite(number) else None


def spec(**parts: Any) -> dict[str, Any]:
    return {"$schema": SCHEMA, "background": "transparent", **FIT, **parts}


def axis(field: str, title: str) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", "title": title, "scale": {"zero": False}}


def spread(field: str, title: str, values: Sequence[float]) -> dict[str, Any]:
    """Return an axis of points; where all have one value it has some room on both sides."""
    low, high = min(values), max(values)
    found = axis(field, title)
    if low == high:
        room = abs(low) / 20 or 1.0
        found["scale"] = {"domain": [low - room, high + room], "nice": False}
    return found


def told_apart(names: list[str]) -> dict[str, Any]:
    """Return colour and dash of lines by their `name`, in one legend."""
    legend = {**LEGEND, "symbolType": "stroke"} if len(names) > 1 else None
    common = {"field": "name", "type": "nominal", "legend": legend}
    cycle = [DASHES[i % len(DASHES)] for i in range(len(names))]
    return {
        "color": {**common, "scale": {"domain": names}},
        "strokeDash": {**common, "scale": {"domain": names, "range": cycle}},
    }
