"""Paired comparison: by hand, by theory, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import ensembling
from ensembling import InputError, compare


def table(scores: list[float] | np.ndarray, drawn: list[bool] | None = None) -> pd.DataFrame:
    ids = [f"i{k}" for k in range(len(scores))]
    predicted = drawn or [False] * len(scores)
    return pd.DataFrame({"score": scores, "predicted": predicted}, index=ids)


def test_by_hand() -> None:
    a = table([1.0, 0.5, 0.0, 1.0], [False, True, True, False])
    b = table([1.0, 0.0, 0.5, 0.0], [False, False, True, True])
    found = compare(a, b[::-1], resamples=500)
    assert found.difference == pytest.approx(0.25)
    assert (found.images, found.better, found.worse) == (4, 2, 1)
    assert (found.drawn_by_a, found.drawn_by_b) == (1, 1)
    assert found.interval[0] < found.difference < found.interval[1]
    assert compare(b, a, resamples=500).difference == pytest.approx(-0.25)


def test_equal_blends_win_half_of_the_time() -> None:
    a = table([1.0, 0.0, 0.5])
    assert compare(a, a).a_wins == 0.5
    assert compare(a, a).interval == (0.0, 0.0)


def test_the_share_of_wins_is_that_of_the_normal_approximation() -> None:
    rng = np.random.default_rng(0)
    hard = rng.random(2000)
    a, b = hard + rng.normal(0.004, 0.1, 2000), hard + rng.normal(0, 0.1, 2000)
    found = compare(table(a), table(b), resamples=20_000)
    assert found.error == pytest.approx(np.std(a - b) / np.sqrt(2000), rel=0.01)
    assert found.a_wins == pytest.approx(norm.cdf(found.difference / found.error), abs=0.02)
    assert found.interval[1] - found.interval[0] == pytest.approx(2 * 1.96 * found.error, rel=0.05)


def test_patients_are_drawn_whole() -> None:
    a, b = table([1.0] * 40 + [0.0] * 40), table([0.5] * 80)
    groups = pd.Series(["x"] * 40 + ["y"] * 40, index=a.index)
    apart, together = compare(a, b), compare(a, b, groups)
    assert together.error > 4 * apart.error
    assert together.interval == (-0.5, 0.5)


def test_other_images_are_refused() -> None:
    with pytest.raises(InputError, match=r"3 and 2, 2 in common"):
        compare(table([1.0, 1.0, 1.0]), table([1.0, 1.0]))


def test_a_better_network_wins(new_scene) -> None:
    good = new_scene(90, seed=3, noise=1.0).judged()[1]
    poor = new_scene(90, seed=3, noise=6.0).judged()[1]
    found = ensembling.compare(good, poor)
    assert found.difference > 0
    assert found.a_wins > 0.95
