import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from classifiers._rows import best_columns


@given(st.integers(0, 1000), st.integers(1, 6))
def test_the_columns_with_the_auc_farthest_from_a_half_are_chosen(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 5, size=(30, 6)).astype(np.float32)
    labels = np.r_[1, 0, rng.integers(0, 2, size=28)]
    worth = [abs(roc_auc_score(labels, column) - 0.5) for column in table.T]
    chosen = best_columns(table, labels, count)
    assert chosen.sum() == count
    assert min(np.array(worth)[chosen]) >= max(np.array(worth)[~chosen], default=0) - 1e-9


def test_unknown_values_say_nothing_and_equal_columns_keep_their_order() -> None:
    labels = np.array([1, 1, 0, 0])
    table = np.array(
        [[1, 1, 3, np.nan], [1, 1, np.nan, np.nan], [0, 0, 1, np.nan], [0, 0, np.nan, np.nan]],
        dtype=np.float32,
    )
    assert best_columns(table, labels, 1).tolist() == [True, False, False, False]
    assert best_columns(table, labels, 3).tolist() == [True, True, True, False]
    assert best_columns(table, labels, 9).all()
