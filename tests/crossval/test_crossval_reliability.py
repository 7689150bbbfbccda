import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

import crossval


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
    assert right == {"brier": 0.0, "log_loss": 0.0, "calibration_error": 0.0}
    wrong = crossval.reliability(labels, 1.0 - labels)
    assert wrong["brier"] == wrong["calibration_error"] == 1.0
    assert 30 < wrong["log_loss"] < 40


def test_the_bins_are_as_many_as_asked() -> None:
    p, labels = np.array([0.1, 0.4]), np.array([0, 1])
    assert crossval.reliability(labels, p, bins=1)["calibration_error"] == pytest.approx(0.25)
    assert crossval.reliability(labels, p, bins=2)["calibration_error"] == pytest.approx(0.25)
    assert crossval.reliability(labels, p, bins=4)["calibration_error"] == pytest.approx(0.35)
