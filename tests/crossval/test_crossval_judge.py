import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

import crossval


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40))
def test_area_equals_scikit_learn(pairs: list[tuple[bool, int]]) -> None:
    labels = np.array([label for label, _ in pairs])
    p = np.array([value for _, value in pairs], dtype=float)
    if labels.all() or not labels.any():
        assert np.isnan(crossval.area_under_roc(labels, p))
    else:
        assert crossval.area_under_roc(labels, p) == pytest.approx(roc_auc_score(labels, p))


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


def test_images_of_one_patient_widen_the_interval() -> None:
    labels, p = normal_scores(np.random.default_rng(1), 100)
    five_times = [pd.concat([series] * 5, ignore_index=True) for series in (labels, p)]
    patients = pd.Series(np.tile(np.arange(100), 5))
    alone = crossval.auc_interval(*five_times, seed=0)
    grouped = crossval.auc_interval(*five_times, patients, seed=0)
    assert grouped[1] - grouped[0] > 1.8 * (alone[1] - alone[0])
