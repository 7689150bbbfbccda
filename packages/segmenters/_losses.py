"""The loss: binary cross-entropy, Dice per image and focal loss on soft masks, and the head's."""

import torch
from torch import Tensor
from torch.nn import functional as F

from segmenters._config import SegmenterConfig

FOCAL_GAMMA = 2.0


def total_loss(
    logits: Tensor, image_logits: Tensor, masks: Tensor, config: SegmenterConfig
) -> Tensor:
    """Return the weighted sum of the losses, a scalar.

    Args:
        logits: float ``(n, h, w)``.
        image_logits: float ``(n,)``.
        masks: float ``(n, h, w)`` in 0..1, the share of each pixel that is lesion.
        config: weights of the parts.
    """
    labels = (masks.amax(dim=(1, 2)) > 0).float()
    cross_entropy = F.binary_cross_entropy_with_logits(logits, masks, reduction="none")
    loss = config.bce * cross_entropy.mean() + config.dice * dice_loss(logits, masks)
    if config.focal:
        loss = loss + config.focal * _focal(cross_entropy, logits, masks)
    if config.image_head:
        head = F.binary_cross_entropy_with_logits(image_logits, labels)
        loss = loss + config.image * head
    return loss


def dice_loss(logits: Tensor, masks: Tensor) -> Tensor:
    """Return 1 - soft Dice, the mean over the images with a lesion (0 if there are none).

    ``Dice = 2 sum(p t) / (sum(p^2) + sum(t^2))`` per image (Milletari et al. 2016, V-Net). With
    squares it reaches 1 at p = t for soft masks too. Dice of an empty mask is 0 for any p > 0
    and says nothing about how far off p is, so empty images are left to cross-entropy; the
    losses of segmentation_models_pytorch pool all pixels of the batch instead.
    """
    p = torch.sigmoid(logits)
    overlap = (p * masks).sum(dim=(1, 2))
    squares = (p * p).sum(dim=(1, 2)) + (masks * masks).sum(dim=(1, 2))
    dice = 2 * overlap / squares.clamp_min(1e-6)
    positive = (masks.amax(dim=(1, 2)) > 0).float()
    return ((1 - dice) * positive).sum() / positive.sum().clamp_min(1.0)


def focal_loss(logits: Tensor, masks: Tensor) -> Tensor:
    """Return the mean over pixels of ``|t - p|^2 BCE(p, t)``.

    For hard masks this is the focal loss without class weights (Lin et al. 2017); for soft ones
    its continuous form (Li et al. 2020, Quality Focal Loss).
    """
    cross_entropy = F.binary_cross_entropy_with_logits(logits, masks, reduction="none")
    return _focal(cross_entropy, logits, masks)


def _focal(cross_entropy: Tensor, logits: Tensor, masks: Tensor) -> Tensor:
    distance = (torch.sigmoid(logits) - masks).abs()
    return (distance**FOCAL_GAMMA * cross_entropy).mean()
