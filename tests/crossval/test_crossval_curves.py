"""ROC and precision-recall curves and calibration: against scikit-learn, and their bands."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss, precision_recall_curve, roc_curve

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
    roc, precision = crossval.ranking_curves(labels, p, resamples=1)
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
        roc, _ = crossval.ranking_curves(series(list(labels)), p)
        inside = (roc.low <= roc.y + 1e-9) & (roc.y <= roc.high + 1e-9)
        assert inside.mean() > 0.95
        return float((roc.high - roc.low).mean())

    assert width(2000) < width(100) / 2


def test_images_of_one_patient_widen_the_band() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(rng.random(40) < 0.5, 10)
    p = series(list(np.repeat(rng.normal(size=40), 10) + labels))
    groups = series(list(np.repeat(np.arange(40), 10)))
    alone, _ = crossval.ranking_curves(series(list(labels)), p)
    grouped, _ = crossval.ranking_curves(series(list(labels)), p, groups)
    assert (grouped.high - grouped.low).mean() > 1.5 * (alone.high - alone.low).mean()


def test_a_missing_class_gives_no_curve() -> None:
    roc, precision = crossval.ranking_curves(series([True, True]), series([0.1, 0.2]))
    assert np.isnan(roc.y).all()
    assert np.isnan(precision.high).all()


@given(st.integers(0, 500), st.integers(2, 60))
def test_figures_equal_scikit_learn(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    p = rng.random(n)
    labels = np.r_[1, 0, rng.random(n - 2) < p[2:]].astype(int)
    found = crossval.reliability(labels, p)
    assert found["brier"] == pytest.approx(brier_score_loss(labels, p))
    assert found["log_loss"] == pytest.approx(log_loss(labels, p))
    share, mean = calibration_curve(labels, p, n_bins=10)
    sizes = np.histogram(p, bins=np.linspace(0, 1, 11))[0]
    wanted = np.sum(np.abs(share - mean) * sizes[sizes > 0]) / n
    assert found["calibration_error"] == pytest.approx(wanted)


def test_certainty_that_is_right_costs_nothing_and_wrong_stays_finite() -> None:
    labels = np.array([1, 0, 1, 0])
    right = crossval.reliability(labels, labels.astype(float))
    assert right == pytest.approx({"brier": 0.0, "log_loss": 0.0, "calibration_error": 0.0})
    wrong = crossval.reliability(labels, 1.0 - labels)
    assert wrong["brier"] == wrong["calibration_error"] == 1.0
    assert 30 < wrong["log_loss"] < 40


def test_the_bins_are_as_many_as_asked() -> None:
    p, labels = np.array([0.1, 0.4]), np.array([0, 1])
    assert crossval.reliability(labels, p, bins=1)["calibration_error"] == pytest.approx(0.25)
    assert crossval.reliability(labels, p, bins=2)["calibration_error"] == pytest.approx(0.25)
    assert crossval.reliability(labels, p, bins=4)["calibration_error"] == pytest.approx(0.35)
