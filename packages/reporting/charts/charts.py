"""Charts of bars, numbers in a grid, and points, as Vega-Lite."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from reporting.charts.vega import HEIGHT, LABELS, finite, spec, spread
from reporting.page.content import Chart

BAR_STEP, CELL = 22, 34
"""Pixels."""
FEW = 20
"""Points that have room for their names."""


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
        title: one line above it.
        text: what is drawn and what it shows, in a sentence.
        values: name -> length, the first on top; NaN draws no bar.
        axis: what the bars measure, with the unit.
        intervals: name -> (low, high), drawn as a line over the bar.
    """
    if not values:
        raise ValueError(f"the chart {title!r} has no bar")
    intervals = intervals or {}
    rows = [
        {
            "name": str(name),
            "value": finite(value),
            "low": finite(intervals.get(name, (math.nan,) * 2)[0]),
            "high": finite(intervals.get(name, (math.nan,) * 2)[1]),
        }
        for name, value in values.items()
    ]
    y = {"field": "name", "type": "nominal", "sort": None, "title": None, "axis": LABELS}
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "bar", "tooltip": True, "cornerRadiusEnd": 2, "height": {"band": 0.7}},
            "encoding": {"x": {"field": "value", "type": "quantitative", "title": axis}},
        }
    ]
    if intervals:
        layers.append(
            {
                "mark": {"type": "rule", "strokeWidth": 1.5, "color": "currentColor"},
                "encoding": {
                    "x": {"field": "low", "type": "quantitative"},
                    "x2": {"field": "high"},
                },
            }
        )
    return Chart(
        title,
        text,
        spec(
            data={"values": rows},
            encoding={"y": y},
            layer=layers,
            width="container",
            height=BAR_STEP * len(rows),
        ),
    )


def matrix(title: str, text: str, frame: pd.DataFrame, *, format: str = ".2f") -> Chart:
    """Return a table of numbers as a tinted grid, with the numbers written in.

    Args:
        title: one line above it.
        text: what is drawn and what it shows, in a sentence.
        frame: numbers; its index names the rows, its columns the columns. NaN leaves a cell empty.
        format: of the numbers, as d3-format has it.
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
    size = max((abs(finite(value) or 0) for value in frame.to_numpy().flat), default=0) or 1
    angle = -30 if len(frame.columns) > 4 else 0
    named = {"type": "nominal", "sort": None, "title": None}
    grid = {
        "x": {"field": "column", **named, "axis": {**LABELS, "orient": "top", "labelAngle": angle}},
        "y": {"field": "row", **named, "axis": LABELS},
    }
    tint = {
        "mark": {"type": "rect", "tooltip": True},
        "encoding": {
            "fillOpacity": {
                "condition": {"test": "!isValid(datum.value)", "value": 0},
                "value": {"expr": f"0.05 + 0.5 * abs(datum.value) / {size:g}"},
            },
            "color": {
                "field": "sign",
                "type": "nominal",
                "scale": {"domain": ["0 or more", "below 0"]},
                "legend": None,
            },
        },
    }
    numbers = {
        "mark": {"type": "text", "color": "currentColor"},
        "encoding": {"text": {"field": "value", "type": "quantitative", "format": format}},
    }
    return Chart(
        title,
        text,
        spec(
            data={"values": rows},
            encoding=grid,
            layer=[tint, numbers],
            width="container",
            height=CELL * len(frame),
        ),
    )


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
        title: one line above it.
        text: what is drawn and what it shows, in a sentence.
        frame: one row per point; rows with a coordinate that is not finite are left out.
        x: column of the horizontal place, which also names the axis.
        y: column of the vertical place.
        label: column that names the points: beside them where there are few, else when one is
            pointed at; None names none.
    """
    rows: list[dict[str, Any]] = [
        {
            "x": finite(row[x]),
            "y": finite(row[y]),
            "label": str(row[label]) if label else "",
        }
        for _, row in frame.iterrows()
        if finite(row[x]) is not None and finite(row[y]) is not None
    ]
    if not rows:
        raise ValueError(f"the chart {title!r} has no finite point")
    places = {
        side: spread(side, title, [row[side] for row in rows])
        for side, title in (("x", x), ("y", y))
    }
    told = [{"field": "label", "title": label}] if label else []
    told += [{"field": "x", "title": x}, {"field": "y", "title": y}]
    dots: dict[str, Any] = {
        "mark": {"type": "point", "filled": True, "size": 60, "opacity": 0.85},
        "encoding": {"tooltip": told},
    }
    words = {
        "mark": {"type": "text", "align": "left", "dx": 8, "color": "currentColor"},
        "encoding": {"text": {"field": "label"}},
    }
    layers = [dots, words] if label and len(rows) <= FEW else [dots]
    return Chart(
        title,
        text,
        spec(
            data={"values": rows}, encoding=places, layer=layers, width="container", height=HEIGHT
        ),
    )
