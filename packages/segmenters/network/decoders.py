"""Decoders of segmentation_models_pytorch over the feature maps of an encoder.

They take six maps, of strides 1 to 32 as that library orders them. The map of stride 2 of an
encoder that starts at stride 4, as transformers do, has no channels.
"""

from collections.abc import Sequence
from typing import Any

import torch
from segmentation_models_pytorch.base.modules import Attention
from segmentation_models_pytorch.decoders.deeplabv3.decoder import DeepLabV3PlusDecoder
from segmentation_models_pytorch.decoders.fpn.decoder import FPNDecoder
from segmentation_models_pytorch.decoders.segformer.decoder import SegformerDecoder
from segmentation_models_pytorch.decoders.unet.decoder import UnetDecoder
from segmentation_models_pytorch.decoders.unetplusplus.decoder import UnetPlusPlusDecoder
from segmentation_models_pytorch.decoders.upernet.decoder import UPerNetDecoder
from torch import Tensor, nn
from torch.nn import functional as F

from segmenters.config.groups import Network

SKIPS = 4
"""Blocks of a U-Net with a skip connection; a fifth one has none."""

ASPP_REACH = 96
"""Pixels that the closest dilated taps lie apart, 6 cells of stride 16 (Chen et al. 2018)."""


class UNet(UnetDecoder):
    """U-Net (Ronneberger et al. 2015)."""

    def __init__(self, channels: Sequence[int], config: Network) -> None:
        """Build one block per width."""
        widths = config.decoder_channels
        super().__init__(
            channels, widths, n_blocks=len(widths), attention_type=config.decoder_attention
        )
        for block in self.blocks[SKIPS:]:
            block.attention1.requires_grad_(False)  # weighs the skip connection, and idles here

    def forward(self, features: list[Tensor]) -> Tensor:
        """Return the finest level."""
        return self.levels(features)[-1]

    def levels(self, features: list[Tensor]) -> list[Tensor]:
        """Return what each block gives, coarsest first."""
        sides = [feature.shape[2:] for feature in features[-2::-1]]
        x, found = features[-1], []
        for number, block in enumerate(self.blocks):
            skip = features[-2 - number] if number < SKIPS else None
            x = _decoded(block, _enlarged(x, sides[number]), skip)
            found.append(x)
        return found


class UNetPlusPlus(UnetPlusPlusDecoder):
    """U-Net++ (Zhou et al. 2018), with as many blocks at the same strides as the U-Net.

    The library's own class always ends with a block without skip connection, so that four
    blocks would not see the features of stride 2, and one block cannot be. Its attention cannot
    be narrower than 16 channels, and the inner blocks are as wide as the encoder's features.
    """

    def __init__(self, channels: Sequence[int], config: Network) -> None:
        """Build the triangle of blocks with the widths on its long side."""
        widths = list(config.decoder_channels)
        whole = len(widths) > SKIPS
        filled = widths if whole else [*widths, 1]
        super().__init__(channels, filled, n_blocks=len(filled))
        self.dense = len(filled) - 1
        last = f"x_0_{self.dense}"
        if not whole:
            del self.blocks[last]
        for name, block in self.blocks.items():
            if config.decoder_attention and not block.is_empty:
                if name != last:
                    block.attention1 = _scse(block.conv1[0].in_channels)
                block.attention2 = _scse(block.out_channels)

    def forward(self, features: list[Tensor]) -> Tensor:
        """Return the finest level."""
        return self.levels(features)[-1]

    def levels(self, features: list[Tensor]) -> list[Tensor]:
        """Return what the blocks of the long side give, coarsest first."""
        deepest_first = features[:0:-1]
        row: list[Tensor] = []
        found = []
        for level in range(self.dense):
            row = self._row(level, [*row, deepest_first[level]], deepest_first[level + 1])
            found.append(row[0])
        if f"x_0_{self.dense}" in self.blocks:
            block = self.blocks[f"x_0_{self.dense}"]
            found.append(_decoded(block, _enlarged(found[-1], _doubled(found[-1])), None))
        return found

    def _row(self, level: int, below: list[Tensor], skip: Tensor) -> list[Tensor]:
        """Return the blocks of one stride from the long side to the encoder's side."""
        row: list[Tensor] = []
        for depth in range(level, -1, -1):
            beside = torch.cat([*row, skip], dim=1)
            block, x = self.blocks[f"x_{depth}_{level}"], below[depth]
            row = [_decoded(block, _enlarged(x, _doubled(x)), beside), *row]
        return row


def _decoded(block: Any, x: Tensor, skip: Tensor | None) -> Tensor:
    """Return what a block of the library gives for a map that is enlarged already."""
    if getattr(block, "is_empty", False):
        return x[:, :0]
    if skip is not None:
        x = block.attention1(torch.cat([x, skip], dim=1))
    found: Tensor = block.attention2(block.conv2(block.conv1(x)))
    return found


def _enlarged(x: Tensor, side: Sequence[int]) -> Tensor:
    """Return the nearest pixels of `x` at `side`, in the numbers that `x` is in.

    autocast would go to float32, and drag the skip connection along.
    """
    if not torch.is_autocast_enabled(x.device.type):
        return F.interpolate(x, size=tuple(side), mode="nearest")
    with torch.autocast(x.device.type, enabled=False):
        return F.interpolate(x, size=tuple(side), mode="nearest")


def _doubled(x: Tensor) -> tuple[int, int]:
    return 2 * x.shape[2], 2 * x.shape[3]


def make_decoder(config: Network, channels: Sequence[int], stride: int) -> tuple[nn.Module, int]:
    """Return the decoder of `config` and how many channels it gives.

    Args:
        config: the choices.
        channels: of the encoder's six feature maps, finest first.
        stride: of its deepest map.
    """
    if config.decoder == "unet":
        return UNet(channels, config), config.decoder_channels[-1]
    if config.decoder == "unetpp":
        return UNetPlusPlus(channels, config), config.decoder_channels[-1]
    width = config.decoder_channels[0]
    if config.decoder == "fpn":
        return _fpn(config, list(channels), width)
    if config.decoder == "segformer":
        return SegformerDecoder(list(channels), segmentation_channels=width), width
    if config.decoder == "upernet":
        return _upernet(channels, width), width
    return _deeplab(config, channels, width, stride), width


def _scse(width: int) -> nn.Module:
    return Attention("scse", in_channels=width, reduction=min(16, width))


def _fpn(config: Network, channels: list[int], width: int) -> tuple[nn.Module, int]:
    decoder = FPNDecoder(
        channels,
        encoder_depth=5,
        pyramid_channels=width,
        segmentation_channels=max(32, width // 2 // 32 * 32),  # of 32 normalised groups
        dropout=config.dropout,
    )
    return decoder, decoder.out_channels


def _upernet(channels: Sequence[int], width: int) -> nn.Module:
    decoder = UPerNetDecoder(channels, decoder_channels=width)
    decoder.psp.blocks[0][1][1] = _vector_norm(width)
    return decoder


def _deeplab(config: Network, channels: Sequence[int], width: int, stride: int) -> nn.Module:
    decoder = DeepLabV3PlusDecoder(
        channels,
        encoder_depth=5,
        out_channels=width,
        atrous_rates=[ASPP_REACH // stride * k for k in (1, 2, 3)],
        output_stride=16,
        aspp_separable=True,
        aspp_dropout=config.dropout,
    )
    decoder.up = nn.Upsample(scale_factor=stride // 4, mode="bilinear", align_corners=True)
    decoder.aspp[0].convs[-1][2] = _vector_norm(width)
    return decoder


def _vector_norm(width: int) -> nn.Module:
    """Return a norm for maps pooled to one cell.

    Batch statistics of one value per image are noise, and with one image there are none.
    """
    return nn.GroupNorm(1, width)
