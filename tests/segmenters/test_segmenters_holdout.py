"""Held-out images: no patient on both sides, the competition's Dice, the best epochs."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from segmenters import NothingToLearn, Segmenter
from segmenters._holdout import CUTS, best_rule, cut, split
from segmenters._podium import Podium, clear

AREAS = {f"i{k}": (k % 3 == 0) * (k + 1) for k in range(60)}
GROUPS = {f"i{k}": f"p{k // 2}" for k in range(60)}


def test_split_keeps_patients_together_and_lesions_on_both_sides():
    learn, held = split(list(AREAS), AREAS, GROUPS, share=0.2, seed=3)
    assert sorted(learn + held) == sorted(AREAS)
    assert not {GROUPS[i] for i in learn} & {GROUPS[i] for i in held}
    assert 6 <= len(held) <= 18
    assert any(AREAS[i] for i in held)
    assert split(list(AREAS), AREAS, GROUPS, share=0.2, seed=3) == (learn, held)
    assert split(list(AREAS), AREAS, GROUPS, share=0.2, seed=4) != (learn, held)


def test_no_share_holds_nothing_out():
    assert split(["a", "b"], {}, None, share=0.0, seed=0) == (["a", "b"], [])


def test_too_few_positives_are_named():
    areas = {f"i{k}": int(k == 0) for k in range(30)}
    with pytest.raises(NothingToLearn, match=r"holdout=0\.1"):
        split(list(areas), areas, None, share=0.1, seed=0)


def mean_dice(maps, truth, at, least):
    scores = []
    for one, true in zip(maps, truth, strict=True):
        mask = one >= at
        mask = mask if mask.sum() > least else np.zeros_like(mask)
        total = mask.sum() + true.sum()
        scores.append(1.0 if total == 0 else 2 * (mask & true).sum() / total)
    return float(np.mean(scores))


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_best_rule_equals_trying_every_cut_and_area(seed):
    rng = np.random.default_rng(seed)
    truth = rng.random((6, 5, 4)) < rng.random((6, 1, 1)) - 0.3
    maps = (rng.random((6, 5, 4)) * 0.7 + 0.3 * truth).astype(np.float32)
    area, dice = cut(maps, truth)
    found = best_rule(area, dice, truth.any(axis=(1, 2)))
    tried = max(mean_dice(maps, truth, at, least) for at in CUTS for least in range(-1, 21))
    # a mask of no pixels is never drawn, so "-1" and "0" are one rule
    assert found == pytest.approx(tried)


def test_podium_keeps_the_best_and_their_mean(tiny, tmp_path):
    podium = Podium(dataclasses.replace(tiny, holdout=0.2, top_k=2, patience=2))
    stops = []
    for epoch, dice in enumerate([0.5, 0.9, 0.6, 0.7]):
        stops.append(podium.enter(epoch, dice))
        tensors = {"w": torch.tensor([float(epoch)]), "n": torch.tensor(epoch)}
        podium.keep(tmp_path, epoch, tensors)
        podium.tidy(tmp_path)
    assert stops == [False, False, False, True]
    assert podium.winners == [1, 3]
    assert {path.name for path in tmp_path.iterdir()} == {
        "epoch-1.safetensors", "epoch-3.safetensors",
    }  # fmt: skip
    mean = podium.mean(tmp_path)
    assert mean["w"].item() == 2.0
    assert mean["n"].item() == 3
    clear(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def more_squares(squares):
    """Sixty images: the squares five times over."""
    stack, targets = squares
    images = {f"{i}x{k}": stack.take([i])[0] for k in range(5) for i in stack.ids}
    return type(stack)(images), {f"{i}x{k}": targets[i] for k in range(5) for i in stack.ids}


def test_training_judges_on_patients_it_has_not_seen(tiny, more_squares, tmp_path):
    config = dataclasses.replace(tiny, epochs=3, holdout=0.34, top_k=2, checkpoint_seconds=0)
    stack, targets = more_squares
    groups = {i: i.partition("x")[0] for i in stack.ids}
    learner = Segmenter(config, stack, targets, groups=groups, mask_shape=(64, 64))
    figures = learner.fit(stack.ids, tmp_path, seed=0)
    rows = (tmp_path / "history.csv").read_text().splitlines()[1:]
    dices = [float(row.split(",")[-1]) for row in rows]
    assert figures["held_out_dice"] == max(dices)
    assert figures["positives"] < 30
    assert not list(tmp_path.glob("epoch-*"))


def test_patience_ends_the_training_also_after_a_kill(tiny, more_squares, tmp_path):
    config = dataclasses.replace(
        tiny, epochs=9, holdout=0.2, patience=1, lr=0.0, encoder_lr=0.0, checkpoint_seconds=0
    )
    learner = Segmenter(config, *more_squares, mask_shape=(64, 64))
    figures = learner.fit(more_squares[0].ids, tmp_path / "whole", seed=0)
    assert figures["steps"] < 18

    class Killed(Exception):
        pass

    def killing(_label, done, _total, _figures):
        if done == figures["steps"]:
            raise Killed

    with pytest.raises(Killed):
        learner.fit(more_squares[0].ids, tmp_path / "broken", seed=0, report=killing)
    assert learner.fit(more_squares[0].ids, tmp_path / "broken", seed=0) == figures
