"""Loss functions of the probability maps, with fractional masks, and of the image head."""

import torch
from torch import Tensor
from torch.nn import functional as F

from segmenters.config.groups import Loss
from segmenters.config.segmenter_config import SegmenterConfig
from segmenters.inference.inference import top_mean
from segmenters.network.network import Prediction

FOCAL_GAMMA = 2.0

LOG_ZERO = -4.0
"""Value of log 0 in the reverse cross-entropy (constant A of Wang et al. 2019)."""


def total_loss(prediction: Prediction, masks: Tensor, config: SegmenterConfig) -> Tensor:
    """Return the weighted sum of the losses, a float32 scalar; terms of weight 0 are skipped.

    The coarser levels have the same loss as the map, with masks averaged over their cells; the
    mean of these losses has the weight `deep_supervision` (Lee et al. 2015).

    Args:
        prediction: output for n images.
        masks: float ``(n, h, w)`` in 0..1, the share of each pixel covered by the object.
        config: configuration with the weights of the terms.
    """
    masks, weights = _exact(masks), config.loss
    loss = _map_loss(prediction.maps, masks, weights)
    if config.network.image_head:
        labels = (masks.amax(dim=(1, 2)) > 0).to(masks.dtype)
        head = F.binary_cross_entropy_with_logits(_exact(prediction.images), labels)
        loss = loss + weights.image * head
    if prediction.coarse:
        levels = [
            _map_loss(level, _averaged(masks, level.shape[1:]), weights)
            for level in prediction.coarse
        ]
        loss = loss + weights.deep_supervision * torch.stack(levels).mean()
    return loss


def dice_loss(logits: Tensor, masks: Tensor, *, symmetric: bool = False) -> Tensor:
    """Return the mean of 1 - Dice over the positive images, or 0 without positive images.

    ``Dice = 2 sum(p t) / (sum(p^2) + sum(t^2))`` per image (Milletari et al. 2016, V-Net). With
    squares, Dice is 1 at p = t for fractional masks too. For an empty mask, Dice is 0 for any
    p > 0 regardless of its size, so empty images are left to the cross-entropy. The losses of
    segmentation_models_pytorch pool all pixels of the batch instead.

    Args:
        logits: float ``(n, h, w)``.
        masks: float ``(n, h, w)`` in 0..1.
        symmetric: return the mean of the losses of object and background; empty images then
            contribute through the background.
    """
    if symmetric:
        return (dice_loss(logits, masks) + dice_loss(-logits, 1 - masks)) / 2
    p, masks = torch.sigmoid(_exact(logits)), _exact(masks)
    overlap = (p * masks).sum(dim=(1, 2))
    squares = (p * p).sum(dim=(1, 2)) + (masks * masks).sum(dim=(1, 2))
    dice = 2 * overlap / squares.clamp_min(1e-6)
    positive = (masks.amax(dim=(1, 2)) > 0).to(masks.dtype)
    return ((1 - dice) * positive).sum() / positive.sum().clamp_min(1.0)


def presence_loss(logits: Tensor, masks: Tensor) -> Tensor:
    """Return the cross-entropy of whole images being positive, by their maps.

    The probability of an image is the mean of the highest 0.5 % of its map, as with
    `presence="map"` in inference. Metrics that score an empty image 1 without and 0 with a mask
    depend on it more than on any single pixel.

    Args:
        logits: float ``(n, h, w)``.
        masks: float ``(n, h, w)`` in 0..1.
    """
    p = top_mean(torch.sigmoid(_exact(logits))).clamp(1e-6, 1 - 1e-6)
    return F.binary_cross_entropy(p, (masks.amax(dim=(1, 2)) > 0).to(p.dtype))


def focal_loss(logits: Tensor, masks: Tensor) -> Tensor:
    """Return the mean over pixels of ``|t - p|^2 BCE(p, t)``.

    For binary masks this is the focal loss without class weights (Lin et al. 2017), for
    fractional masks its continuous form (Li et al. 2020, Quality Focal Loss). It is symmetric in
    object and background.

    Args:
        logits: float ``(n, h, w)``.
        masks: float ``(n, h, w)`` in 0..1.
    """
    logits, masks = _exact(logits), _exact(masks)
    return _focal(_cross_entropy(logits, masks), logits, masks)


def lovasz_loss(
    logits: Tensor, masks: Tensor, *, symmetric: bool = False, elu: bool = False
) -> Tensor:
    """Return the Lovász hinge loss, the mean over the images.

    It extends the Jaccard loss ``1 - |A & B| / |A | B|`` of thresholded maps to hinge errors
    ``max(0, 1 - s f)`` of the logits f, with s = 1 in the object and -1 elsewhere (Berman et al.
    2018). Pixels with a share of at least 0.5 are object.

    For an empty image, the Jaccard loss is 1 as soon as one pixel is predicted positive, so the
    hinge loss is the largest error alone: only the most probable pixel has a gradient.

    Args:
        logits: float ``(n, h, w)``.
        masks: float ``(n, h, w)`` in 0..1.
        symmetric: return the mean of the losses of object and background; in the latter all
            pixels of an empty image have equal weight (used in the TGS Salt competition of 2018).
        elu: replace ``max(0, e)`` of an error e by ``elu(e) + 1``, so that pixels well on the
            right side count too (used in the same competition); with `symmetric` every pixel then
            has a gradient.
    """
    if symmetric:
        return (lovasz_loss(logits, masks, elu=elu) + lovasz_loss(-logits, 1 - masks, elu=elu)) / 2
    inside = _exact(masks).flatten(1) >= 0.5
    margins = _exact(logits).flatten(1)
    errors = 1 - torch.where(inside, margins, -margins)
    hinges = F.elu(errors) + 1 if elu else F.relu(errors)
    hinges, order = hinges.sort(dim=1, descending=True)
    return (hinges * _jaccard_steps(inside.gather(1, order), hinges.dtype)).sum(dim=1).mean()


def _jaccard_steps(inside: Tensor, dtype: torch.dtype) -> Tensor:
    """Return the increase of the Jaccard loss with each further wrong pixel, ``(n, pixels)``.

    A false negative takes 1 from the intersection, a false positive adds 1 to the union. Computed
    from quotients of counts, which are more precise than differences of cumulative losses.

    Args:
        inside: bool ``(n, pixels)``, whether pixels are object, in order of decreasing error.
        dtype: dtype of the result.
    """
    missed = inside.cumsum(dim=1)
    size = missed[:, -1:]
    intersection = (size - missed).to(dtype)
    union = (size + (~inside).cumsum(dim=1)).to(dtype)
    steps = torch.where(inside, 1 / union, intersection / (union * (union - 1).clamp_min(1)))
    steps[:, :1] += (size == 0).to(dtype)
    return steps


def _map_loss(logits: Tensor, masks: Tensor, weights: Loss) -> Tensor:
    logits = _exact(logits)
    loss = logits.new_zeros(())
    if weights.bce or weights.focal:
        cross_entropy = _cross_entropy(logits, masks)
        if weights.bce:
            loss = loss + weights.bce * cross_entropy.mean()
        if weights.bce and weights.symmetric:
            loss = loss + weights.bce * _reverse_cross_entropy(logits, masks)
    if weights.dice:
        loss = loss + weights.dice * dice_loss(logits, masks, symmetric=weights.symmetric)
    if weights.focal:
        loss = loss + weights.focal * _focal(cross_entropy, logits, masks)
    if weights.map_presence:
        loss = loss + weights.map_presence * presence_loss(logits, masks)
    if weights.lovasz:
        loss = loss + weights.lovasz * lovasz_loss(
            logits, masks, symmetric=weights.symmetric, elu=weights.lovasz_elu
        )
    return loss


def _cross_entropy(logits: Tensor, masks: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, masks, reduction="none")


def _reverse_cross_entropy(logits: Tensor, masks: Tensor) -> Tensor:
    """Return the mean of ``-p log t - (1 - p) log(1 - t)`` (Wang et al. 2019)."""
    p = torch.sigmoid(logits)
    inside, other = (share.log().clamp_min(LOG_ZERO) for share in (masks, 1 - masks))
    return -(p * inside + (1 - p) * other).mean()


def _focal(cross_entropy: Tensor, logits: Tensor, masks: Tensor) -> Tensor:
    distance = (torch.sigmoid(logits) - masks).abs()
    return (distance**FOCAL_GAMMA * cross_entropy).mean()


def _averaged(masks: Tensor, size: torch.Size) -> Tensor:
    return F.interpolate(masks[:, None], size=tuple(size), mode="area")[:, 0]


def _exact(values: Tensor) -> Tensor:
    """Return `values` in at least float32, the precision needed by sums over pixels."""
    return values.to(torch.promote_types(values.dtype, torch.float32))
