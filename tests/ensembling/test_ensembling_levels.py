"""Area and Dice at every level of a single map, and the probability of a blend."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ensembling
import rlemask


@given(seed=st.integers(0, 10_000), level=st.integers(0, 255))
def test_levels_equal_masks_cut_and_judged_one_by_one(seed: int, level: int) -> None:
    rng = np.random.default_rng(seed)
    soft = rng.integers(0, 256, (8, 8), dtype=np.uint8)
    true = (rng.random((16, 12)) < rng.choice([0.0, 0.3])).astype(np.uint8)
    area, dice = ensembling.levels(soft, [rlemask.encode(true)], shape=(16, 12))
    cut = (ensembling.enlarge(soft, (16, 12)) >= level).astype(np.uint8)
    assert area[level] == cut.sum()
    judged = rlemask.dice(rlemask.encode(cut), rlemask.encode(true), (16, 12))
    assert dice[level] == pytest.approx(judged)
