"""Patients, labels and identifiers."""

from collections import defaultdict

import pytest

from cxr.phantom.plan import Plan, make_plans


@pytest.fixture(scope="module")
def plans() -> list[Plan]:
    return make_plans(images=600, test=200, positive_share=0.222, seed=0)


def test_counts_are_exact(plans: list[Plan]) -> None:
    train = [plan for plan in plans if not plan.test]
    assert len(train) == 600
    assert len(plans) == 800
    assert sum(plan.positive for plan in train) == 133
    assert sum(plan.positive for plan in plans if plan.test) == 44


def test_identifiers_are_unique_and_look_like_the_competitions(plans: list[Plan]) -> None:
    assert len({plan.image_id for plan in plans}) == len(plans)
    assert len({plan.name for plan in plans}) == len(plans)
    for plan in plans:
        root, number, second, part = plan.image_id.rsplit(".", 3)
        assert root == "1.2.276.0.7230010.3.1.4.8323329"
        assert plan.study.split(".")[-3:] == [number, second, str(int(part) - 1)]
        assert plan.series.split(".")[-3:] == [number, second, str(int(part) - 2)]


def test_no_patient_is_in_train_and_test(plans: list[Plan]) -> None:
    train = {plan.group for plan in plans if not plan.test}
    test = {plan.group for plan in plans if plan.test}
    assert train
    assert test
    assert not train & test


def test_images_of_a_patient_share_anatomy_and_tend_to_share_the_label(plans: list[Plan]) -> None:
    of_group = defaultdict(list)
    for plan in plans:
        of_group[plan.group].append(plan)
    several = [group for group in of_group.values() if len(group) > 1]
    assert len(several) > 50
    assert all(len({plan.patient for plan in group}) == 1 for group in several)
    pairs = [(a.positive, b.positive) for g in several for a in g for b in g if a is not b]
    after_positive = [b for a, b in pairs if a]
    after_negative = [b for a, b in pairs if not a]
    assert sum(after_positive) / len(after_positive) > 2 * sum(after_negative) / len(after_negative)


def test_order_does_not_tell_the_label(plans: list[Plan]) -> None:
    numbers = [int(plan.image_id.split(".")[-3]) for plan in plans if plan.positive]
    everyone = [int(plan.image_id.split(".")[-3]) for plan in plans]
    assert abs(sum(numbers) / len(numbers) / (sum(everyone) / len(everyone)) - 1) < 0.15


def test_seed_decides() -> None:
    options = {"images": 20, "test": 5, "positive_share": 0.2}
    assert make_plans(**options, seed=1) == make_plans(**options, seed=1)
    assert make_plans(**options, seed=1) != make_plans(**options, seed=2)
