"""Area and score at every level of a single map, and the probability of a blend."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ensembling
import rlemask
from tests.metrics import STRATEGIES


@pytest.mark.parametrize("kind", STRATEGIES)
@given(data=st.data(), seed=st.integers(0, 10_000), level=st.integers(0, 255))
def test_levels_equal_masks_cut_and_judged_one_by_one(
    kind: str, data: st.DataObject, seed: int, level: int
) -> None:
    metric = data.draw(STRATEGIES[kind])
    rng = np.random.default_rng(seed)
    prob = rng.integers(0, 256, (8, 8), dtype=np.uint8)
    true = (rng.random((16, 12)) < rng.choice([0.0, 0.3])).astype(np.uint8)
    area, score = ensembling.levels(prob, rlemask.runs_of(true), metric)
    cut = (ensembling.enlarge(prob, (16, 12)) >= level).astype(np.uint8)
    assert area[level] == cut.sum()
    judged = metric(np.array(rlemask.runs_of(cut).iou(rlemask.runs_of(true))))
    assert score[level] == pytest.approx(judged)


def test_the_probability_is_what_the_gate_looks_at(scene) -> None:
    blend = scene.fit()
    ids = list(scene.folds.index)
    names = [member.name for member in scene.members]
    gated = dataclasses.replace(
        blend,
        rule="gate",
        thresholds=dataclasses.replace(blend.thresholds, gate=0.6),
        gate_weights={names[0]: 0.25, names[1]: 0.75},
        calibration=dict.fromkeys(names, (1.0, 0.0)),
        expected=None,
    )
    p = ensembling.probabilities(gated, scene.members, ids)
    plain = sum(
        weight * member.p[ids] for weight, member in zip((0.25, 0.75), scene.members, strict=True)
    )
    assert p.to_numpy() == pytest.approx(plain.to_numpy(), abs=1e-5)
    drawn = pd.Series({i: mask.area > 0 for i, mask in scene.apply(gated).items()})
    assert not drawn[p < 0.6].any()
    assert drawn.any()


def test_without_a_gate_the_probability_is_the_mean_of_the_members(scene) -> None:
    blend = dataclasses.replace(scene.fit(), gate_weights={}, calibration={})
    ids = list(scene.folds.index)
    p = ensembling.probabilities(blend, scene.members, ids)
    mean = (scene.members[0].p + scene.members[1].p) / 2
    assert p.to_numpy() == pytest.approx(mean[ids].to_numpy())
