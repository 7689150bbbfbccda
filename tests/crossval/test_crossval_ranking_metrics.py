import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

import crossval
from crossval import _ranking_metrics

Scored = list[tuple[bool, int]]
scored = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40)


@pytest.mark.parametrize(
    ("ours", "oracle"),
    [
        (crossval.area_under_roc, roc_auc_score),
        (crossval.average_precision, average_precision_score),
    ],
)
@given(pairs=scored)
def test_measures_equal_scikit_learn(ours, oracle, pairs: Scored) -> None:
    labels = np.array([label for label, _ in pairs])
    p = np.array([value for _, value in pairs], dtype=float)
    if labels.all() or not labels.any():
        assert np.isnan(ours(labels, p))
    else:
        assert ours(labels, p) == pytest.approx(oracle(labels, p))


@pytest.mark.parametrize(
    ("measure", "oracle"),
    [
        (_ranking_metrics._weighted_area, roc_auc_score),
        (_ranking_metrics._weighted_precision, average_precision_score),
    ],
)
@given(seed=st.integers(0, 200))
def test_resampled_measures_equal_scikit_learn_with_weights(measure, oracle, seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = np.r_[True, False, rng.random(20) < 0.4]
    p = rng.integers(0, 6, size=22).astype(float)
    weights = np.c_[np.ones((3, 2)), rng.integers(0, 4, size=(3, 20))].astype(float)
    found = _ranking_metrics._measured(measure, labels, p, weights)
    wanted = [oracle(labels, p, sample_weight=row) for row in weights]
    np.testing.assert_allclose(found, wanted)


def normal_scores(rng: np.random.Generator, n: int) -> tuple[pd.Series, pd.Series]:
    labels = pd.Series(rng.random(n) < 0.3)
    return labels, pd.Series(rng.normal(size=n) + labels)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    # Two unit normals one apart: AUC = Phi(1 / sqrt 2) = 0.76025.
    rng = np.random.default_rng(0)
    hits = 0
    for repeat in range(60):
        labels, p = normal_scores(rng, 150)
        low, high = crossval.auc_interval(labels, p, resamples=200, seed=repeat)
        hits += low <= 0.76025 <= high
    assert hits >= 51


@pytest.mark.parametrize("interval", [crossval.auc_interval, crossval.average_precision_interval])
def test_images_of_one_patient_widen_the_interval(interval) -> None:
    labels, p = normal_scores(np.random.default_rng(1), 100)
    five_times = [pd.concat([series] * 5, ignore_index=True) for series in (labels, p)]
    patients = pd.Series(np.tile(np.arange(100), 5))
    alone = interval(*five_times, seed=0)
    grouped = interval(*five_times, patients, seed=0)
    assert grouped[1] - grouped[0] > 1.8 * (alone[1] - alone[0])


@pytest.mark.parametrize("groups", [None, pd.Series(np.arange(90) // 3)])
def test_the_interval_is_that_of_whole_patients_drawn_one_by_one(groups) -> None:
    """Against a loop that builds every resample and asks scikit-learn."""
    labels, p = normal_scores(np.random.default_rng(2), 90)
    units = np.arange(90) if groups is None else groups.to_numpy()
    rng = np.random.default_rng(5)
    values = []
    for chosen in rng.integers(units.max() + 1, size=(300, units.max() + 1)):
        rows = np.concatenate([np.flatnonzero(units == unit) for unit in chosen])
        values.append(roc_auc_score(labels[rows], p[rows]))
    wanted = np.quantile(values, [0.05, 0.95])
    found = crossval.auc_interval(labels, p, groups, level=0.9, resamples=300, seed=5)
    np.testing.assert_allclose(found, wanted)


def test_memory_is_bounded_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    labels, p = normal_scores(np.random.default_rng(3), 200)
    whole = crossval.auc_interval(labels, p, seed=1)
    monkeypatch.setattr(_ranking_metrics, "CHUNK", 900)
    assert crossval.auc_interval(labels, p, seed=1) == pytest.approx(whole)


def test_one_class_has_no_interval() -> None:
    labels, p = pd.Series([0, 0, 0]), pd.Series([0.1, 0.2, 0.3])
    assert np.isnan(crossval.auc_interval(labels, p)).all()
    assert np.isnan(crossval.average_precision_interval(labels, p)).all()
