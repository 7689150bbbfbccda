"""Held-out images: no group on both sides, the competition's metric, the best epochs."""

import re

import numpy as np
import pandas as pd
import pytest
import torch

import ensembling
import rlemask
from segmenters import NothingToLearn, Segmenter, WrongModel
from segmenters.data.training_set import training_set
from segmenters.network.weights import grey_input
from segmenters.training.best_checkpoints import BestCheckpoints, delete_checkpoints
from segmenters.training.holdout import held_out_score, split
from tests.metrics import METRICS, dice, tgs

AREAS = {f"i{k}": (k % 3 == 0) * (k + 1) for k in range(60)}
GROUPS = {f"i{k}": f"p{k // 2}" for k in range(60)}


def test_split_keeps_groups_together_and_positives_on_both_sides():
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


SMALL = [
    (positives, negatives, groups, share)
    for positives in (0, 1, 2, 5, 9)
    for negatives in (0, 1, 4, 30)
    for groups in (0, 3, 7)
    for share in (0.5, 0.34, 0.1, 1e-3, 1e-300, 5e-324)
]


@pytest.mark.parametrize("grouped", [False, True], ids=["images", "groups"])
def test_the_remedy_of_an_impossible_holdout_helps(tiny, grouped):
    """A share too small for the positives is raised, and where none is possible it is 0."""
    told = set()
    for positives, negatives, count, share in SMALL:
        if not positives + negatives or grouped != bool(count):
            continue
        areas = {f"i{k}": int(k < positives) for k in range(positives + negatives)}
        groups = {name: f"p{k % count}" for k, name in enumerate(areas)} if count else None
        try:
            learn, held = split(list(areas), areas, groups, share=share, seed=0)
        except NothingToLearn as error:
            told.add(tried(str(error), tiny, areas, groups, share))
        else:
            assert min(len(learn), len(held)) >= 2, "enough for a batch remains"
    assert told == {"share", "none"}


def tried(line, config, areas, groups, share):
    """Follow the remedy of a message; return which it is."""
    assert line.startswith(f"holdout={share} is not possible (no folds can be made: ")
    assert line.isprintable()
    if found := re.search(r": set holdout=([\d.e-]+)$", line):
        chosen = config.replace(holdout=float(found[1]), patience=1, top_k=1).training
        assert chosen.holdout > share
        learn, held = split(list(areas), areas, groups, share=chosen.holdout, seed=0)
        assert min(len(learn), len(held)) >= 2
        return "share"
    assert line.endswith(": set holdout=0, patience=0 and top_k=0, or train on more images")
    chosen = config.replace(holdout=0, patience=0, top_k=0).training
    assert split(list(areas), areas, groups, share=chosen.holdout, seed=0) == (list(areas), [])
    return "none"


@pytest.mark.parametrize("share", [0.51, 1.0, 30.0, -0.1, float("nan"), float("inf")])
def test_a_holdout_out_of_range_names_the_range(tiny, share):
    with pytest.raises(ValueError, match=r"training\.holdout must lie in 0\.\.0\.5, not "):
        tiny.replace(holdout=share)


class Shown(torch.nn.Module):
    """A network whose logits are the image."""

    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.tensor(1.0))

    def forward(self, x):
        return self.scale * x[:, 0], None


GREYS = np.array([0, 60, 110, 140, 200, 255], np.uint8)


def shown_images(stack_type, seed):
    """Return eight images of six grey levels, a third of them empty."""
    rng = np.random.default_rng(seed)
    truth = np.zeros((8, 32, 32), bool)
    for one in truth[:5]:
        top, left = rng.integers(0, 24, 2)
        one[top : top + rng.integers(3, 16), left : left + rng.integers(3, 16)] = True
    noise = rng.normal(0, 0.8, (8, 4, 4)).repeat(8, axis=1).repeat(8, axis=2)
    images = GREYS[np.digitize(2 * truth + noise, [-1, 0, 0.8, 1.6, 2.4])]
    ids = [f"i{k}" for k in range(8)]
    stack = stack_type(dict(zip(ids, images, strict=True)))
    return stack, {i: rlemask.runs_of(one) for i, one in zip(ids, truth, strict=True)}


def drawn_mean(soft, truth, metric, top, least, bottom):
    """Return the mean score of masks that are drawn and compared one by one."""
    overlap = []
    for one, true in zip(soft, truth, strict=True):
        mask = (one >= bottom) & ((one >= top).sum() > least)
        union = (mask | true).sum()
        overlap.append((mask & true).sum() / union if union else 1.0)
    return float(metric(np.array(overlap)).mean())


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("seed", range(3))
def test_epochs_are_scored_by_the_best_triplet(tiny, squares, name, seed):
    config = tiny.replace(size=32, predict_batch=3)
    stack, targets = shown_images(type(squares[0]), seed)
    data = training_set(stack, targets, stack.ids, size=32)
    found = held_out_score(Shown(), data, config, METRICS[name])
    logits = grey_input(torch.from_numpy(stack.pixels).float() / 255)[:, 0]
    soft = (torch.sigmoid(logits) * 255).round().to(torch.uint8).numpy()
    truth = [targets[i] for i in stack.ids]
    assert found == ensembling.best_score(list(soft), truth, METRICS[name])
    masks = np.array([one.mask() for one in truth]) > 0
    levels = np.unique(soft)
    tried = max(
        drawn_mean(soft, masks, METRICS[name], top, least, bottom)
        for top in levels
        for bottom in levels[levels <= top]
        for least in {*(soft >= top).sum(axis=(1, 2)), 0, 32 * 32}
    )
    assert found == pytest.approx(tried, abs=1e-11)
    assert found > (~masks.any(axis=(1, 2))).mean()


def test_an_object_lost_at_the_size_of_the_network_counts_for_none(tiny, squares):
    config = tiny.replace(size=32)
    stack, targets = shown_images(type(squares[0]), 0)
    pixel = np.zeros((64, 64), bool)
    pixel[5, 5] = True
    stack.pixels[-1] = 0
    data = training_set(stack, targets | {"i7": rlemask.runs_of(pixel)}, stack.ids, size=32)
    assert data.positive[-1]
    without = training_set(stack, targets, stack.ids, size=32)
    assert held_out_score(Shown(), data, config, dice) == held_out_score(
        Shown(), without, config, dice
    )


def test_a_holdout_needs_a_metric(tiny, squares):
    config = tiny.replace(holdout=0.2)
    with pytest.raises(ValueError, match="holdout needs a metric for the epochs: pass"):
        Segmenter(config, *squares)


def test_the_best_checkpoints_and_their_mean_are_kept(tiny, tmp_path):
    best = BestCheckpoints(tiny.replace(holdout=0.2, top_k=2, patience=2).training)
    stops = []
    for epoch, score in enumerate([0.5, 0.9, 0.6, 0.7]):
        stops.append(best.add(epoch, score))
        tensors = {"w": torch.tensor([float(epoch)]), "n": torch.tensor(epoch)}
        best.keep(tmp_path, epoch, tensors)
        delete_checkpoints(tmp_path, kept=best.best_epochs)
    assert stops == [False, False, False, True]
    assert best.best_epochs == [1, 3]
    assert {path.name for path in tmp_path.iterdir()} == {
        "epoch-1.safetensors", "epoch-3.safetensors",
    }  # fmt: skip
    mean = best.mean(tmp_path)
    assert mean["w"].item() == 2.0
    assert mean["n"].item() == 3
    delete_checkpoints(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def more_squares(squares):
    """Sixty images: the squares five times over."""
    stack, targets = squares
    images = {f"{i}x{k}": stack.take([i])[0] for k in range(5) for i in stack.ids}
    return type(stack)(images), {f"{i}x{k}": targets[i] for k in range(5) for i in stack.ids}


def test_training_scores_groups_it_has_not_seen(tiny, more_squares, tmp_path):
    config = tiny.replace(epochs=3, holdout=0.34, top_k=2, checkpoint_seconds=0)
    stack, targets = more_squares
    groups = {i: i.partition("x")[0] for i in stack.ids}
    learner = Segmenter(config, stack, targets, groups=groups, metric=dice)
    figures = learner.fit(stack.ids, tmp_path, seed=0)
    rows = (tmp_path / "history.csv").read_text().splitlines()[1:]
    scores = [float(row.split(",")[-1]) for row in rows]
    assert figures["held_out_score"] == max(scores)
    assert figures["training_positives"] < 30
    assert not list(tmp_path.glob("epoch-*"))


def test_another_metric_scores_otherwise_and_makes_another_model(tiny, more_squares, tmp_path):
    config = tiny.replace(epochs=3, holdout=0.34, top_k=1)
    # A mask everywhere pays for Dice where nearly all images are positive, for TGS it never does.
    none, some = ([i for i, mask in more_squares[1].items() if bool(mask) == k] for k in (0, 1))
    ids, scores = none[:3] + some, {}
    for name, metric in METRICS.items():
        learner = Segmenter(config, *more_squares, metric=metric)
        scores[name] = learner.fit(ids, tmp_path / name, seed=0)["held_out_score"]
        history = pd.read_csv(tmp_path / name / "history.csv")
        assert history["score"].max() == pytest.approx(scores[name], rel=1e-4)
    assert scores["dice"] > scores["tgs"]
    with pytest.raises(WrongModel, match="other images, seed, metric or config"):
        Segmenter(config, *more_squares, metric=tgs).fit(ids, tmp_path / "dice", seed=0)


def test_without_a_holdout_the_metric_changes_no_model(tiny, squares, tmp_path):
    config = tiny.replace(epochs=1)
    first = Segmenter(config, *squares).fit(squares[0].ids, tmp_path, seed=0)
    scored = Segmenter(config, *squares, metric=dice)
    assert scored.fit(squares[0].ids, tmp_path, seed=0) == first


def test_patience_ends_the_training_also_after_a_kill(tiny, more_squares, tmp_path):
    config = tiny.replace(
        epochs=9, holdout=0.2, patience=1, lr=0.0, encoder_lr=0.0, checkpoint_seconds=0
    )
    learner = Segmenter(config, *more_squares, metric=dice)
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
