"""Line charts, as Vega-Lite specifications."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from reporting.charts.vega import axis, chart, finite, series_style, thinned
from reporting.page.content import Chart

Curve = tuple[Any, Any]
Band = tuple[Any, Any, Any]


def lines(
    title: str,
    text: str,
    curves: Mapping[str, Curve],
    *,
    x: str,
    y: str,
    bands: Mapping[str, Band] | None = None,
    points: Sequence[tuple[float, float, str]] = (),
    diagonal: bool = False,
) -> Chart:
    """Return a line chart.

    Args:
        title: title of the chart.
        text: description of the chart.
        curves: name -> (x, y), each `(n,)`; non-finite values are ignored, and curves of more than
            400 points are reduced without a visible change, see `vega.thinned`.
        x: title of the horizontal axis, with the unit.
        y: title of the vertical axis, with the unit.
        bands: name of a curve -> (x, low, high), drawn as a shaded band.
        points: marked points (x, y, label).
        diagonal: whether to draw the line y = x.

    Raises:
        ValueError: the curves have no finite value.
    """
    rows = [row for name, curve in curves.items() for row in _curve(name, curve)]
    if not rows:
        raise ValueError(f"the chart {title!r} has no finite point")
    names = [str(name) for name in curves]
    layers = [_band(names, bands)] if bands else []
    layers += [_diagonal(rows)] if diagonal else []
    layers += _strokes(rows, names)
    layers += _marks(points) if len(points) else []
    return chart(title, text, layers, {"x": axis("x", x), "y": axis("y", y)})


def _curve(name: str, curve: Curve) -> list[dict[str, Any]]:
    numbers, points = _drawn(*curve)
    return [
        {"name": str(name), "k": k, "x": x, "y": y}
        for k, (x, y) in zip(numbers, points, strict=True)
    ]


def _drawn(*columns: Any) -> tuple[list[int], list[list[float]]]:
    """Return indices and values of the finite points of columns `(n,)`, reduced by `thinned`."""
    points = np.column_stack([np.asarray(column, float) for column in columns])
    points = points[np.isfinite(points).all(axis=1)]
    kept = thinned(points[:, 1])
    return kept.tolist(), points[kept].tolist()


def _strokes(rows: list[dict[str, Any]], names: list[str]) -> list[dict[str, Any]]:
    kinds = series_style(names)
    order = {"field": "k"}  # the given order: a curve need not be a function of x
    return [
        {
            "data": {"values": rows},
            "mark": {"type": "line", "strokeWidth": 1.8, "clip": True},
            "encoding": {**kinds, "order": order},
        },
        {
            "data": {"values": rows},
            "mark": {"type": "point", "filled": True, "size": 90, "opacity": 0, "tooltip": True},
            "encoding": {"color": kinds["color"]},
        },
    ]


def _band(names: list[str], bands: Mapping[str, Band]) -> dict[str, Any]:
    rows = [
        {"name": str(name), "x": x, "y": low, "high": high}
        for name, band in bands.items()
        for x, low, high in _drawn(*band)[1]
    ]
    return {
        "data": {"values": rows},
        "mark": {"type": "area", "opacity": 0.18, "clip": True},
        "encoding": {"y2": {"field": "high"}, "color": series_style(names)["color"]},
    }


def _diagonal(rows: list[dict[str, Any]]) -> dict[str, Any]:
    ends = [row[side] for row in rows for side in "xy"]
    low, high = min(ends), max(ends)
    look = {"strokeDash": [3, 3], "strokeWidth": 1, "color": "currentColor", "opacity": 0.6}
    return {
        "data": {"values": [{"x": low, "y": low}, {"x": high, "y": high}]},
        "mark": {"type": "line", **look},
    }


def _marks(points: Sequence[tuple[float, float, str]]) -> list[dict[str, Any]]:
    rows = [{"x": finite(x), "y": finite(y), "label": label} for x, y, label in points]
    ring = {"type": "point", "size": 90, "strokeWidth": 2, "color": "currentColor", "opacity": 1}
    words = {"type": "text", "align": "left", "dx": 9, "dy": -7, "color": "currentColor"}
    return [
        {"data": {"values": rows}, "mark": {**ring, "tooltip": True}},
        {"data": {"values": rows}, "mark": words, "encoding": {"text": {"field": "label"}}},
    ]
