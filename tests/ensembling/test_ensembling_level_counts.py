import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rlemask
from ensembling._metric import GRAIN, iou, scores_of
from ensembling.maps.level_counts import count
from tests.metrics import STRATEGIES, dice, tgs


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 999), st.booleans(), st.sampled_from([0.0, 0.02, 0.4, 1.0]))
def test_counts_equal_numpy_at_every_level(seed: int, columns: bool, share: float) -> None:
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 23, 2))
    prob = rng.integers(0, rng.integers(2, 257), shape).astype(np.uint8)
    true = rng.random(shape) < share
    area, shared = count(prob, rlemask.runs_of(true, columns=columns))
    overlap = iou(area, shared, true.sum())
    for level in range(256):
        mask = prob >= level
        assert area[level] == mask.sum()
        assert shared[level] == (mask & true).sum()
        union = (mask | true).sum()
        assert overlap[level] == ((mask & true).sum() / union if union else 1.0)


@pytest.mark.parametrize("kind", STRATEGIES)
@given(st.data(), st.lists(st.integers(0, 50), min_size=256, max_size=256), st.integers(0, 999))
def test_scores_stay_in_their_bounds(
    kind: str, data: st.DataObject, areas: list[int], seed: int
) -> None:
    area = np.sort(areas)[::-1].copy()
    shared = (np.random.default_rng(seed).random() * area).astype(int)
    scores = scores_of(data.draw(STRATEGIES[kind]), iou(area, shared, shared[0]))
    assert ((scores >= 0) & (scores <= 1)).all()


def test_an_empty_mask_of_an_empty_truth_is_right() -> None:
    nothing = np.zeros(256, int)
    assert (iou(nothing, nothing, 0) == 1).all()
    assert (iou(nothing, nothing, 5) == 0).all()


@given(st.lists(st.floats(0, 1), min_size=2, max_size=40), st.randoms())
def test_sums_of_scores_are_exact_in_any_order(overlaps: list[float], random: object) -> None:
    scores = scores_of(dice, np.array(overlaps))
    assert (scores * GRAIN == np.rint(scores * GRAIN)).all()
    assert scores == pytest.approx(dice(np.array(overlaps)), abs=1 / GRAIN)
    shuffled = scores.tolist()
    random.shuffle(shuffled)
    assert sum(shuffled) == sum(scores.tolist())


def test_an_overlap_of_just_a_threshold_does_not_pass_it() -> None:
    tenths = iou(np.array([20, 20, 20]), np.array([11, 12, 13]), np.array([11, 12, 13]))
    assert scores_of(tgs, tenths) == pytest.approx([0.1, 0.2, 0.3])
