"""Nested subsets of the annotated images."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossval import label_subset, make_folds

IDS = [f"i{number:03d}" for number in range(300)]
LABELS = pd.Series(np.arange(300) % 4 == 0, index=IDS).astype(int)
GROUPS = pd.Series([f"p{number // 3}" for number in range(300)], index=IDS)
FOLDS = make_folds(LABELS, GROUPS)


@given(st.floats(0.01, 1), st.floats(0.01, 1), st.integers(0, 5))
def test_subsets_are_nested_and_split_no_group(a: float, b: float, seed: int) -> None:
    few, many = (
        set(label_subset(LABELS, FOLDS, GROUPS, share=share, seed=seed)) for share in sorted((a, b))
    )
    assert few <= many
    inside = GROUPS.index.isin(many)
    assert not set(GROUPS[inside]) & set(GROUPS[~inside])


@pytest.mark.parametrize("share", [0.05, 0.1, 0.25, 0.5])
def test_every_fold_has_the_share_of_both_kinds(share: float) -> None:
    chosen = label_subset(LABELS, FOLDS, share=share)
    for fold in range(5):
        for positive in (0, 1):
            inside = FOLDS.index[(fold == FOLDS) & (LABELS[FOLDS.index] == positive)]
            count = len(inside.intersection(chosen))
            assert share * len(inside) <= count < share * len(inside) + 1


def test_the_whole_is_all_images_and_seeds_differ() -> None:
    assert list(label_subset(LABELS, FOLDS, GROUPS, share=1.0)) == list(FOLDS.index)
    one, other = (label_subset(LABELS, FOLDS, GROUPS, share=0.3, seed=seed) for seed in (0, 1))
    assert set(one) != set(other)


def test_the_order_of_the_images_does_not_matter() -> None:
    shuffled = FOLDS.sample(frac=1, random_state=0)
    one, other = (label_subset(LABELS, folds, GROUPS, share=0.3) for folds in (FOLDS, shuffled))
    assert set(one) == set(other)
    assert list(other) == [i for i in shuffled.index if i in set(one)]


@pytest.mark.parametrize("share", [0, -1, 1.5, float("nan")])
def test_a_share_outside_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        label_subset(LABELS, FOLDS, share=share)
