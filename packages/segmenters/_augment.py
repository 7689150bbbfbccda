"""Random changes of a batch, as transforms of torchvision's v2 that draw for each image.

The stock transforms of `torchvision.transforms.v2` change all images of a batch alike, or have
to be called image by image on the CPU. These two follow their protocol (`make_params`, then
`transform` by the type of the input) and change a whole batch at once, on any device: flip,
rotation, scale, shift and the change of size cost one interpolation together, and soft masks
stay soft. They can be mixed with the stock ones in a `v2.Compose`.
"""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision import tv_tensors
from torchvision.transforms import v2

from segmenters._config import SegmenterConfig
from segmenters._weights import GREY_MEAN, GREY_STD


class BatchAffine(v2.Transform):
    """Flip, rotate, scale and shift each image and its mask, and bring them to `size`.

    Images and masks are ``(n, c, h, w)``; what lies outside becomes 0.
    """

    def __init__(self, config: SegmenterConfig, size: int) -> None:
        super().__init__()
        self.config, self.size = config, size

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw a map for each image; on the CPU, so that a seed means the same everywhere."""
        first = flat_inputs[0]
        theta = affine_maps(len(first), self.config).to(first.device)
        shape = [len(first), 1, self.size, self.size]
        return {"grid": F.affine_grid(theta, shape, align_corners=False)}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Resample bilinearly."""
        moved = F.grid_sample(inpt, params["grid"], align_corners=False)
        return tv_tensors.wrap(moved, like=inpt)


class BatchGrey(v2.Transform):
    """Change gamma, contrast, brightness and noise of each image; masks stay as they are.

    Images are ``(n, c, h, w)`` in 0..1; their first channel is the grey value.
    """

    _transformed_types = (tv_tensors.Image,)

    def __init__(self, config: SegmenterConfig) -> None:
        super().__init__()
        self.config = config

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw how much, on the CPU."""
        n, config = len(flat_inputs[0]), self.config
        shape = (n, *flat_inputs[0].shape[-2:])
        return {
            "gamma": torch.exp(config.gamma * _uniform(n)),
            "contrast": 1 + config.contrast * _uniform(n),
            "brightness": config.brightness * _uniform(n),
            "noise": config.noise * _uniform(n).abs(),
            "pattern": torch.randn(shape) if config.noise else torch.zeros(shape),
        }

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Change the first channel."""
        here = {name: value.to(inpt.device) for name, value in params.items()}
        drawn = {name: value[:, None, None] for name, value in here.items() if value.ndim == 1}
        grey = inpt[:, 0].clamp_min(1e-4) ** drawn["gamma"]
        mean = grey.mean(dim=(1, 2), keepdim=True)
        grey = (grey - mean) * drawn["contrast"] + mean + drawn["brightness"]
        grey = (grey + here["pattern"] * drawn["noise"]).clamp(0, 1)
        changed = torch.cat([grey[:, None], inpt[:, 1:]], dim=1)
        return tv_tensors.wrap(changed, like=inpt)


def augment(
    images: Tensor, masks: Tensor, config: SegmenterConfig, *, size: int
) -> tuple[Tensor, Tensor]:
    """Return network input ``(n, 2, size, size)`` and soft masks ``(n, size, size)``.

    Draws from torch's random state on the CPU.

    Args:
        images: uint8 ``(n, h, w)``.
        masks: uint8 ``(n, h, w)``, 255 is lesion.
        config: largest changes.
        size: side of what is returned.
    """
    grey = images.float() / 255
    planes = tv_tensors.Image(torch.stack([grey, torch.ones_like(grey)], dim=1))
    soft = tv_tensors.Mask(masks[:, None].float() / 255)
    transform = v2.Compose([BatchAffine(config, size), BatchGrey(config)])
    moved, soft = (plain.as_subclass(Tensor) for plain in transform(planes, soft))
    grey, valid = moved.unbind(1)
    # the resampled border stays outside the image: zero in both channels
    return torch.stack([(grey - GREY_MEAN) / GREY_STD * valid, valid], dim=1), soft[:, 0]


def affine_maps(n: int, config: SegmenterConfig) -> Tensor:
    """Return random maps from output to input coordinates, float ``(n, 2, 3)``.

    In the convention of `torch.nn.functional.affine_grid`: the image spans -1..1.
    """
    angle = math.radians(config.rotate) * _uniform(n)
    factor = 1 + config.scale * _uniform(n)
    shift_x = 2 * config.shift * _uniform(n)
    shift_y = 2 * config.shift * _uniform(n)
    sign = torch.where(torch.rand(n) < config.flip, -1.0, 1.0)
    cos, sin = torch.cos(angle) * factor, torch.sin(angle) * factor
    rows = [torch.stack([sign * cos, -sin, shift_x], 1), torch.stack([sign * sin, cos, shift_y], 1)]
    return torch.stack(rows, dim=1)


def _uniform(n: int) -> Tensor:
    return 2 * torch.rand(n) - 1
