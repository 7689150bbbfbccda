"""Charts, by matplotlib without its global state: a picture comes back, no window opens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BAR = "#56b4e9"
"""The blue of Okabe & Ito's palette, as the outlines have it."""
INK = "#222222"
PANEL_WIDTH, BAR_HEIGHT, MARGIN = 6.0, 0.24, 1.1
"""Inches."""


@dataclass(frozen=True)
class Bars:
    """One horizontal bar chart.

    Attributes:
        title: one line above it.
        axis: what the bars measure, with the unit.
        values: name -> length, the first on top; NaN draws no bar.
    """

    title: str
    axis: str
    values: Mapping[Any, float]


def bar_charts(charts: Sequence[Bars], dpi: int = 100) -> np.ndarray:
    """Return the charts side by side, uint8 BGR `(h, w, 3)`, as high as the longest needs."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if not charts or not all(chart.values for chart in charts):
        raise ValueError("a bar chart needs at least one bar")
    longest = max(len(chart.values) for chart in charts)
    size = (PANEL_WIDTH * len(charts), MARGIN + BAR_HEIGHT * longest)
    figure = Figure(figsize=size, dpi=dpi, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    for axes, chart in zip(figure.subplots(1, len(charts), squeeze=False)[0], charts, strict=True):
        _draw(axes, chart, longest)
    canvas.draw()
    return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[:, :, 2::-1])


def _draw(axes: "Axes", chart: Bars, longest: int) -> None:
    names, places = list(chart.values), np.arange(len(chart.values))
    lengths = [float(value) for value in chart.values.values()]
    axes.barh(places, lengths, height=0.75, color=BAR)
    axes.set_yticks(places, names, fontsize=8)
    axes.set_ylim(longest - 0.4, -0.6)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_title(chart.title, fontsize=10, loc="left", color=INK)
    axes.set_xlabel(chart.axis, fontsize=9)
    axes.spines[["top", "right", "left"]].set_visible(False)
