"""Bar charts, heat maps and scatter plots, as Vega-Lite specifications."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from reporting.charts.vega import LABELS, chart, finite, spread
from reporting.page.content import Chart

BAR_STEP, CELL = 22, 34
"""Height of a bar and of a cell in pixels."""
POINT = {"type": "point", "filled": True, "size": 60, "opacity": 1, "tooltip": True}
RULE = {"type": "rule", "strokeWidth": 1.5, "color": "currentColor"}
ZERO = {**RULE, "strokeWidth": 1, "strokeDash": [3, 3], "opacity": 0.6}
FEW = 20
"""Largest number of points with visible labels."""


def bars(
    title: str,
    text: str,
    values: Mapping[Any, float],
    *,
    axis: str,
    intervals: Mapping[Any, tuple[float, float]] | None = None,
) -> Chart:
    """Return a horizontal bar chart.

    Args:
        title: title of the chart.
        text: description of the chart.
        values: name -> length, from top to bottom; NaN draws no bar.
        axis: title of the value axis, with the unit.
        intervals: name -> (low, high), drawn as lines over the bars.

    Raises:
        ValueError: `values` is empty.
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


def intervals(
    title: str,
    text: str,
    values: Mapping[str, tuple[float, float, float]],
    *,
    axis: str,
    zero: bool = False,
) -> Chart:
    """Return a chart of values with intervals, one below the other.

    Args:
        title: title of the chart.
        text: description of the chart.
        values: name -> (value, low, high), from top to bottom.
        axis: title of the value axis, with the unit.
        zero: whether to draw a line at 0, for differences.

    Raises:
        ValueError: `values` is empty.
    """
    if not values:
        raise ValueError(f"the chart {title!r} has no value")
    rows = [
        {"name": name, "value": finite(value), "low": finite(low), "high": finite(high)}
        for name, (value, low, high) in values.items()
    ]
    y = {"field": "name", "type": "nominal", "sort": None, "title": None, "axis": LABELS}
    x = {"type": "quantitative", "title": axis, "scale": {"zero": zero}}
    layers = [_interval_layer(), {"mark": POINT, "encoding": {"x": {"field": "value", **x}}}]
    if zero:
        layers.append({"mark": ZERO, "encoding": {"x": {"datum": 0}, "y": {}}})
    return chart(title, text, layers, {"y": y}, rows, BAR_STEP * len(rows))


def over_time(title: str, text: str, frame: pd.DataFrame, *, y: str) -> Chart:
    """Return a chart of values with intervals by date.

    Args:
        title: title of the chart.
        text: description of the chart.
        frame: columns name, date (ISO 8601), value, low, high.
        y: title of the vertical axis.
    """
    names = ["name", "date", "value", "low", "high"]
    rows: list[dict[str, Any]] = [dict(row) for _, row in frame[names].iterrows()]
    span = {"y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}}
    value = {"field": "value", "type": "quantitative", "title": y, "scale": {"zero": False}}
    tooltip = [{"field": name} for name in names]
    layers = [
        {"mark": {**RULE, "opacity": 0.5}, "encoding": span},
        {"mark": POINT, "encoding": {"y": value, "tooltip": tooltip}},
    ]
    x = {"field": "date", "type": "temporal", "title": "date"}
    return chart(title, text, layers, {"x": x}, rows)


def matrix(title: str, text: str, frame: pd.DataFrame, *, format: str = ".2f") -> Chart:
    """Return an annotated heat map.

    Args:
        title: title of the chart.
        text: description of the chart.
        frame: values, labelled by index and columns; NaN is an empty cell.
        format: d3-format of the numbers.

    Raises:
        ValueError: `frame` is empty.
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
    """Return a scatter plot.

    Args:
        title: title of the chart.
        text: description of the chart.
        frame: one row per point; rows with non-finite coordinates are ignored.
        x: column of the horizontal axis, and its title.
        y: column of the vertical axis, and its title.
        label: column of the labels, shown next to up to 20 points and in tooltips; None for no
            labels.

    Raises:
        ValueError: no row has finite coordinates.
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
        "mark": RULE,
        "encoding": {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}},
    }


def _tint_layer(largest: float) -> dict[str, Any]:
    """Return cells coloured by sign, with an opacity proportional to the absolute value."""
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
    """Return the layers of the points, with tooltips, and of their labels."""
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
