"""Charts: valid Vega-Lite, safe with NaN, told apart without colour, short for long data."""

import altair
import numpy as np
import pandas as pd
import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import reporting
from reporting.charts.vega import thinned

X = np.linspace(0, 1, 21)
HOLED = np.where(X == 0.5, np.nan, X)
CHARTS = {
    "lines": reporting.lines(
        "Lines", "text", {"a": (X, HOLED), "b": (HOLED, X)}, x="x", y="y",
        bands={"a": (X, HOLED - 1, X + 1)}, points=[(0.5, 0.5, "here")], diagonal=True,
    ),
    "bars": reporting.bars(
        "Bars", "text", {"a": 1.0, "b": float("nan"), 3: -0.5}, axis="length",
        intervals={"a": (0.8, 1.2)},
    ),
    "matrix": reporting.matrix(
        "Matrix", "text", pd.DataFrame([[1, -0.5], [np.nan, 0]], ["a", "b"], ["c", "d"])
    ),
    "scatter": reporting.scatter(
        "Scatter", "text",
        pd.DataFrame({"u": [1, 2, np.nan], "v": [3, 4, 5], "n": list("abc")}),
        x="u", y="v", label="n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_valid_and_can_be_drawn(name: str) -> None:
    spec = dict(CHARTS[name].spec)
    altair.Chart.from_dict(spec)  # altair checks it against Vega-Lite's schema
    picture = vl_convert.vegalite_to_svg(spec)
    assert "NaN" not in picture
    assert picture.count("<path") > 3


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_has_its_words_and_no_colours_of_its_own(name: str) -> None:
    chart = CHARTS[name]
    assert (chart.title, chart.text) == (name.capitalize(), "text")
    assert chart.spec["background"] == "transparent"
    assert "#" not in str({**chart.spec, "$schema": ""})


def layer(chart: reporting.Chart, kind: str) -> dict:
    return next(one for one in chart.spec["layer"] if one["mark"]["type"] == kind)


def test_points_that_are_not_finite_are_left_out() -> None:
    rows = layer(CHARTS["lines"], "line")["data"]["values"]
    assert len(layer(CHARTS["lines"], "area")["data"]["values"]) == 20
    rows = CHARTS["lines"].spec["layer"][2]["data"]["values"]
    assert [row["x"] for row in rows if row["name"] == "a"] == X[X != 0.5].tolist()
    assert len(CHARTS["scatter"].spec["data"]["values"]) == 2
    values = [row["value"] for row in CHARTS["bars"].spec["data"]["values"]]
    assert values == [1.0, None, -0.5]


def test_series_differ_in_dash() -> None:
    names = [f"series {k}" for k in range(7)]
    chart = reporting.lines("t", "t", dict.fromkeys(names, (X, X)), x="x", y="y")
    dashes = layer(chart, "line")["encoding"]["strokeDash"]["scale"]["range"]
    assert len({tuple(dash) for dash in dashes}) == 7


def test_a_chart_without_anything_is_refused() -> None:
    nothing = pd.DataFrame({"u": [np.nan], "v": [1.0]})
    for make in (
        lambda: reporting.lines("t", "t", {"a": (X, X * np.nan)}, x="x", y="y"),
        lambda: reporting.bars("t", "t", {}, axis="x"),
        lambda: reporting.matrix("t", "t", pd.DataFrame()),
        lambda: reporting.scatter("t", "t", nothing, x="u", y="v"),
    ):
        with pytest.raises(ValueError, match="'t' has no"):
            make()


def test_long_curves_are_thinned() -> None:
    x = np.linspace(0, 1, 100_000)
    chart = reporting.lines("t", "t", {"a": (x, np.sin(40 * x))}, x="x", y="y")
    assert len(layer(chart, "line")["data"]["values"]) <= 402


FLOATS = st.floats(-1e6, 1e6, allow_nan=False)


@given(arrays.arrays(np.float64, st.integers(1, 3000), elements=FLOATS), st.integers(2, 500))
def test_thinning_keeps_ends_and_extremes(y: np.ndarray, limit: int) -> None:
    kept = thinned(y, limit)
    assert len(kept) <= max(limit + 2, 2)
    assert (np.diff(kept) > 0).all()
    assert {0, len(y) - 1} <= set(kept.tolist())
    assert y[kept].min() == y.min()
    assert y[kept].max() == y.max()
