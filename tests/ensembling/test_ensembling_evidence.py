import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rlemask
from ensembling._evidence import count, dice_at


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 999), st.booleans(), st.sampled_from([0.0, 0.02, 0.4, 1.0]))
def test_counts_equal_numpy_at_every_level(seed: int, columns: bool, share: float) -> None:
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 23, 2))
    soft = rng.integers(0, rng.integers(2, 257), shape).astype(np.uint8)
    true = rng.random(shape) < share
    area, shared = count(soft, rlemask.runs_of(true, columns=columns))
    dice = dice_at(area, shared)
    for level in range(256):
        mask = soft >= level
        assert area[level] == mask.sum()
        assert shared[level] == (mask & true).sum()
        total = mask.sum() + true.sum()
        assert dice[level] == (2 * (mask & true).sum() / total if total else 1.0)


@given(st.lists(st.integers(0, 50), min_size=256, max_size=256), st.integers(0, 999))
def test_dice_stays_in_its_bounds(areas: list[int], seed: int) -> None:
    area = np.sort(areas)[::-1].copy()
    shared = (np.random.default_rng(seed).random() * area).astype(int)
    dice = dice_at(area, shared)
    assert ((dice >= 0) & (dice <= 1)).all()


def test_an_empty_mask_of_an_empty_truth_is_right() -> None:
    area, shared = np.zeros(256, int), np.zeros(256, int)
    assert dice_at(area, shared) == pytest.approx(np.ones(256))
