"""The search for weights, and the small maps that it looks at, against plain numpy."""

import dataclasses
import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from ensembling.maps.averaging import MapFault, average
from ensembling.maps.level_counts import gather
from ensembling.maps.reading import ReadOptions
from ensembling.maps.thumbnails import LEVELS, thumbnails
from ensembling.rules.expected_score import FIGURES, Expected, fit_expected
from ensembling.rules.hill_climbing import hill_climb
from tests.metrics import METRICS, dice

SHAPE = (48, 48)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 4), min_size=2, max_size=4).filter(any))
def test_the_best_weights_of_a_hill_are_found(counts: list[int]) -> None:
    peak = np.array(counts) / sum(counts)
    asked: list[tuple[float, ...]] = []

    def value(weights: tuple[float, ...]) -> float:
        asked.append(weights)
        return -float(((np.array(weights) - peak) ** 2).sum())

    found, path = hill_climb(len(counts), value)
    # 0.1 is the worst of all these hills, (1, 3, 3, 3): a finer step comes only after a better one
    assert np.abs(np.array(found) - peak).max() <= 0.1 + 1e-9
    assert len(asked) == len(set(asked))
    assert path[0][0] == pytest.approx([1 / len(counts)] * len(counts))
    assert max(score for _, score in path) == pytest.approx(value(found))


def test_what_is_equally_good_stays_equal() -> None:
    assert hill_climb(3, lambda _: 1.0)[0] == pytest.approx((1 / 3, 1 / 3, 1 / 3))


def test_members_without_maps_get_no_weight() -> None:
    found, path = hill_climb(3, lambda weights: weights[1], (True, False, True))
    assert found == (0.5, 0.0, 0.5)
    assert all(weights[1] == 0 for weights, _ in path)


@pytest.mark.parametrize("weights", [(0.5, 0.5), (1.0, 0.0), (0.25, 0.75)])
@pytest.mark.parametrize("metric", METRICS)
def test_small_maps_count_what_numpy_counts(
    scene, weights: tuple[float, float], metric: str
) -> None:
    ids, function, how = list(scene.truth), METRICS[metric], ReadOptions(SHAPE, workers=1)
    with thumbnails(scene.members, scene.truth, ids, function, how) as small:
        area, gain = small.tables(weights, 1)
    for row in range(0, 60, 7):
        maps = [
            cv2.resize(member.maps[ids[row]], SHAPE, interpolation=cv2.INTER_AREA)
            for member in scene.members
        ]
        mean = sum(np.float32(w) * one for w, one in zip(weights, maps, strict=True))
        true = scene.truth[ids[row]].mask().astype(bool)
        for level in range(1, LEVELS):
            mask = np.floor(mean + 0.5) >= 8 * level
            assert area[row, level] == mask.sum()
            union = (mask | true).sum()
            score = function(np.array((mask & true).sum() / union if union else 1.0))
            assert gain[row, level] == pytest.approx(score - (not true.any()))


def test_several_weightings_in_one_pass_are_each_alone(scene) -> None:
    how = ReadOptions(SHAPE, workers=1)
    weightings = [(0.5, 0.5), (1.0, 0.0), (0.0, 1.0)]
    rest = scene.truth, scene.folds, scene.groups, dice, how
    together = gather(scene.members, weightings, *rest)
    for weights, one in zip(weightings, together, strict=True):
        [alone] = gather(scene.members, [weights], *rest)
        for name in ("area", "gain", "statistics", "positive", "p", "fold", "group"):
            np.testing.assert_array_equal(getattr(one, name), getattr(alone, name))
    [nothing] = gather(scene.members, [(0.0, 0.0)], *rest)
    assert not nothing.area.any()
    assert (together[1].statistics[:, 2] == 0).all()
    assert (together[0].statistics[:, 2] > 0).any()


def test_a_map_of_weight_zero_takes_no_part() -> None:
    small, large = np.full((4, 4), 7, np.uint8), np.zeros((8, 8), np.uint8)
    assert average([small, large], [1.0, 0.0]) is small


def test_unusable_maps_are_named_while_they_are_made_small(scene) -> None:
    scene.members[0].maps["i004"] = np.zeros((3, 3, 3), np.uint8)
    scene.members[1].maps["i007"] = np.zeros((3, 3, 3), np.uint8)
    from ensembling import InputError

    with (
        pytest.raises(InputError) as caught,
        thumbnails(
            scene.members, scene.truth, list(scene.truth), dice, ReadOptions(SHAPE, workers=1)
        ),
    ):
        pass
    assert len(caught.value.faults) == 2
    assert not isinstance(caught.value, MapFault)


def test_the_expected_gain_is_found_where_it_is_linear() -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(16_000, 1 + FIGURES))
    p = 1 / (1 + np.exp(-(2 * table[:, 0] - 1)))
    positive = rng.random(16_000) < p
    score = np.clip(0.6 + 0.1 * table[:, 1], 0, 1)
    gain = np.where(positive, score, -1.0)[:, None] * np.ones(256)
    model, _ = fit_expected(table, gain, positive)
    assert np.abs(model.gain(table) - (p * score - (1 - p))).mean() < 0.03
    record = json.loads(json.dumps(dataclasses.asdict(model)))
    assert TypeAdapter(Expected).validate_python(record) == model
    model.check(members=1)


def test_no_expected_gain_where_masks_only_lose() -> None:
    rng = np.random.default_rng(0)
    positive = rng.random(50) < 0.4
    assert fit_expected(rng.normal(size=(50, 2)), np.full((50, 256), -0.5), positive) is None
