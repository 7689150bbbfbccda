"""Decoders from segmentation_models_pytorch.

A decoder takes the encoder's six feature maps of strides 1 to 32, finest first. For encoders that
start at stride 4, such as transformers, the map of stride 2 has no channels.
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
"""Number of U-Net blocks with a skip connection; a fifth block has none."""

ASPP_REACH = 96
"""Smallest dilation in input pixels: rate 6 at stride 16 (Chen et al. 2018)."""


class UNet(UnetDecoder):
    """U-Net (Ronneberger et al. 2015)."""

    def __init__(self, channels: Sequence[int], config: Network) -> None:
        """Build one block per width."""
        widths = config.decoder_channels
        super().__init__(
            channels, widths, n_blocks=len(widths), attention_type=config.decoder_attention
        )
        for block in self.blocks[SKIPS:]:
            block.attention1.requires_grad_(False)  # unused in a block without a skip connection

    def forward(self, features: list[Tensor]) -> Tensor:
        """Return the finest level."""
        return self.levels(features)[-1]

    def levels(self, features: list[Tensor]) -> list[Tensor]:
        """Return the output of each block, coarsest first."""
        sides = [feature.shape[2:] for feature in features[-2::-1]]
        x, found = features[-1], []
        for number, block in enumerate(self.blocks):
            skip = features[-2 - number] if number < SKIPS else None
            x = _decoded(block, _enlarged(x, sides[number]), skip)
            found.append(x)
        return found


class UNetPlusPlus(UnetPlusPlusDecoder):
    """U-Net++ (Zhou et al. 2018) with the same number and strides of blocks as the U-Net.

    The library's class always ends with a block without a skip connection: its four blocks do not
    use the features of stride 2, and a single block is not possible. Its attention needs at least
    16 channels, and its inner blocks have the encoder's numbers of channels.
    """

    def __init__(self, channels: Sequence[int], config: Network) -> None:
        """Build the nested blocks; those of the output path have `config.decoder_channels`."""
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
        """Return the outputs of the output path's blocks, coarsest first."""
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
        """Return the block outputs of one stride, from the output path to the encoder."""
        row: list[Tensor] = []
        for depth in range(level, -1, -1):
            beside = torch.cat([*row, skip], dim=1)
            block, x = self.blocks[f"x_{depth}_{level}"], below[depth]
            row = [_decoded(block, _enlarged(x, _doubled(x)), beside), *row]
        return row


def _decoded(block: Any, x: Tensor, skip: Tensor | None) -> Tensor:
    """Return the output of a decoder block for an already upsampled map."""
    if getattr(block, "is_empty", False):
        return x[:, :0]
    if skip is not None:
        x = block.attention1(torch.cat([x, skip], dim=1))
    found: Tensor = block.attention2(block.conv2(block.conv1(x)))
    return found


def _enlarged(x: Tensor, side: Sequence[int]) -> Tensor:
    """Return `x` resized to `side` by nearest-neighbour interpolation, in its own dtype.

    Autocast would convert it, and then the concatenated skip connection, to float32.
    """
    if not torch.is_autocast_enabled(x.device.type):
        return F.interpolate(x, size=tuple(side), mode="nearest")
    with torch.autocast(x.device.type, enabled=False):
        return F.interpolate(x, size=tuple(side), mode="nearest")


def _doubled(x: Tensor) -> tuple[int, int]:
    return 2 * x.shape[2], 2 * x.shape[3]


def make_decoder(config: Network, channels: Sequence[int], stride: int) -> tuple[nn.Module, int]:
    """Return the decoder of `config` and its number of output channels.

    Args:
        config: the network's configuration.
        channels: numbers of channels of the encoder's six feature maps, finest first.
        stride: stride of the encoder's deepest map.
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
        segmentation_channels=max(32, width // 2 // 32 * 32),  # multiple of its 32 norm groups
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
    """Return a group norm for maps pooled to one cell.

    Batch norm would be noisy with one value per image, and fails for a batch of one image.
    """
    return nn.GroupNorm(1, width)
