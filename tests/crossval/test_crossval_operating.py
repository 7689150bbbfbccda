"""ROC and precision-recall curves: against scikit-learn, and their bands."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_curve, roc_curve

import crossval


def series(values: list) -> pd.Series:
    return pd.Series(values, index=[f"i{k}" for k in range(len(values))])


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=40).filter(
        lambda rows: 0 < sum(label for label, _ in rows) < len(rows)
    )
)
def test_every_point_is_one_that_scikit_learn_has(rows: list[tuple[bool, int]]) -> None:
    labels, p = series([label for label, _ in rows]), series([score / 6 for _, score in rows])
    roc, precision = crossval.operating_curves(labels, p, resamples=1)
    false, true, _ = roc_curve(labels, p, drop_intermediate=False)
    for x, y in zip(roc.x, roc.y, strict=True):
        assert y == pytest.approx(true[false <= x + 1e-9].max())
    given_precision, recall, _ = precision_recall_curve(labels, p)
    for x, y in zip(precision.x, precision.y, strict=True):
        reached = (recall > 0) & (recall >= x - 1e-9)  # its last point, at 0, is by convention
        highest = recall[reached].min()
        assert y == pytest.approx(given_precision[reached & (recall == highest)].max())


def test_the_band_holds_the_curve_and_narrows_with_more_images() -> None:
    def width(n: int) -> float:
        rng = np.random.default_rng(n)
        labels = rng.random(n) < 0.3
        p = series(list(rng.normal(size=n) + labels))
        roc, _ = crossval.operating_curves(series(list(labels)), p)
        inside = (roc.low <= roc.y + 1e-9) & (roc.y <= roc.high + 1e-9)
        assert inside.mean() > 0.95
        return float((roc.high - roc.low).mean())

    assert width(2000) < width(100) / 2


def test_images_of_one_patient_widen_the_band() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(rng.random(40) < 0.5, 10)
    p = series(list(np.repeat(rng.normal(size=40), 10) + labels))
    groups = series(list(np.repeat(np.arange(40), 10)))
    alone, _ = crossval.operating_curves(series(list(labels)), p)
    grouped, _ = crossval.operating_curves(series(list(labels)), p, groups)
    assert (grouped.high - grouped.low).mean() > 1.5 * (alone.high - alone.low).mean()


def test_a_missing_class_gives_no_curve() -> None:
    roc, precision = crossval.operating_curves(series([True, True]), series([0.1, 0.2]))
    assert np.isnan(roc.y).all()
    assert np.isnan(precision.high).all()
