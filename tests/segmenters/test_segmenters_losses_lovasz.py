"""The Lovász hinge against the definition of its paper and segmentation_models_pytorch."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import segmentation_models_pytorch as smp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from segmenters import SegmenterConfig
from segmenters.network.network import Prediction
from segmenters.training.losses import lovasz_loss, total_loss
from tests.segmenters._random_masks import seeds, some

EMPTY = torch.tensor([[[1.0, 1.0], [-2.0, 0.5]]])
"""Logits of an empty image."""


def jaccard_loss(wrong: set[int], inside: set[int]) -> float:
    """Return the Jaccard loss if the pixels `wrong` are wrong (Berman et al. 2018)."""
    union = inside | wrong
    return len(wrong) / len(union) if union else 0.0


def lovasz_extension(errors: list[float], inside: set[int]) -> float:
    """Return the Lovász extension of the Jaccard loss (Berman et al. 2018)."""
    order = sorted(range(len(errors)), key=lambda pixel: -errors[pixel])
    value = 0.0
    for rank, pixel in enumerate(order):
        with_it, without = set(order[: rank + 1]), set(order[:rank])
        value += errors[pixel] * (jaccard_loss(with_it, inside) - jaccard_loss(without, inside))
    return value


def hinge(error: float) -> float:
    return max(0.0, error)


def elu_plus_one(error: float) -> float:
    return error + 1 if error > 0 else math.exp(error)


def slow_lovasz(logits: Tensor, masks: Tensor, penalty: Callable[[float], float] = hinge) -> float:
    values = []
    for f, t in zip(logits.flatten(1).tolist(), masks.flatten(1).tolist(), strict=True):
        errors = [penalty(1 - (a if b >= 0.5 else -a)) for a, b in zip(f, t, strict=True)]
        values.append(lovasz_extension(errors, {i for i, b in enumerate(t) if b >= 0.5}))
    return sum(values) / len(values)


@settings(deadline=None)
@given(seeds, st.booleans())
def test_lovasz_is_the_definition_of_the_paper(seed, soft):
    logits, masks = some(seed, soft=soft)
    assert lovasz_loss(logits, masks).item() == pytest.approx(slow_lovasz(logits, masks))


@settings(deadline=None)
@given(seeds)
def test_lovasz_equals_smp(seed):
    logits, masks = some(seed)
    theirs = smp.losses.LovaszLoss("binary", per_image=True)(logits.float(), masks.float())
    assert lovasz_loss(logits, masks).item() == pytest.approx(theirs.item(), rel=1e-4, abs=1e-5)


def test_lovasz_of_certain_maps_is_the_jaccard_loss():
    masks = torch.zeros(1, 4, 4)
    masks[0, :2] = 1
    marked = torch.zeros(1, 4, 4)
    marked[0, 1:, :3] = 1
    hinges = 2.0  # a wrong pixel at the margin's other side
    logits = torch.where(marked > 0, 1.0, -1.0)
    jaccard = 3 / (8 + 9 - 3)
    assert lovasz_loss(logits, masks).item() == pytest.approx(hinges * (1 - jaccard))


def test_lovasz_of_an_empty_mask_is_the_largest_error():
    logits = EMPTY.clone().requires_grad_()
    loss = lovasz_loss(logits, torch.zeros(1, 2, 2))
    loss.backward()
    assert loss.item() == 2
    assert logits.grad is not None
    assert logits.grad.sum().item() == logits.grad.max().item() == 1
    both = lovasz_loss(EMPTY, torch.zeros(1, 2, 2), symmetric=True)
    every = F.relu(1 + EMPTY).mean()
    assert both.item() == pytest.approx((2 + every.item()) / 2)


def test_lovasz_keeps_its_digits_on_large_images():
    rng = np.random.default_rng(0)
    values = rng.normal(0, 1, (1, 512, 512)).astype(np.float32)
    masks = torch.from_numpy((rng.random((1, 512, 512)) < 0.7).astype(float))
    coarse = torch.from_numpy(values).requires_grad_()
    fine = torch.from_numpy(values.astype(float)).requires_grad_()
    lovasz_loss(fine, masks).backward()
    lovasz_loss(coarse, masks.float()).backward()
    assert fine.grad is not None
    assert coarse.grad is not None
    torch.testing.assert_close(coarse.grad, fine.grad.float(), rtol=1e-3, atol=0)


@settings(deadline=None)
@given(seeds, st.booleans())
def test_lovasz_with_elu_is_the_extension_of_elu_plus_one(seed, soft):
    logits, masks = some(seed, soft=soft)
    one = slow_lovasz(logits, masks, elu_plus_one)
    other = slow_lovasz(-logits, 1 - masks, elu_plus_one)
    assert lovasz_loss(logits, masks, elu=True).item() == pytest.approx(one)
    both = lovasz_loss(logits, masks, symmetric=True, elu=True)
    assert both.item() == pytest.approx((one + other) / 2)


def test_elu_of_certain_maps_by_hand():
    masks = torch.zeros(1, 2, 2)
    masks[0, 0] = 1
    right = torch.where(masks > 0, 3.0, -3.0)
    # all errors are -2, and the steps of the Jaccard loss sum to 1
    assert lovasz_loss(right, masks, elu=True).item() == pytest.approx(math.exp(-2))
    assert lovasz_loss(-right, masks, elu=True).item() == pytest.approx(1 + 4)
    assert lovasz_loss(right, masks).item() == 0


@settings(deadline=None)
@given(seeds)
def test_with_elu_pixels_well_on_the_right_side_have_a_gradient(seed):
    _, masks = some(seed)
    certain = (10 * (2 * masks - 1)).requires_grad_()
    lovasz_loss(certain, masks).backward()
    assert certain.grad is not None
    assert not certain.grad.any()
    certain.grad = None
    lovasz_loss(certain, masks, elu=True).backward()
    assert (certain.grad[masks > 0] < 0).all()
    assert (certain.grad[0] > 0).sum() == 1, "an empty image has its largest error alone"


@settings(deadline=None)
@given(seeds)
def test_with_elu_and_both_sides_all_pixels_have_a_gradient_in_their_direction(seed):
    logits, masks = some(seed)
    logits.requires_grad_()
    lovasz_loss(logits, masks, symmetric=True, elu=True).backward()
    assert logits.grad is not None
    assert torch.equal(logits.grad.sign(), 1 - 2 * masks)


@pytest.mark.parametrize("symmetric", [False, True])
def test_gradients_with_elu_are_right(symmetric):
    logits, masks = some(7, soft=True)
    logits.requires_grad_()
    assert torch.autograd.gradcheck(
        lambda f: lovasz_loss(f, masks, symmetric=symmetric, elu=True), (logits,)
    )


@settings(deadline=None)
@given(seeds)
def test_elu_is_symmetric_and_does_not_depend_on_the_order_of_the_pixels(seed):
    logits, masks = some(seed, soft=True)
    found = lovasz_loss(logits, masks, symmetric=True, elu=True).item()
    turned = lovasz_loss(-logits, 1 - masks, symmetric=True, elu=True).item()
    shuffled = lovasz_loss(logits.flip(1, 2), masks.flip(1, 2), symmetric=True, elu=True).item()
    assert (turned, shuffled) == (pytest.approx(found), pytest.approx(found))


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("elu", [False, True])
def test_the_total_has_the_elu_of_the_configuration(symmetric, elu):
    logits, masks = some(3)
    config = SegmenterConfig().replace(
        bce=0, dice=0, focal=0, lovasz=2, lovasz_elu=elu, symmetric=symmetric,
        image_head=False, presence="map",
    )  # fmt: skip
    found = total_loss(Prediction(logits, torch.zeros(3)), masks, config).item()
    assert found == 2 * lovasz_loss(logits, masks, symmetric=symmetric, elu=elu).item()
    other = lovasz_loss(logits, masks, symmetric=symmetric, elu=not elu).item()
    assert found != pytest.approx(2 * other)
