"""Figures over several trainings."""

import numpy as np
import pytest

from crossval import over_trainings


def test_one_training_has_no_spread() -> None:
    with pytest.raises(ValueError, match="at least 2 trainings"):
        over_trainings([0.8], [(0.7, 0.9)])


def test_equal_trainings_add_nothing_to_the_interval_over_images() -> None:
    found = over_trainings([0.8, 0.8], [(0.7, 0.9), (0.7, 0.9)])
    assert found.sd == 0
    assert found.interval_new == found.interval == pytest.approx((0.7, 0.9))


def test_the_interval_of_a_new_training_contains_it_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    images, trainings, count, half = 0.01, 0.01, 3, 1.96 * 0.01
    inside = 0
    for _ in range(4000):
        error = rng.normal(0, images)  # of the images at hand, common to all trainings
        values = 0.8 + error + rng.normal(0, trainings, count)
        found = over_trainings(values, [(one - half, one + half) for one in values])
        low, high = found.interval_new
        inside += low <= 0.8 + rng.normal(0, trainings) <= high
    assert inside / 4000 == pytest.approx(0.95, abs=0.025)


def test_with_a_small_spread_it_is_nearly_the_interval_over_images() -> None:
    found = over_trainings([0.8, 0.8001, 0.7999], [(0.75, 0.85)] * 3)
    assert found.interval_new == pytest.approx((0.75, 0.85), abs=1e-4)
