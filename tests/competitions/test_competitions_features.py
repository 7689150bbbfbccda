"""The families that experiments name, and which half of the picture a lesion lies in."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import imagefeatures
import jobs
import rlemask
from competitions.siim_acr_pneumothorax import experiments
from competitions.siim_acr_pneumothorax.features import FAMILIES, HEADER, side_labels, table
from tests.pixel_stacks import random_stack

SHAPE = (32, 40)


def source(masks: dict[str, list[np.ndarray]]) -> Any:
    dataset = SimpleNamespace(
        truth={name: rlemask.runs_of(sum(parts) > 0) for name, parts in masks.items()},
        areas=pd.Series({name: sum(int(mask.sum()) for mask in m) for name, m in masks.items()}),
    )
    return SimpleNamespace(dataset=dataset)


def box(left: int, right: int) -> np.ndarray:
    mask = np.zeros(SHAPE, np.uint8)
    mask[3:13, left:right] = 1
    return mask


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([np.zeros(SHAPE, np.uint8)], [0, 0]),
        ([box(2, 12)], [1, 0]),
        ([box(20, 30)], [0, 1]),
        ([box(19, 20)], [1, 0]),
        ([box(2, 12), box(25, 30)], [1, 1]),
        ([box(2, 21)], [1, 0]),
        ([box(11, 21)], [1, 1]),
        ([box(10, 21)], [1, 0]),
    ],
)
def test_a_side_is_positive_with_a_tenth_of_the_lesion(parts, expected):
    labels = side_labels(source({"a": parts, "b": [box(30, 35)]}))
    assert labels.loc["a"].tolist() == expected
    assert labels.loc["b"].tolist() == [0, 1]
    assert list(labels.columns) == ["left", "right"]
    assert (labels.dtypes == np.int64).all()


def test_every_positive_image_has_a_positive_side():
    rng = np.random.default_rng(0)
    masks = {f"i{n}": [(rng.random(SHAPE) < 0.01).astype(np.uint8)] for n in range(20)}
    made = source(masks)
    assert (side_labels(made).max(axis=1) == (made.dataset.areas > 0)).all()


def pictures(features: Path, facts: pd.DataFrame) -> Any:
    stack = random_stack(2)
    facts = facts.set_axis(stack.ids)
    return SimpleNamespace(
        stack=lambda side: stack, facts=facts, features=features, report=jobs.silent
    )


def test_every_family_is_used_by_an_experiment() -> None:
    used = {*experiments.lightgbm().families, *experiments.lightgbm_radiomics().families}
    assert [family.name for family in FAMILIES if family.name not in used] == []


def test_an_unknown_family_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(imagefeatures.BadFamilies) as caught:
        table(pictures(tmp_path, pd.DataFrame(index=[0, 1])), 64, ("lines", "lung"))
    assert str(caught.value) == (
        "no feature family is named 'lung': "
        "choose from lines, lunglines, lungs, zones, whole, header"
    )


def test_images_without_facts_have_no_header(tmp_path: Path) -> None:
    ages = pd.DataFrame({"age": [40.0, 50.0]})
    known, unknown = (
        table(pictures(tmp_path, facts), 64, ("whole", "header")) for facts in (ages, ages[[]])
    )
    assert known.shape == (2, 93 + len(HEADER.columns))
    assert known["header_age"].tolist() == [40, 50]
    assert list(unknown) == [name for name in known if not name.startswith("header_")]
