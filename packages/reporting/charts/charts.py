"""Bar charts, matrices of numbers and scatter plots, as Vega-Lite."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from reporting.charts.vega import LABELS, chart, finite, spread
from reporting.page.content import Chart

BAR_STEP, CELL = 22, 34
"""Pixels."""
FEW = 20
"""Up to so many points have their names beside them."""


def bars(
    title: str,
    text: str,
    values: Mapping[Any, float],
    *,
    axis: str,
    intervals: Mapping[Any, tuple[float, float]] | None = None,
) -> Chart:
    """Return a chart of horizontal bars.

    Args:
        values: name -> length, the first on top; NaN draws no bar.
        axis: what the bars measure, with the unit.
        intervals: name -> (low, high), drawn as a line over the bar.
    """
    if not values:
        raise ValueError(f"the chart {title!r} has no bar")
    rows = []
    for name, value in values.items():
        low, high = map(finite, (intervals or {}).get(name, (None, None)))
        rows.append({"name": str(name), "value": finite(value), "low": low, "high": high})
    y = {"field": "name", "type": "nominal", "sort": None, "title": None, "axis": LABELS}
    layers = [_bar_layer(axis), *([_interval_layer()] if intervals else [])]
    return chart(title, text, layers, {"y": y}, rows, BAR_STEP * len(rows))


def matrix(title: str, text: str, frame: pd.DataFrame, *, format: str = ".2f") -> Chart:
    """Return a table of numbers as a tinted grid, with the numbers written in.

    Args:
        frame: numbers; its index names the rows, its columns the columns. NaN leaves a cell empty.
        format: of the numbers, in the notation of d3-format.
    """
    if frame.empty:
        raise ValueError(f"the chart {title!r} has no cell")
    rows = [
        {
            "row": str(row),
            "column": str(column),
            "value": finite(value),
            "sign": "below 0" if (finite(value) or 0) < 0 else "0 or more",
        }
        for row, series in frame.iterrows()
        for column, value in series.items()
    ]
    largest = max((abs(finite(value) or 0) for value in frame.to_numpy().flat), default=0) or 1
    angle = -30 if len(frame.columns) > 4 else 0
    named = {"type": "nominal", "sort": None, "title": None}
    grid = {
        "x": {"field": "column", **named, "axis": {**LABELS, "orient": "top", "labelAngle": angle}},
        "y": {"field": "row", **named, "axis": LABELS},
    }
    numbers = {
        "mark": {"type": "text", "color": "currentColor"},
        "encoding": {"text": {"field": "value", "type": "quantitative", "format": format}},
    }
    return chart(title, text, [_tint_layer(largest), numbers], grid, rows, CELL * len(frame))


def scatter(
    title: str,
    text: str,
    frame: pd.DataFrame,
    *,
    x: str,
    y: str,
    label: str | None = None,
) -> Chart:
    """Return a chart of points.

    Args:
        frame: one row per point; rows with a coordinate that is not finite are left out.
        x: column of the horizontal axis, which has its name.
        y: column of the vertical axis.
        label: column with the names of the points, shown beside up to 20 points, else in their
            tooltips; None shows none.
    """
    rows: list[dict[str, Any]] = [
        {"x": finite(row[x]), "y": finite(row[y]), "label": str(row[label]) if label else ""}
        for _, row in frame.iterrows()
    ]
    rows = [row for row in rows if None not in row.values()]
    if not rows:
        raise ValueError(f"the chart {title!r} has no finite point")
    places = {
        side: spread(side, title, [row[side] for row in rows])
        for side, title in (("x", x), ("y", y))
    }
    layers = _point_layers(x, y, label)
    few = label is not None and len(rows) <= FEW
    return chart(title, text, layers if few else layers[:1], places, rows)


def _bar_layer(axis: str) -> dict[str, Any]:
    return {
        "mark": {"type": "bar", "tooltip": True, "cornerRadiusEnd": 2, "height": {"band": 0.7}},
        "encoding": {"x": {"field": "value", "type": "quantitative", "title": axis}},
    }


def _interval_layer() -> dict[str, Any]:
    return {
        "mark": {"type": "rule", "strokeWidth": 1.5, "color": "currentColor"},
        "encoding": {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}},
    }


def _tint_layer(largest: float) -> dict[str, Any]:
    """Return cells whose tint grows with the absolute value; the colour is that of the sign."""
    return {
        "mark": {"type": "rect", "tooltip": True},
        "encoding": {
            "fillOpacity": {
                "condition": {"test": "!isValid(datum.value)", "value": 0},
                "value": {"expr": f"0.05 + 0.5 * abs(datum.value) / {largest:g}"},
            },
            "color": {
                "field": "sign",
                "type": "nominal",
                "scale": {"domain": ["0 or more", "below 0"]},
                "legend": None,
            },
        },
    }


def _point_layers(x: str, y: str, label: str | None) -> list[dict[str, Any]]:
    """Return the points with their tooltips, and the names beside them."""
    shown = [{"field": "label", "title": label}] if label else []
    shown += [{"field": "x", "title": x}, {"field": "y", "title": y}]
    points = {
        "mark": {"type": "point", "filled": True, "size": 60, "opacity": 0.85},
        "encoding": {"tooltip": shown},
    }
    names = {
        "mark": {"type": "text", "align": "left", "dx": 8, "color": "currentColor"},
        "encoding": {"text": {"field": "label"}},
    }
    return [points, names]
