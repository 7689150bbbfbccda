"""Random changes of a batch, as transforms of torchvision's v2 that draw for each image.

The stock transforms of `torchvision.transforms.v2` change all images of a batch alike, or have
to be called image by image on the CPU. These two follow their protocol (`make_params`, then
`transform` by the type of the input) and change a whole batch at once, on any device: flip,
rotation, scale, shift, crop, distortions and the change of size cost one interpolation together,
and masks become shares of pixels. They can be mixed with the stock ones in a `v2.Compose`.

They draw from a generator of their own, on the CPU, so that a seed means the same everywhere.
They draw for a whole batch also where they change only a part of it, so that several processes
can share a batch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision import tv_tensors
from torchvision.transforms import v2

from segmenters.augmentation.distortion import draw_geometry, sampling_grid, uniform
from segmenters.config.groups import Augmentation
from segmenters.network.weights import GREY_MEAN, GREY_STD

MIDLINE = (0.46, 0.54)
"""Where the cut may lie, as shares of the width."""

Take = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]

SHIFTS = 2**16
"""Places in the noise of a batch at which the noise of one image may start."""


@dataclass(frozen=True)
class Draws:
    """Where draws come from, and for which images of the whole batch they are needed.

    Attributes:
        generator: of the CPU.
        count: images of the whole batch; None means that those at hand are all.
        first: number of the first image at hand in the whole batch.
    """

    generator: torch.Generator
    count: int | None = None
    first: int = 0

    def rows(self, images: Tensor) -> tuple[int, slice]:
        """Return the size of the whole batch, and which part of it `images` are."""
        count = len(images) if self.count is None else self.count
        part = slice(self.first, self.first + len(images))
        if not 0 <= part.start <= part.stop <= count:
            raise ValueError(f"a batch of {count} has no images {part.start}..{part.stop - 1}")
        return count, part


class BatchWarp(v2.Transform):
    """Move, turn and distort each image and its mask, and bring them to `size`.

    Images and masks are ``(n, c, h, w)``; what lies outside becomes 0.
    """

    def __init__(self, config: Augmentation, size: int, draws: Draws) -> None:
        super().__init__()
        self.config, self.size, self.draws = config, size, draws

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw a sampling grid for each image."""
        images = flat_inputs[0]
        count, part = self.draws.rows(images)
        drawn = draw_geometry(count, self.config, self.draws.generator)
        own = {name: rows[part].to(images.device) for name, rows in drawn.items()}
        return {"grid": sampling_grid(own, self.size)}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Resample bilinearly."""
        moved = F.grid_sample(inpt, params["grid"], align_corners=False)
        return tv_tensors.wrap(moved, like=inpt)


class BatchGrey(v2.Transform):
    """Change gamma, contrast, brightness and noise of each image; masks stay as they are.

    Images are ``(n, c, h, w)`` in 0..1; their first channel is the grey value. The noise of all
    images of a batch comes from one long pattern, each at a random place of it: drawing as many
    normal numbers as there are pixels would cost more than all the rest.
    """

    _transformed_types = (tv_tensors.Image,)

    def __init__(self, config: Augmentation, draws: Draws) -> None:
        super().__init__()
        self.config, self.draws = config, draws

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw how much."""
        images, config, generator = flat_inputs[0], self.config, self.draws.generator
        count, part = self.draws.rows(images)
        gamma, contrast, brightness = uniform(3, count, 1, 1, generator=generator)[:, part]
        params = {
            "gamma": torch.exp(config.gamma * gamma).to(images.device),
            "contrast": (1 + config.contrast * contrast).to(images.device),
            "brightness": (config.brightness * brightness).to(images.device),
        }
        return params | (self._draw_noise(images) if config.noise else {})

    def _draw_noise(self, images: Tensor) -> dict[str, Any]:
        generator = self.draws.generator
        count, part = self.draws.rows(images)
        noise = self.config.noise * torch.rand(count, generator=generator)
        places = torch.randint(SHIFTS, (count,), generator=generator)
        pattern = torch.randn(images.shape[-2:].numel() + SHIFTS, generator=generator)
        return {
            "noise": noise[part].tolist(),
            "places": places[part].tolist(),
            "pattern": pattern.to(images.device),
        }

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Change the first channel."""
        grey = inpt[:, 0].clamp_min(1e-4)
        if self.config.gamma:
            grey.log_().mul_(params["gamma"]).exp_()  # three times as fast as a power
        if self.config.contrast or self.config.brightness:
            mean = grey.mean(dim=(1, 2), keepdim=True)
            grey.sub_(mean).mul_(params["contrast"]).add_(mean + params["brightness"])
        if self.config.noise:
            self._add_noise(grey, params)
        changed = torch.cat([grey.clamp_(0, 1)[:, None], inpt[:, 1:]], dim=1)
        return tv_tensors.wrap(changed, like=inpt)

    @staticmethod
    def _add_noise(grey: Tensor, params: dict[str, Any]) -> None:
        pixels = grey.shape[1:].numel()
        for one, noise, place in zip(grey, params["noise"], params["places"], strict=True):
            own = params["pattern"][place : place + pixels]
            one.add_(own.view_as(one), alpha=noise)


def augment(
    images: Tensor,
    masks: Tensor,
    config: Augmentation,
    *,
    size: int,
    generator: torch.Generator,
    count: int | None = None,
    first: int = 0,
    channels_last: bool = True,
) -> tuple[Tensor, Tensor]:
    """Return network input ``(n, 2, size, size)`` and masks ``(n, size, size)`` in 0..1.

    The input depends on the state of `generator`, `count` and `first` alone, up to rounding on
    another device.

    Args:
        images: uint8 ``(n, h, w)``.
        masks: uint8 ``(n, h, w)``, 255 is object.
        config: largest changes.
        size: side of what is returned.
        generator: of the CPU; all draws come from it.
        count: images of the whole batch, by default `n`.
        first: number of the first of these images in the whole batch.
        channels_last: memory layout of the input.
    """
    draws = Draws(generator, count, first)
    planes = torch.empty(len(images), 2, *images.shape[1:], device=images.device)
    planes[:, 0], planes[:, 1] = images, masks
    warp = BatchWarp(config, size, draws)
    params = warp.make_params([planes])
    grey, shares = warp.transform(planes.div_(255), params).split(1, dim=1)
    grey = BatchGrey(config, draws)(tv_tensors.Image(grey)).as_subclass(Tensor)[:, 0]
    valid = coverage(params["grid"], images.shape[1:])
    # the resampled border stays outside the image: zero in both channels
    grey = grey.sub_(GREY_MEAN).div_(GREY_STD).mul_(valid)
    return _input(grey, valid, channels_last), shares[:, 0].contiguous()


def coverage(grid: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return what `grid_sample` gives for an image of ones of `shape`, float ``(n, h, w)``.

    The bilinear weights that lie inside the image are a product of those of columns and rows.
    """
    sides = grid.new_tensor(shape).flip(0).repeat(grid.shape[2])
    away = grid.flatten(2).abs().mul_(-sides / 2)
    inside = away.add_((sides + 1) / 2).clamp_(0, 1).view_as(grid)
    return inside[..., 0] * inside[..., 1]


def _input(grey: Tensor, valid: Tensor, channels_last: bool) -> Tensor:
    """Return both channels in the layout that convolutions prefer, or one after the other.

    As real and imaginary part they are interleaved in one pass over memory.
    """
    x = torch.view_as_real(torch.complex(grey, valid)).permute(0, 3, 1, 2)
    return x if channels_last else x.contiguous()


def mixed_halves(
    take: Take, members: np.ndarray, part: slice, share: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the images and masks of `members[part]`, some with the right half of another.

    Where what is shown is symmetric and an object lies on one side as a rule, one side of an image
    beside the other of a second is a new image with a true mask. It is CutMix (Yun et al. 2019)
    with the cut along the midline.

    It draws for all `members` alike, so several processes can share a batch.

    Args:
        take: returns uint8 images and masks ``(n, h, w)`` of the given members.
        members: of the whole batch.
        part: those that are wanted.
        share: of the images that are changed.
        rng: all draws come from it.
    """
    images, masks = take(members[part])
    chosen = np.flatnonzero(rng.random(len(members))[part] < share)
    partners = members[rng.permutation(len(members))][part][chosen]
    cuts = rng.uniform(*MIDLINE, len(members))[part][chosen]
    if not len(chosen):
        return images, masks
    images, masks = images.copy(), masks.copy()
    for place, cut, image, mask in zip(chosen, cuts, *take(partners), strict=True):
        column = round(cut * images.shape[2])
        images[place, :, column:] = image[:, column:]
        masks[place, :, column:] = mask[:, column:]
    return images, masks
