"""Area and Dice at every level of a single map, and the probability of a blend."""

import dataclasses

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
    drawn = scene.apply(gated) != "-1"
    assert not drawn[p < 0.6].any()


def test_without_a_gate_the_probability_is_the_mean_of_the_members(scene) -> None:
    blend = dataclasses.replace(scene.fit(), gate_weights={}, calibration={})
    ids = list(scene.folds.index)
    p = ensembling.probabilities(blend, scene.members, ids)
    mean = (scene.members[0].p + scene.members[1].p) / 2
    assert p.to_numpy() == pytest.approx(mean[ids].to_numpy())
