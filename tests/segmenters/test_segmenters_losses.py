"""The losses against hand formulas and segmentation_models_pytorch."""

import dataclasses

import pytest
import segmentation_models_pytorch as smp
import torch

from segmenters import SegmenterConfig, dice_loss, focal_loss, total_loss

LOGITS = torch.tensor([[[2.0, -1.0], [0.0, 3.0]], [[1.0, 1.0], [-2.0, 0.5]]])
MASKS = torch.tensor([[[1.0, 0.0], [0.25, 1.0]], [[0.0, 0.0], [0.0, 0.0]]])


def test_dice_by_hand():
    p = 1 / (1 + torch.exp(-LOGITS[0]))
    overlap = p[0, 0] * 1 + p[1, 0] * 0.25 + p[1, 1] * 1
    squares = (p**2).sum() + 1 + 0.25**2 + 1
    assert dice_loss(LOGITS, MASKS).item() == pytest.approx(1 - 2 * overlap.item() / squares.item())


def test_dice_is_zero_at_the_target_and_without_lesions():
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


def test_focal_equals_smp_on_hard_masks():
    hard = (MASKS > 0.5).float()
    theirs = smp.losses.FocalLoss("binary", gamma=2.0)(LOGITS[:, None], hard[:, None])
    assert focal_loss(LOGITS, hard).item() == pytest.approx(theirs.item(), rel=1e-5)


def test_total_is_the_weighted_sum():
    config = SegmenterConfig(bce=3, dice=1, focal=4, image=0.5)
    head = torch.tensor([0.3, -0.7])
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    by_hand = (
        3 * bce(LOGITS, MASKS)
        + dice_loss(LOGITS, MASKS)
        + 4 * focal_loss(LOGITS, MASKS)
        + 0.5 * bce(head, torch.tensor([1.0, 0.0]))
    )
    assert total_loss(LOGITS, head, MASKS, config).item() == pytest.approx(by_hand.item())
    without = dataclasses.replace(config, image_head=False, presence="map", focal=0)
    expected = 3 * bce(LOGITS, MASKS) + dice_loss(LOGITS, MASKS)
    assert total_loss(LOGITS, head, MASKS, without).item() == pytest.approx(expected.item())
