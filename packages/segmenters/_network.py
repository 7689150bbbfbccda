"""The network: a timm encoder, a decoder of segmentation_models_pytorch, two heads."""

import difflib
import math
from typing import Any

import segmentation_models_pytorch as smp
import timm
import torch
from segmentation_models_pytorch.decoders.fpn.decoder import FPNDecoder
from segmentation_models_pytorch.decoders.unet.decoder import UnetDecoder
from torch import Tensor, nn
from torch.nn import functional as F

from segmenters._config import SegmenterConfig
from segmenters._errors import UnknownEncoder, UnknownStage
from segmenters._weights import load_encoder_weights

PRIOR = 0.01
"""Share of lesion pixels that the untrained mask head predicts (Lin et al. 2017, section 3.3)."""


class SegmentationNet(nn.Module):
    """Predicts a lesion map and whether the image holds a lesion at all."""

    def __init__(self, config: SegmenterConfig) -> None:
        """Build it with random weights.

        Raises:
            UnknownEncoder: see there.
            UnknownStage: `config.frozen_stages` are more than the encoder has.
        """
        super().__init__()
        encoder = _encoder(config.encoder)
        self.encoder = encoder
        self.decoder, width = _decoder(config, encoder.out_channels)
        self.mask_head = nn.Conv2d(width, 1, kernel_size=3, padding=1)
        assert self.mask_head.bias is not None
        nn.init.constant_(self.mask_head.bias, -math.log((1 - PRIOR) / PRIOR))
        deep = encoder.out_channels[-1]
        self.image_head = (
            nn.Sequential(nn.Dropout(config.dropout), nn.Linear(2 * deep, 1))
            if config.image_head
            else None
        )
        self.frozen = _frozen_modules(encoder.model, config.frozen_stages)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return map logits ``(n, h, w)`` and image logits ``(n,)``, both float32.

        `x` is ``(n, 2, h, w)``, see `grey_input`. Without an image head the image logit is the
        largest map logit.
        """
        features = self.encoder(x)
        logits = self.mask_head(self.decoder(features)).float()
        logits = F.interpolate(logits, size=x.shape[2:], mode="bilinear", align_corners=False)
        if self.image_head is None:
            return logits[:, 0], logits.amax(dim=(1, 2, 3))
        deep = features[-1]
        pooled = torch.cat([deep.mean(dim=(2, 3)), deep.amax(dim=(2, 3))], dim=1)
        return logits[:, 0], self.image_head(pooled)[:, 0].float()

    def train(self, mode: bool = True) -> "SegmentationNet":
        """Switch between training and inference; frozen stages always infer."""
        super().train(mode)
        for module in self.frozen:
            module.train(False)
        return self


def build_network(config: SegmenterConfig, *, load_weights: bool) -> SegmentationNet:
    """Return the network of `config` in its memory layout, random weights from torch's seed.

    Args:
        load_weights: fill the encoder from `config.encoder_weights`.
    """
    network = SegmentationNet(config)
    if load_weights:
        load_encoder_weights(network.encoder.model, config.encoder, config.encoder_weights)
    if config.channels_last:
        network = network.to(memory_format=torch.channels_last)
    return network


def _encoder(name: str) -> Any:
    if not timm.is_model(name):
        likely = difflib.get_close_matches(name, timm.list_models(), n=3)
        hint = f"did you mean {', '.join(likely)}?" if likely else "see timm.list_models()"
        raise UnknownEncoder(f"encoder {name!r} is no timm model: {hint}")
    try:
        return smp.encoders.get_encoder(f"tu-{name}", in_channels=2, depth=5, weights=None)
    except (RuntimeError, ValueError, AttributeError, TypeError, IndexError) as error:
        raise UnknownEncoder(
            f"encoder {name!r} gives no feature maps of strides 2 to 32 ({error}): choose a "
            "convolutional model"
        ) from error


def _decoder(config: SegmenterConfig, channels: list[int]) -> tuple[nn.Module, int]:
    widths = list(config.decoder_channels)
    if config.decoder == "fpn":
        decoder = FPNDecoder(
            channels,
            encoder_depth=5,
            pyramid_channels=widths[0],
            segmentation_channels=max(32, widths[0] // 2),
            dropout=config.dropout,
        )
        return decoder, decoder.out_channels
    decoder = UnetDecoder(
        channels, widths, n_blocks=len(widths), attention_type=config.decoder_attention
    )
    return decoder, widths[-1]


def _frozen_modules(model: nn.Module, stages: int) -> list[nn.Module]:
    """Stop the gradients of the first `stages` stages; return their modules with parameters."""
    if not stages:
        return []
    for module in _first_modules(model, stages):
        for parameter in module.parameters(recurse=False):
            parameter.requires_grad_(False)
    modules = [m for m in model.modules() if next(m.parameters(recurse=False), None) is not None]
    return [m for m in modules if not any(p.requires_grad for p in m.parameters())]


def _first_modules(model: nn.Module, stages: int) -> list[nn.Module]:
    """Return all modules up to the end of the last of `stages` stages, in order of definition.

    A stage may be a module without parameters, as the activation after a ResNet's stem: the
    parameters before it are the stage's nevertheless.

    Raises:
        UnknownStage: timm counts fewer stages, or names one that is no module.
    """
    known: list[str] = model.feature_info.module_name()  # type: ignore[union-attr, operator]
    modules = list(model.named_modules())
    last = known[stages - 1] if stages <= len(known) else None
    ends = [i for i, (name, _) in enumerate(modules) if last and _inside(name, last)]
    if not ends:
        raise UnknownStage(
            f"the encoder has no stage {stages} that could be frozen, its stages are "
            f"{', '.join(known)}: choose another frozen_stages"
        )
    return [module for _, module in modules[: ends[-1] + 1]]


def _inside(name: str, module: str) -> bool:
    return f"{name}_".replace(".", "_").startswith(module.replace(".", "_") + "_")
