"""The losses against hand formulas, the papers' definitions and segmentation_models_pytorch."""

import numpy as np
import pytest
import segmentation_models_pytorch as smp
import torch
from hypothesis import given, settings
from torch.nn import functional as F

from segmenters import SegmenterConfig
from segmenters.network.network import Prediction
from segmenters.training.losses import (
    dice_loss,
    focal_loss,
    lovasz_loss,
    presence_loss,
    total_loss,
)
from tests.segmenters._random_masks import perfect, seeds, some

LOGITS = torch.tensor([[[2.0, -1.0], [0.0, 3.0]], [[1.0, 1.0], [-2.0, 0.5]]])
MASKS = torch.tensor([[[1.0, 0.0], [0.25, 1.0]], [[0.0, 0.0], [0.0, 0.0]]])
HEAD = torch.tensor([0.3, -0.7])
NO_MAP = SegmenterConfig().replace(
    bce=0, dice=0, focal=0, lovasz=0, image_head=False, presence="map"
)


def test_dice_by_hand():
    p = 1 / (1 + torch.exp(-LOGITS[0]))
    overlap = p[0, 0] * 1 + p[1, 0] * 0.25 + p[1, 1] * 1
    squares = (p**2).sum() + 1 + 0.25**2 + 1
    assert dice_loss(LOGITS, MASKS).item() == pytest.approx(1 - 2 * overlap.item() / squares.item())


def test_dice_is_zero_at_the_target_and_on_empty_masks():
    exact = torch.logit(MASKS[:1], eps=1e-7)
    assert dice_loss(exact, MASKS[:1]).item() == pytest.approx(0, abs=1e-5)
    empty = LOGITS[1:].clone().requires_grad_()
    loss = dice_loss(empty, MASKS[1:])
    loss.backward()
    assert loss.item() == 0
    assert empty.grad is not None
    assert not empty.grad.any()


def test_dice_counts_images_not_pixels():
    large, small = torch.zeros(8, 8), torch.zeros(8, 8)
    large[:], small[0, 0] = 1, 1
    masks = torch.stack([large, small])
    logits = torch.stack([torch.full((8, 8), 20.0), torch.full((8, 8), -20.0)])
    assert dice_loss(logits, masks).item() == pytest.approx(0.5, abs=1e-4)


def test_symmetric_dice_learns_from_empty_images():
    q = torch.sigmoid(-LOGITS[1])
    background = 1 - 2 * q.sum() / ((q * q).sum() + 4)
    found = dice_loss(LOGITS[1:], MASKS[1:], symmetric=True)
    assert found.item() == pytest.approx(background.item() / 2)


def test_focal_equals_smp_on_hard_masks():
    hard = (MASKS > 0.5).float()
    theirs = smp.losses.FocalLoss("binary", gamma=2.0)(LOGITS[:, None], hard[:, None])
    assert focal_loss(LOGITS, hard).item() == pytest.approx(theirs.item(), rel=1e-5)


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("loss", [dice_loss, lovasz_loss])
@settings(deadline=None)
@given(seed=seeds)
def test_a_perfect_prediction_costs_nothing(loss, symmetric, seed):
    _, masks = some(seed)
    assert loss(perfect(masks), masks, symmetric=symmetric).item() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("loss", [dice_loss, lovasz_loss])
@settings(deadline=None)
@given(seed=seeds)
def test_the_order_of_the_pixels_does_not_matter(loss, symmetric, seed):
    logits, masks = (t.flatten(1)[:, None] for t in some(seed, soft=True))
    order = torch.from_numpy(np.random.default_rng(seed).permutation(logits.shape[2]))
    shuffled = loss(logits[:, :, order], masks[:, :, order], symmetric=symmetric)
    assert shuffled.item() == pytest.approx(loss(logits, masks, symmetric=symmetric).item())


@settings(deadline=None)
@given(seeds)
def test_symmetric_losses_do_not_tell_object_from_background(seed):
    logits, masks = some(seed, soft=True)
    for loss in (dice_loss, lovasz_loss):
        one, other = loss(logits, masks, symmetric=True), loss(-logits, 1 - masks, symmetric=True)
        assert one.item() == pytest.approx(other.item())
    for part in ("bce", "dice", "focal", "lovasz"):
        config = NO_MAP.replace(symmetric=True, **{part: 1.0})
        found = [
            total_loss(Prediction(f, HEAD), t, config).item()
            for f, t in ((logits, masks), (-logits, 1 - masks))
        ]
        assert found[0] == pytest.approx(found[1]), part


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("loss", [dice_loss, lovasz_loss])
def test_gradients_are_right(loss, symmetric):
    logits, masks = some(7, soft=True)
    logits.requires_grad_()
    assert torch.autograd.gradcheck(lambda f: loss(f, masks, symmetric=symmetric), (logits,))


def test_symmetric_cross_entropy_by_hand():
    config = NO_MAP.replace(bce=3, symmetric=True)
    p = torch.sigmoid(LOGITS[0])
    quarter = np.log([0.25, 0.75])
    reverse = 4 * ((1 - p[0, 0]) + p[0, 1] + (1 - p[1, 1]))
    reverse = reverse - p[1, 0] * quarter[0] - (1 - p[1, 0]) * quarter[1]
    cross = F.binary_cross_entropy_with_logits(LOGITS[0], MASKS[0]) * 4
    found = total_loss(Prediction(LOGITS[:1], HEAD[:1]), MASKS[:1], config)
    assert found.item() == pytest.approx(3 * (cross + reverse).item() / 4, rel=1e-5)


def test_total_is_the_weighted_sum():
    config = SegmenterConfig().replace(bce=3, dice=1, focal=4, image=0.5)
    bce = F.binary_cross_entropy_with_logits
    by_hand = (
        3 * bce(LOGITS, MASKS)
        + dice_loss(LOGITS, MASKS)
        + 4 * focal_loss(LOGITS, MASKS)
        + 0.5 * bce(HEAD, torch.tensor([1.0, 0.0]))
    )
    found = Prediction(LOGITS, HEAD)
    assert total_loss(found, MASKS, config).item() == pytest.approx(by_hand.item())
    without = config.replace(image_head=False, presence="map", focal=0, lovasz=2)
    expected = 3 * bce(LOGITS, MASKS) + dice_loss(LOGITS, MASKS) + 2 * lovasz_loss(LOGITS, MASKS)
    assert total_loss(found, MASKS, without).item() == pytest.approx(expected.item())


def test_total_of_the_default_config_by_hand():
    z, t = LOGITS.double().numpy(), MASKS.double().numpy()
    p = 1 / (1 + np.exp(-z))
    cross = -(t * np.log(p) + (1 - t) * np.log(1 - p))
    dice = 2 * (p[0] * t[0]).sum() / ((p[0] ** 2).sum() + (t[0] ** 2).sum())
    head = np.log1p(np.exp([-0.3, -0.7])).mean()
    by_hand = 3 * cross.mean() + (1 - dice) + 4 * ((t - p) ** 2 * cross).mean() + 0.5 * head
    found = total_loss(Prediction(LOGITS, HEAD), MASKS, SegmenterConfig())
    assert found.item() == pytest.approx(by_hand, rel=1e-6)


def test_coarser_levels_are_compared_with_averaged_masks():
    config = SegmenterConfig().replace(deep_supervision=0.5, lovasz=1)
    masks = torch.zeros(2, 4, 4)
    masks[0, :2, :3] = 1
    logits, small, tiny = torch.randn(2, 4, 4), torch.randn(2, 2, 2), torch.randn(2, 1, 1)
    means = torch.tensor([[[1.0, 0.5], [0, 0]], [[0, 0], [0, 0]]])
    mean = torch.tensor([[[0.375]], [[0]]])
    plain = config.replace(deep_supervision=0, image_head=False, presence="map")
    levels = [
        total_loss(Prediction(f, HEAD), t, plain).item() for f, t in ((small, means), (tiny, mean))
    ]
    alone = total_loss(Prediction(logits, HEAD), masks, config).item()
    both = total_loss(Prediction(logits, HEAD, (small, tiny)), masks, config).item()
    assert both - alone == pytest.approx(0.5 * sum(levels) / 2, rel=1e-5)


def test_half_precision_is_summed_in_float32():
    rng = np.random.default_rng(0)
    logits = torch.from_numpy(rng.normal(0, 1, (2, 64, 64))).to(torch.bfloat16)
    masks = torch.from_numpy(rng.random((2, 64, 64)).astype(np.float32))
    config = SegmenterConfig().replace(deep_supervision=0.5, lovasz=1, symmetric=True)
    coarse = logits[:, ::2, ::2]
    with torch.autocast("cpu", torch.bfloat16):
        found = total_loss(Prediction(logits, HEAD.bfloat16(), (coarse,)), masks, config)
    wide = Prediction(logits.float(), HEAD.bfloat16().float(), (coarse.float(),))
    assert found.dtype == torch.float32
    assert found.item() == total_loss(wide, masks, config).item()


def test_parts_without_weight_are_not_computed(monkeypatch):
    def refuse(*_args, **_options):
        raise AssertionError("was computed")

    monkeypatch.setattr("segmenters.training.losses.lovasz_loss", refuse)
    monkeypatch.setattr("segmenters.training.losses.dice_loss", refuse)
    config = SegmenterConfig().replace(bce=0, dice=0, lovasz=0)
    assert total_loss(Prediction(LOGITS, HEAD), MASKS, config) > 0


def test_a_head_without_weight_stays_in_the_graph():
    head = HEAD.clone().requires_grad_()
    total_loss(Prediction(LOGITS, head), MASKS, SegmenterConfig().replace(image=0)).backward()
    assert head.grad is not None
    assert not head.grad.any()


def test_presence_loss_is_the_cross_entropy_of_the_highest_pixels():
    logits = torch.full((2, 20, 20), -8.0)
    logits[:, 0, :2] = torch.logit(torch.tensor([0.9, 0.7]))  # 0.5 % of 400 pixels
    masks = torch.zeros(2, 20, 20)
    masks[1, 3, 3] = 0.2
    expected = -(np.log(1 - 0.8) + np.log(0.8)) / 2
    assert presence_loss(logits, masks).item() == pytest.approx(expected, rel=1e-5)


def test_presence_loss_of_an_empty_image_lowers_the_highest_pixels_only():
    logits = torch.randn(1, 20, 20, requires_grad=True)
    presence_loss(logits, torch.zeros(1, 20, 20)).backward()
    assert logits.grad is not None
    moved = logits.grad[0] > 0
    assert moved.sum() == 2
    assert logits[0][moved].min() >= logits[0][~moved].max()
