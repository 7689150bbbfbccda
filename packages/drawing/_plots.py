"""Bar and line charts as images, drawn by matplotlib without pyplot's global state."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BAR = "#56b4e9"
"""The blue of Okabe & Ito's palette, as for true outlines."""
INK = "#222222"
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
"""Okabe & Ito's colour-blind safe colours."""
PANEL_WIDTH, BAR_HEIGHT, LINE_HEIGHT, MARGIN = 6.0, 0.24, 3.6, 1.1
"""Inches."""


@dataclass(frozen=True)
class Bars:
    """One horizontal bar chart.

    Attributes:
        title: one line above the chart.
        axis: label of the horizontal axis, with the unit.
        values: name -> length, the first on top; NaN draws no bar.
    """

    title: str
    axis: str
    values: Mapping[Any, float]


@dataclass(frozen=True)
class Lines:
    """One line chart.

    Attributes:
        title: one line above the chart.
        axis: label of the horizontal axis, with the unit.
        curves: name -> (x, y), each float `(n,)`; points with NaN are left out.
        bands: name of a curve -> (low, high) at its x, drawn as a shaded band.
        logarithmic: whether the horizontal axis is, with a tick for each x of the first curve.
    """

    title: str
    axis: str
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]]
    bands: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    logarithmic: bool = False


def line_charts(charts: Sequence[Lines], dpi: int = 100) -> np.ndarray:
    """Return line charts side by side, uint8 BGR `(h, w, 3)`."""
    if not charts or not all(chart.curves for chart in charts):
        raise ValueError("a line chart needs at least one curve")
    return _painted((PANEL_WIDTH * len(charts), LINE_HEIGHT), charts, _draw_lines, dpi)


def bar_charts(charts: Sequence[Bars], dpi: int = 100) -> np.ndarray:
    """Return bar charts side by side, uint8 BGR `(h, w, 3)`; the longest sets the height."""
    if not charts or not all(chart.values for chart in charts):
        raise ValueError("a bar chart needs at least one bar")
    longest = max(len(chart.values) for chart in charts)
    size = (PANEL_WIDTH * len(charts), MARGIN + BAR_HEIGHT * longest)
    return _painted(size, charts, partial(_draw_bars, longest=longest), dpi)


def stacked(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Return images stacked vertically, padded with white to one width, uint8 BGR `(h, w, 3)`."""
    width = max(picture.shape[1] for picture in pictures)
    return np.vstack(
        [
            np.pad(one, ((0, 0), (0, width - one.shape[1]), (0, 0)), constant_values=255)
            for one in pictures
        ]
    )


def _painted(
    size: tuple[float, float], charts: Sequence[Any], draw: Callable[..., None], dpi: int
) -> np.ndarray:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=dpi, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    for axes, chart in zip(figure.subplots(1, len(charts), squeeze=False)[0], charts, strict=True):
        draw(axes, chart)
        axes.set_title(chart.title, fontsize=10, loc="left", color=INK)
        axes.set_xlabel(chart.axis, fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
    canvas.draw()
    return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[:, :, 2::-1])


def _draw_lines(axes: "Axes", chart: Lines) -> None:
    for color, (name, (x, y)) in zip(cycle(PALETTE), chart.curves.items(), strict=False):
        known = np.isfinite(y)
        axes.plot(x[known], y[known], color=color, label=name, linewidth=1.4)
        if name in chart.bands:
            axes.fill_between(x, *chart.bands[name], color=color, alpha=0.18, linewidth=0)
    if chart.logarithmic:
        ticks = next(iter(chart.curves.values()))[0]
        axes.set_xscale("log")
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
    axes.legend(fontsize=8, frameon=False)


def _draw_bars(axes: "Axes", chart: Bars, longest: int) -> None:
    names, places = list(chart.values), np.arange(len(chart.values))
    lengths = [float(value) for value in chart.values.values()]
    axes.barh(places, lengths, height=0.75, color=BAR)
    axes.set_yticks(places, names, fontsize=8)
    axes.set_ylim(longest - 0.4, -0.6)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.locator_params(axis="x", nbins=5)
    axes.spines["left"].set_visible(False)
