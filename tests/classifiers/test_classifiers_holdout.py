"""The split for early stopping."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers._holdout import hold_out


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 12)), min_size=4, max_size=60),
    st.floats(0.05, 0.5),
    st.integers(0, 9),
)
def test_no_patient_is_on_both_sides(
    images: list[tuple[int, int]], fraction: float, seed: int
) -> None:
    labels, groups = (np.array(column) for column in zip(*images, strict=True))
    held = hold_out(labels, groups, fraction, seed)
    assert not set(groups[held]) & set(groups[~held])
    np.testing.assert_array_equal(held, hold_out(labels, groups, fraction, seed))
    positive = np.unique(groups[labels == 1])
    if len(positive) >= 2:
        assert labels[~held].any()
        assert labels[held].any()


def test_the_share_is_that_of_the_patients_of_each_kind() -> None:
    labels = np.repeat([1, 0], [40, 160])
    held = hold_out(labels, None, 0.15, seed=0)
    assert held[:40].sum() == 6
    assert held[40:].sum() == 24
    assert (held != hold_out(labels, None, 0.15, seed=1)).any()
