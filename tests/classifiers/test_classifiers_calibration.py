import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from classifiers import Calibration
from classifiers._calibration import fit_calibration


def sample(seed: int, n: int = 800) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that are too sure of themselves, with their truth."""
    rng = np.random.default_rng(seed)
    z = rng.normal(-1, 1, size=n)
    labels = (rng.random(n) < 1 / (1 + np.exp(-z))).astype(int)
    return 1 / (1 + np.exp(-2.5 * z)), labels


@pytest.mark.parametrize("method", ["platt", "beta"])
def test_it_equals_scikit_learns_logistic_regression(method: str) -> None:
    p, labels = sample(0)
    inputs = np.stack([np.log(p), -np.log1p(-p)], axis=1)
    inputs = inputs if method == "beta" else inputs.sum(axis=1, keepdims=True)
    oracle = LogisticRegression(C=np.inf, tol=1e-10, max_iter=2000).fit(inputs, labels)
    fitted = fit_calibration(method, p, labels)
    wanted = oracle.predict_proba(inputs)[:, 1]
    np.testing.assert_allclose(fitted.apply(p), wanted, atol=1e-4)


@pytest.mark.parametrize("method", ["platt", "beta"])
def test_it_mends_probabilities_of_other_images(method: str) -> None:
    fitted = fit_calibration(method, *sample(0))
    p, labels = sample(1)
    assert log_loss(labels, fitted.apply(p)) < log_loss(labels, p) - 0.05
    assert fitted.apply(p).mean() == pytest.approx(labels.mean(), abs=0.03)


@given(st.integers(0, 500), st.sampled_from(["none", "platt", "beta"]))
def test_the_order_is_kept_even_by_a_model_that_is_wrong(seed: int, method: str) -> None:
    rng = np.random.default_rng(seed)
    p = rng.random(60)
    labels = (p < rng.random(60)).astype(int)  # the higher p, the rarer
    labels[:2] = 0, 1
    q = fit_calibration(method, p, labels).apply(np.sort(p))
    assert ((q > 0) & (q < 1)).all()
    assert (np.diff(q)[np.diff(np.sort(p)) > 1e-6] > 0).all()


def test_none_changes_nothing_and_the_ends_stay_finite() -> None:
    p = np.array([0.0, 0.2, 1.0])
    np.testing.assert_array_equal(fit_calibration("none", p, np.array([0, 1, 1])).apply(p), p)
    q = Calibration("beta", (1.0, 2.0), 0.0).apply(p)
    assert np.isfinite(q).all()
    assert q[0] < q[1] < q[2]
