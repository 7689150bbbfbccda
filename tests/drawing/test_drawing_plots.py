import subprocess
import sys

import numpy as np
import pytest

import drawing

BLUE = np.array([233, 180, 86])
"""BGR of the bars."""


def blue(picture: np.ndarray) -> np.ndarray:
    return (np.abs(picture.astype(int) - BLUE) < 3).all(axis=2)


def bars(**values: float) -> drawing.Bars:
    return drawing.Bars("title", "axis", values)


def test_a_bar_is_as_long_as_its_value() -> None:
    found = blue(drawing.bar_charts([bars(one=1.0, half=0.5, none=0.0)]))
    lengths = found.sum(axis=1)
    rows = np.flatnonzero(lengths > 10)
    first = rows[: len(rows) // 2]
    assert lengths[first].mean() == pytest.approx(
        2 * lengths[rows[len(rows) // 2 + 1 :]].mean(), rel=0.05
    )
    assert rows[-1] < 0.7 * len(found), "the last of three has no length"


def test_the_first_name_is_on_top_and_nan_draws_nothing() -> None:
    top = np.flatnonzero(blue(drawing.bar_charts([bars(a=1.0, b=float("nan"))])).any(axis=1))
    bottom = np.flatnonzero(blue(drawing.bar_charts([bars(a=float("nan"), b=1.0)])).any(axis=1))
    assert top.max() < bottom.min()


def test_charts_stand_side_by_side_as_high_as_the_longest() -> None:
    short, long = bars(a=1.0), bars(**{f"bar{place}": 1.0 for place in range(20)})
    alone, both = drawing.bar_charts([long]), drawing.bar_charts([short, long])
    assert both.shape == (alone.shape[0], 2 * alone.shape[1], 3)
    assert both.dtype == np.uint8
    np.testing.assert_array_equal(both, drawing.bar_charts([short, long]))


FIRST = np.array([178, 114, 0])
"""BGR of the first curve."""


def curve(picture: np.ndarray) -> np.ndarray:
    return (np.abs(picture.astype(int) - FIRST) < 40).all(axis=2)


def lines(y: list[float]) -> drawing.Lines:
    return drawing.Lines("title", "epoch", {"fold0": (np.arange(len(y)), np.array(y))})


def test_a_rising_curve_rises_from_left_to_right() -> None:
    rows, columns = np.nonzero(curve(drawing.line_charts([lines([0.0, 1.0, 2.0])])))
    inside = columns > 0.2 * columns.max()  # without the legend, which is left and on top
    assert np.corrcoef(rows[inside], columns[inside])[0, 1] < -0.8


def test_points_that_are_not_known_are_left_out() -> None:
    whole = drawing.line_charts([lines([0.0, 1.0, 2.0])])
    without = drawing.line_charts([lines([0.0, float("nan"), 2.0])])
    np.testing.assert_allclose(whole.astype(int), without, atol=2)


def test_no_curves_are_refused() -> None:
    for charts in ([], [drawing.Lines("title", "epoch", {})]):
        with pytest.raises(ValueError, match="at least one curve"):
            drawing.line_charts(charts)


def test_no_bars_are_refused() -> None:
    for charts in ([], [bars()]):
        with pytest.raises(ValueError, match="at least one bar"):
            drawing.bar_charts(charts)


def test_drawing_leaves_matplotlibs_state_alone_and_loads_it_late() -> None:
    code = (
        "import sys, drawing\n"
        "assert 'matplotlib' not in sys.modules\n"
        "drawing.bar_charts([drawing.Bars('t', 'a', {'x': 1.0})])\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
