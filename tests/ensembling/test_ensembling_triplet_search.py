"""The search against brute force that draws every mask."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ensembling
from ensembling.rules.thresholds import Thresholds
from ensembling.rules.triplet_search import best_gate, best_gated, best_threshold, best_triplet
from rlemask import runs_of
from tests.metrics import STRATEGIES, Metric, dice, tgs

kinds = pytest.mark.parametrize("kind", STRATEGIES)

SIDE = 4
LEVELS = (0, 1, 60, 61, 200, 254, 255)
EXACT = 1e-11  # scores are multiples of 2^-40


def images(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return probability maps and truths `(n, 4, 4)`, about half of the truths empty."""
    rng = np.random.default_rng(seed)
    prob = rng.choice(LEVELS, (n, SIDE, SIDE)).astype(np.uint8)
    true = (prob / 255 + rng.normal(0, 0.4, prob.shape) > 0.6) & (rng.random((n, 1, 1)) < 0.5)
    return prob, true


def tables(prob: np.ndarray, true: np.ndarray, metric: Metric) -> tuple[np.ndarray, np.ndarray]:
    pairs = zip(prob, true, strict=True)
    looked = [ensembling.levels(one, runs_of(other), metric) for one, other in pairs]
    area = np.array([area for area, _ in looked]).astype(np.int32)
    empty = ~true.any(axis=(1, 2))
    return area, np.array([score for _, score in looked]) - empty[:, None]


def total_gain(
    prob: np.ndarray, true: np.ndarray, metric: Metric, thresholds: Thresholds, p: np.ndarray
) -> float:
    """Draw the masks and score them; less the score of predicting nothing."""
    gain = 0.0
    for one, other, chance in zip(prob, true, p, strict=True):
        blocked = thresholds.gate is not None and chance < thresholds.gate
        mask = None if blocked else thresholds.mask(one)
        if mask is not None:
            overlap = (mask & other).sum() / (mask | other).sum()
            gain += float(metric(np.array(overlap))) - (not other.any())
    return gain


def every_triplet() -> list[Thresholds]:
    cuts = [level for level in LEVELS if level]
    return [
        Thresholds(top, min_area, bottom)
        for top in cuts
        for bottom in cuts
        if bottom <= top
        for min_area in range(SIDE * SIDE + 1)
    ]


@kinds
@settings(deadline=None, max_examples=15)
@given(st.data(), st.integers(0, 9999), st.integers(1, 9))
def test_no_triplet_is_better(kind: str, data: st.DataObject, seed: int, n: int) -> None:
    metric = data.draw(STRATEGIES[kind])
    prob, true = images(seed, n)
    value, found = best_triplet(*tables(prob, true, metric), SIDE * SIDE)
    p = np.ones(n)
    assert total_gain(prob, true, metric, found, p) == pytest.approx(value, abs=EXACT)
    best = max(total_gain(prob, true, metric, triplet, p) for triplet in every_triplet())
    assert value == pytest.approx(max(best, 0.0), abs=EXACT)


@kinds
@settings(deadline=None, max_examples=15)
@given(st.data(), st.integers(0, 9999), st.integers(1, 9))
def test_the_best_score_is_that_of_the_best_triplet(
    kind: str, data: st.DataObject, seed: int, n: int
) -> None:
    metric = data.draw(STRATEGIES[kind])
    prob, true = images(seed, n)
    score = ensembling.best_score(list(prob), [runs_of(one) for one in true], metric)
    value, _ = best_triplet(*tables(prob, true, metric), SIDE * SIDE)
    assert score == pytest.approx((~true.any(axis=(1, 2))).mean() + value / n, abs=EXACT)


@pytest.mark.parametrize("metric", [dice, tgs])
@settings(deadline=None, max_examples=25)
@given(st.integers(0, 9999), st.integers(2, 40))
def test_equally_good_rules_do_not_depend_on_the_order_of_the_images(
    metric: Metric, seed: int, n: int
) -> None:
    rng = np.random.default_rng(seed)
    area, gain = tables(*images(seed, n), metric)
    p, order = rng.random(n).round(1), rng.permutation(n)
    moved = area[order], gain[order]
    assert best_triplet(*moved, SIDE * SIDE) == best_triplet(area, gain, SIDE * SIDE)
    assert best_threshold(moved[1], p[order], SIDE * SIDE) == best_threshold(gain, p, SIDE * SIDE)
    assert best_gated(*moved, p[order], SIDE * SIDE) == best_gated(area, gain, p, SIDE * SIDE)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 4)), max_size=12))
def test_no_gate_is_better(pairs: list[tuple[int, int]]) -> None:
    gain = np.array([float(a) for a, _ in pairs])
    p = np.array([b / 4 for _, b in pairs])
    value, gate = best_gate(gain, p)
    assert gain[p >= gate].sum() == value
    if pairs:
        assert value == max(gain[p >= one].sum() for one in p)


def test_a_gate_between_neighbouring_floats_still_parts_them() -> None:
    p = np.array([0.3, np.nextafter(0.3, 1)])
    assert best_gate(np.array([-1.0, 1.0]), p) == (1.0, p[1])


@kinds
@settings(deadline=None, max_examples=20)
@given(st.data(), st.integers(0, 9999), st.integers(2, 7))
def test_the_gated_search_is_sound(kind: str, data: st.DataObject, seed: int, n: int) -> None:
    metric = data.draw(STRATEGIES[kind])
    prob, true = images(seed, n)
    area, gain = tables(prob, true, metric)
    p = np.random.default_rng(seed).random(n).round(1)
    value, found = best_gated(area, gain, p, SIDE * SIDE)
    assert total_gain(prob, true, metric, found, p) == pytest.approx(value, abs=EXACT)
    assert value >= best_triplet(area, gain, SIDE * SIDE)[0]
    best = max(best_triplet(area[p >= g], gain[p >= g], SIDE * SIDE)[0] for g in p)
    # It may miss the best by design; on so few images every gate is among its starts.
    assert value <= best


def test_a_planted_gate_is_found() -> None:
    rng = np.random.default_rng(0)
    prob = np.full((40, SIDE, SIDE), 200, np.uint8)  # the maps cannot tell the images apart
    true = np.zeros(prob.shape, bool)
    true[:15] = True
    p = np.where(true.any(axis=(1, 2)), rng.uniform(0.6, 1, 40), rng.uniform(0, 0.5, 40))
    value, found = best_gated(*tables(prob, true, dice), p, SIDE * SIDE)
    assert value == pytest.approx(15)
    assert found.gate is not None
    assert 0.5 <= found.gate <= 0.6


@pytest.mark.parametrize("wrong", [(100, 5, 101), (0, 5, 0), (256, 5, 1), (9, -1, 9)])
def test_impossible_thresholds_are_refused(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="must"):
        ensembling.Thresholds(*wrong)


@kinds
@settings(deadline=None, max_examples=20)
@given(st.data(), st.integers(0, 9999), st.integers(1, 9))
def test_no_gate_with_one_cut_is_better(kind: str, data: st.DataObject, seed: int, n: int) -> None:
    metric = data.draw(STRATEGIES[kind])
    prob, true = images(seed, n)
    _, gain = tables(prob, true, metric)
    p = np.random.default_rng(seed).choice([0.1, 0.2, 0.5, 0.9], n)
    value, found = best_threshold(gain, p, SIDE * SIDE)
    every = [
        total_gain(prob, true, metric, Thresholds(cut, 0, cut, gate), p)
        for cut in LEVELS[1:]
        for gate in (0.0, 0.15, 0.3, 0.7)
    ]
    assert value == pytest.approx(max(0.0, *every), abs=EXACT)
    assert total_gain(prob, true, metric, found, p) == pytest.approx(value, abs=EXACT)
    assert found.top == found.bottom
