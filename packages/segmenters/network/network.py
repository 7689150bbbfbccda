"""The network: a timm encoder, a decoder from segmentation_models_pytorch, and heads."""

import difflib
import math
from typing import Any, NamedTuple

import segmentation_models_pytorch as smp
import timm
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segmenters._errors import SegmenterError, UnknownEncoder
from segmenters.config.groups import STRIDE
from segmenters.config.segmenter_config import SegmenterConfig
from segmenters.network.decoders import make_decoder
from segmenters.network.weights import load_encoder_weights

PRIOR = 0.01
"""Share of object pixels that the untrained mask head predicts (Lin et al. 2017, section 3.3)."""

UNFIT = (RuntimeError, ValueError, AttributeError, TypeError, LookupError, AssertionError)
"""Exceptions of timm for models without feature maps at the requested strides."""

WHOLE_ENCODER = 5
"""Number of stages that selects the whole encoder, whatever its number of timm stages."""


class Prediction(NamedTuple):
    """The network's output for n images.

    Attributes:
        maps: pixel logits, float32 ``(n, h, w)``.
        images: logits of the image being positive, float32 ``(n,)``.
        coarse: logits of the coarser decoder levels, float32 ``(n, h_k, w_k)``, coarsest first;
            empty except in training with deep supervision.
    """

    maps: Tensor
    images: Tensor
    coarse: tuple[Tensor, ...] = ()


class SegmentationNet(nn.Module):
    """Segmentation network with an optional image classification head."""

    def __init__(self, config: SegmenterConfig) -> None:
        """Build the network with random weights, and freeze `config.network.frozen_stages`.

        Raises:
            UnknownEncoder: timm has no such model, or its feature maps do not fit the decoder.
            SegmenterError: the encoder has fewer stages than `config.network.frozen_stages`.
        """
        super().__init__()
        encoder = _encoder(config)
        self.encoder = encoder
        self.decoder, width = make_decoder(
            config.network, encoder.out_channels, encoder.output_stride
        )
        self.hypercolumns = config.network.hypercolumns
        whole = sum(config.network.decoder_channels) if self.hypercolumns else width
        self.mask_head = _mask_head(whole)
        deep = encoder.out_channels[-1]
        self.image_head = (
            nn.Sequential(nn.Dropout(config.network.dropout), nn.Linear(2 * deep, 1))
            if config.network.image_head
            else None
        )
        coarser = config.network.decoder_channels[:-1] if config.loss.deep_supervision else ()
        self.coarse_heads = nn.ModuleList(_mask_head(width) for width in coarser)
        self.freeze(config.network.frozen_stages)

    def forward(self, x: Tensor) -> Prediction:
        """Return the prediction for `x`, ``(n, 2, h, w)``, see `grey_input`.

        Without an image head, image logits are the largest pixel logits.
        """
        features = self.encoder(x)
        levels = self._levels(features)
        logits = self.mask_head(self._joined(levels)).float()
        logits = F.interpolate(logits, size=x.shape[2:], mode="bilinear", align_corners=False)
        coarse = tuple(
            head(level)[:, 0].float()
            for head, level in zip(self.coarse_heads, levels[:-1], strict=False)
            if self.training
        )
        if self.image_head is None:
            return Prediction(logits[:, 0], logits.amax(dim=(1, 2, 3)), coarse)
        deep = features[-1]
        pooled = torch.cat([deep.mean(dim=(2, 3)), deep.amax(dim=(2, 3))], dim=1)
        return Prediction(logits[:, 0], self.image_head(pooled)[:, 0].float(), coarse)

    def _levels(self, features: list[Tensor]) -> list[Tensor]:
        """Return the decoder levels that the current mode needs, coarsest first."""
        if self.hypercolumns or (self.training and self.coarse_heads):
            return self.decoder.levels(features)  # type: ignore[operator]
        return [self.decoder(features)]

    def _joined(self, levels: list[Tensor]) -> Tensor:
        """Return the input of the mask head: the finest level, or all as hypercolumns."""
        *coarser, finest = levels
        if not self.hypercolumns:
            return finest
        side = finest.shape[2:]
        enlarged = [F.interpolate(one, size=side, mode="bilinear") for one in coarser]
        return torch.cat([*enlarged, finest], dim=1)

    def freeze(self, stages: int) -> None:
        """Freeze the first `stages` of the encoder and unfreeze the rest; 0 unfreezes all.

        Frozen parameters have no gradients, and frozen modules stay in inference mode during
        training. May be called repeatedly, but existing optimisers and parallel wrappers are not
        updated.

        Args:
            stages: number of stages, counted by timm (the first usually has stride 2); 5 is the
                whole encoder.

        Raises:
            SegmenterError: the encoder has fewer stages.
        """
        self.frozen = freeze_stages(self.encoder.model, stages)
        self.train(self.training)

    def train(self, mode: bool = True) -> "SegmentationNet":
        """Switch between training and inference mode; frozen stages stay in inference mode."""
        super().train(mode)
        for module in self.frozen:
            module.train(False)
        return self


def build_network(config: SegmenterConfig, *, load_weights: bool) -> SegmentationNet:
    """Return the network of `config` in its memory layout; random weights use torch's seed.

    Args:
        config: the configuration.
        load_weights: load the encoder's weights from `config.network.encoder_weights`.
    """
    network = SegmentationNet(config)
    if load_weights:
        load_encoder_weights(
            network.encoder.model, config.network.encoder, config.network.encoder_weights
        )
    if config.runtime.channels_last:
        _check_layout(network, config)
        network = network.to(memory_format=torch.channels_last)
    return network


def freeze_stages(model: nn.Module, stages: int) -> list[nn.Module]:
    """Disable the gradients of the first `stages` stages, and enable those of all others.

    Args:
        model: a timm feature extractor.
        stages: number of stages, counted by timm; `WHOLE_ENCODER` is the whole encoder.

    Returns:
        The frozen modules, which must stay in inference mode during training so that batch
        statistics and drop path are frozen too.

    Raises:
        SegmenterError: the encoder has fewer stages, or the last one is not a module; `model` is
            unchanged.
    """
    frozen = _first_modules(model, stages)
    model.requires_grad_(True)
    for module in frozen:
        for parameter in module.parameters(recurse=False):
            parameter.requires_grad_(False)
            parameter.grad = None  # an optimiser would still apply it
    return [m for m in frozen if not any(p.requires_grad for p in m.parameters())]


def _first_modules(model: nn.Module, stages: int) -> list[nn.Module]:
    """Return all modules up to the end of stage number `stages`, in order of definition.

    timm may name a stage by a module without parameters, such as the activation after a ResNet's
    stem; the modules before it belong to the stage.
    """
    if not stages:
        return []
    if stages == WHOLE_ENCODER:
        return list(model.modules())
    known: list[str] = model.feature_info.module_name()  # type: ignore[union-attr, operator]
    modules = list(model.named_modules())
    last = known[stages - 1] if 0 < stages <= len(known) else None
    ends = [i for i, (name, _) in enumerate(modules) if last and _belongs_to(name, last)]
    if not ends:
        raise SegmenterError(
            f"the encoder has no stage {stages} to freeze, its stages are "
            f"{', '.join(known)}: choose another frozen_stages, {WHOLE_ENCODER} is all of them"
        )
    return [module for _, module in modules[: ends[-1] + 1]]


def _belongs_to(name: str, module: str) -> bool:
    return f"{name}_".replace(".", "_").startswith(module.replace(".", "_") + "_")


def _check_layout(network: nn.Module, config: SegmenterConfig) -> None:
    """Reject networks for which torch 2.14 writes out of bounds on a CPU and crashes.

    Raises:
        UnknownEncoder: a 1 x 1 convolution of stride 2 is applied to the image.
    """
    for module in network.modules():
        if (
            isinstance(module, nn.Conv2d)
            and module.in_channels <= 3
            and (module.kernel_size, module.stride) == ((1, 1), (2, 2))
        ):
            raise UnknownEncoder(
                f"encoder {config.network.encoder!r} skips every second pixel of the image, "
                "which torch cannot train in this memory layout: set channels_last=false"
            )


def _mask_head(width: int) -> nn.Conv2d:
    head = nn.Conv2d(width, 1, kernel_size=3, padding=1)
    assert head.bias is not None
    nn.init.constant_(head.bias, -math.log((1 - PRIOR) / PRIOR))
    return head


def _encoder(config: SegmenterConfig) -> Any:
    name = config.network.encoder
    if not timm.is_model(name):
        likely = difflib.get_close_matches(name, timm.list_models(), n=3)
        hint = f"did you mean {', '.join(likely)}?" if likely else "see timm.list_models()"
        raise UnknownEncoder(f"encoder {name!r} is no timm model: {hint}")
    try:
        encoder = (config.network.decoder == "deeplabv3plus" and _dilated(name)) or _pyramid(
            name, 32
        )
    except UNFIT as error:
        raise UnknownEncoder(
            f"encoder {name!r} gives no feature maps of strides 2 to 32 ({_line(error)}): choose "
            "a convolutional network or a transformer of several stages, such as pvt_v2_b0"
        ) from error
    pretrained = timm.get_pretrained_cfg(name)
    if pretrained is not None and pretrained.fixed_input_size:
        _check_sides(encoder, config)
    return encoder


def _pyramid(name: str, stride: int) -> Any:
    return smp.encoders.get_encoder(
        f"tu-{name}", in_channels=2, depth=5, weights=None, output_stride=stride
    )


def _dilated(name: str) -> Any | None:
    """Return the encoder with a dilated last stage, or None if timm does not support it."""
    try:
        encoder = _pyramid(name, 16)
    except UNFIT:
        return None
    return encoder if encoder.model.feature_info.reduction()[-1] == 16 else None


@torch.no_grad()
def _check_sides(encoder: Any, config: SegmenterConfig) -> None:
    """Check that an encoder with a fixed input size in timm accepts all configured sizes.

    Raises:
        UnknownEncoder: the encoder rejects a size, or returns no pyramid of feature maps.
    """
    scaled = [
        round(scale * config.network.size / STRIDE) * STRIDE
        for scale in config.inference.tta_scales
    ]
    sides = {
        config.network.size,
        *(stage.size for stage in config.course),
        config.inference.tile,
        *scaled,
    } - {0}
    encoder.eval()
    for side in sorted(sides):
        reason = _fault_at(encoder, side)
        if reason:
            raise UnknownEncoder(
                f"encoder {config.network.encoder!r} cannot take images of {side} x {side} "
                f"({reason}): its input size is fixed in timm, choose another encoder"
            )
    encoder.train()


def _fault_at(encoder: Any, side: int) -> str:
    try:
        found = [feature.shape[-1] for feature in encoder(torch.zeros(1, 2, side, side))]
    except UNFIT as error:
        return _line(error)
    wanted = [max(side >> k, side // encoder.output_stride) for k in range(6)]
    return "" if found == wanted else f"its feature maps are {found} wide"


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
