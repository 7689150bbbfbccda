"""Random changes of a batch: one resampling for all geometry, then the grey scale.

All images of a batch go through one `affine_grid` and one `grid_sample`, each with its own
transform; flip, rotation, scale, shift and the change of size cost one interpolation together.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from segmenters._config import SegmenterConfig
from segmenters._weights import GREY_MEAN, GREY_STD


def augment(
    images: Tensor,
    masks: Tensor,
    config: SegmenterConfig,
    *,
    size: int,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Return network input ``(n, 2, size, size)`` and soft masks ``(n, size, size)``.

    Args:
        images: uint8 ``(n, h, w)``.
        masks: uint8 ``(n, h, w)``, 255 is lesion.
        config: largest changes.
        size: side of what is returned.
        generator: on the CPU, so that a seed draws the same changes on every device.
    """
    n = len(images)
    theta = affine_maps(n, config, generator).to(images.device)
    planes = torch.stack([images, masks, torch.full_like(images, 255)], dim=1).float() / 255
    grid = F.affine_grid(theta, [n, 3, size, size], align_corners=False)
    grey, soft, valid = F.grid_sample(planes, grid, align_corners=False).unbind(1)
    grey = _change_grey(grey, config, generator)
    # the resampled border stays outside the image: zero in both channels
    return torch.stack([(grey - GREY_MEAN) / GREY_STD * valid, valid], dim=1), soft


def affine_maps(n: int, config: SegmenterConfig, generator: torch.Generator) -> Tensor:
    """Return random maps from output to input coordinates, float ``(n, 2, 3)``.

    In the convention of `torch.nn.functional.affine_grid`: the image spans -1..1.
    """
    angle = math.radians(config.rotate) * _uniform(n, generator)
    factor = 1 + config.scale * _uniform(n, generator)
    shift_x = 2 * config.shift * _uniform(n, generator)
    shift_y = 2 * config.shift * _uniform(n, generator)
    sign = torch.where(torch.rand(n, generator=generator) < config.flip, -1.0, 1.0)
    cos, sin = torch.cos(angle) * factor, torch.sin(angle) * factor
    rows = [torch.stack([sign * cos, -sin, shift_x], 1), torch.stack([sign * sin, cos, shift_y], 1)]
    return torch.stack(rows, dim=1)


def _change_grey(grey: Tensor, config: SegmenterConfig, generator: torch.Generator) -> Tensor:
    def drawn(largest: float) -> Tensor:
        return (largest * _uniform(len(grey), generator)).to(grey.device)[:, None, None]

    grey = grey.clamp_min(1e-4) ** torch.exp(drawn(config.gamma))
    mean = grey.mean(dim=(1, 2), keepdim=True)
    grey = (grey - mean) * (1 + drawn(config.contrast)) + mean + drawn(config.brightness)
    if config.noise:
        noise = torch.randn(grey.shape, generator=generator).to(grey.device)
        grey = grey + noise * drawn(config.noise).abs()
    return grey.clamp(0, 1)


def _uniform(n: int, generator: torch.Generator) -> Tensor:
    return 2 * torch.rand(n, generator=generator) - 1
