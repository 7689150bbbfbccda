import numpy as np
import pytest

from ensembling.evaluation.bootstrap import bootstrap_interval, standard_error


def interval(
    values: np.ndarray,
    group: np.ndarray,
    seed: int = 0,
    resamples: int = 400,
    fit_error: float = 0.0,
) -> tuple[float, float]:
    return bootstrap_interval(
        values, group, level=0.95, resamples=resamples, seed=seed, fit_error=fit_error
    )


def test_the_interval_covers_the_mean_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for repeat in range(200):
        values = rng.beta(4, 1, 120)
        low, high = interval(values, np.arange(120), repeat)
        hits += low <= 0.8 <= high
    assert 180 <= hits <= 199


def test_the_interval_covers_with_images_of_one_patient_alike() -> None:
    rng = np.random.default_rng(1)
    hits = 0
    for repeat in range(200):
        sizes = rng.integers(1, 8, 80)
        group = np.repeat(np.arange(80), sizes)
        low, high = interval(rng.beta(4, 1, 80)[group], group, repeat)
        hits += low <= 0.8 <= high
    assert 178 <= hits <= 199


def test_the_same_seed_gives_the_same_interval_and_groups_need_no_order() -> None:
    values, group = np.random.default_rng(0).random(50), np.arange(50) // 2
    assert interval(values, group) == interval(values, group)
    assert interval(values, group) != interval(values, group, seed=1)
    assert interval(values, 7 * group) == interval(values, group)


def test_the_standard_error_is_the_usual_one_without_groups() -> None:
    values = np.random.default_rng(0).random(30)
    expected = values.std() / np.sqrt(30)
    assert standard_error(values, np.arange(30)) == pytest.approx(expected)
    doubled = standard_error(np.repeat(values, 2), np.arange(60) // 2)
    assert doubled == pytest.approx(expected)


def test_the_error_of_the_fit_is_added_as_an_independent_one() -> None:
    group = np.arange(400)
    fixed = interval(np.full(400, 0.8), group, fit_error=0.01, resamples=20_000)
    assert fixed == pytest.approx((0.8 - 0.0196, 0.8 + 0.0196), abs=0.001)
    values = np.random.default_rng(0).normal(0.8, 0.2, 400)  # a standard error of 0.01
    alone, both = (interval(values, group, fit_error=e, resamples=20_000) for e in (0.0, 0.01))
    assert np.ptp(both) == pytest.approx(np.sqrt(2) * np.ptp(alone), rel=0.05)
