"""Self-supervised pretraining: a network learns to restore hidden blocks of images.

The image-only task of masked image modelling (Xie et al. 2022, SimMIM), applied to encoder and
decoder together as in Models Genesis (Zhou et al. 2021). No annotation is used, so that the images
of all folds and the test images can take part.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from segmenters.config.segmenter_config import SegmenterConfig
from segmenters.network.network import Prediction
from segmenters.training.schedule import Step, mixed
from segmenters.training.trainer import Trainer

PRETRAINED = "pretrained"
"""Name of the folder of the pretrained network, beside the models of the folds."""
HIDDEN = 0.5
"""Share of the blocks that are hidden."""
BLOCKS = 16
"""Blocks along a side of an image."""


class Pretrainer(Trainer):
    """Trains a network to restore images of which half of the blocks are hidden.

    The network sees the mean grey value in hidden blocks; its map of logits is compared with the
    standardised grey values there, by their mean square.
    """

    def _tensors(self, step: Step) -> tuple[Tensor, Tensor]:
        """Return images with hidden blocks, and ``(n, 2, h, w)``: grey values, what is hidden."""
        x, _ = super()._tensors(step)
        generator = torch.Generator().manual_seed(mixed(self.seed, step.epoch + 1, step.number, 2))
        hidden = hidden_blocks(len(x), step.size, generator).to(x.device)
        target = torch.stack([x[:, 0], hidden], dim=1)
        x[:, 0] *= 1 - hidden
        return x, target

    def _loss(self, prediction: Prediction, target: Tensor) -> Tensor:
        return restoration_loss(prediction, target)


def hidden_blocks(count: int, size: int, generator: torch.Generator) -> Tensor:
    """Return 1 in the hidden blocks of each image and 0 elsewhere, float32 ``(count, size, size)``.

    Exactly `HIDDEN` of the `BLOCKS` x `BLOCKS` blocks of an image are hidden.
    """
    blocks = BLOCKS * BLOCKS
    order = torch.rand((count, blocks), generator=generator).argsort(dim=1)
    hidden = (order < round(HIDDEN * blocks)).float().view(count, 1, BLOCKS, BLOCKS)
    return F.interpolate(hidden, size=(size, size), mode="nearest")[:, 0]


def restoration_loss(prediction: Prediction, target: Tensor) -> Tensor:
    """Return the mean square of the error in the hidden blocks.

    Args:
        prediction: output for n images; the other heads have no gradient.
        target: float ``(n, 2, h, w)``: standardised grey values, and 1 where they are hidden.
    """
    grey, hidden = target[:, 0].float(), target[:, 1].float()
    error = ((prediction.maps - grey) ** 2 * hidden).sum() / hidden.sum().clamp_min(1.0)
    others = (prediction.images, *prediction.coarse)
    return error + sum(0.0 * one.float().sum() for one in others)


def pretraining_config(config: SegmenterConfig) -> SegmenterConfig:
    """Return the configuration of the pretraining of `config`: all images in each epoch."""
    return config.replace(
        epochs=config.training.pretrain_epochs,
        pretrain_epochs=0,
        samples=0,
        stages=(),
        train_sizes=(),
        holdout=0.0,
        patience=0,
        top_k=0,
        models=1,
        halves=0.0,
        pseudo="",
    )
