"""Batch augmentation: torchvision v2 transforms with separate random parameters per image.

The transforms of `torchvision.transforms.v2` apply the same parameters to all images of a batch,
or have to be called image by image on the CPU. The two transforms here follow the same protocol
(`make_params`, then `transform` by the type of the input) and process a whole batch at once on any
device. Flip, rotation, scale, shift, crop, distortions and resizing share one interpolation, and
masks become coverage fractions. Both can be combined with torchvision's in a `v2.Compose`.

Random numbers come from a separate CPU generator, so that a seed has the same effect on every
device. They are drawn for the whole batch even if only a part of it is processed, so that several
processes can share a batch.
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
"""Range of the column at which `mixed_halves` joins two images, as shares of the width."""

Take = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]

SHIFTS = 2**16
"""Number of offsets in the batch's noise pattern at which an image's noise can start."""


@dataclass(frozen=True)
class Draws:
    """Random generator, and the position of the given images in the whole batch.

    Attributes:
        generator: on the CPU.
        count: number of images in the whole batch; None means that all are given.
        first: index of the first given image in the whole batch.
    """

    generator: torch.Generator
    count: int | None = None
    first: int = 0

    def rows(self, images: Tensor) -> tuple[int, slice]:
        """Return the size of the whole batch and the slice of `images` in it."""
        count = len(images) if self.count is None else self.count
        part = slice(self.first, self.first + len(images))
        if not 0 <= part.start <= part.stop <= count:
            raise ValueError(f"a batch of {count} has no images {part.start}..{part.stop - 1}")
        return count, part


class BatchWarp(v2.Transform):
    """Apply random geometric changes to images and masks, and resize them to `size`.

    Images and masks are ``(n, c, h, w)``; pixels outside the input become 0, or with `reflect`
    its reflection.
    """

    def __init__(
        self, config: Augmentation, size: int, draws: Draws, *, reflect: bool = False
    ) -> None:
        super().__init__()
        self.config, self.size, self.draws = config, size, draws
        self.beyond = "reflection" if reflect else "zeros"

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw a sampling grid for each image."""
        images = flat_inputs[0]
        count, part = self.draws.rows(images)
        drawn = draw_geometry(count, self.config, self.draws.generator)
        own = {name: rows[part].to(images.device) for name, rows in drawn.items()}
        return {"grid": sampling_grid(own, self.size)}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Return `inpt` resampled bilinearly on the grid."""
        moved = F.grid_sample(inpt, params["grid"], padding_mode=self.beyond, align_corners=False)
        return tv_tensors.wrap(moved, like=inpt)


class BatchGrey(v2.Transform):
    """Randomly change gamma, contrast, brightness and noise of images; masks are unchanged.

    Images are ``(n, c, h, w)`` in 0..1; the first channel is the grey value. All images of a
    batch take their noise from one pattern, each at a random offset: drawing a normal number for
    every pixel would take longer than all other changes.
    """

    _transformed_types = (tv_tensors.Image,)

    def __init__(self, config: Augmentation, draws: Draws) -> None:
        super().__init__()
        self.config, self.draws = config, draws

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw gamma, contrast, brightness and noise for each image."""
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
        """Return `inpt` with the changed first channel."""
        grey = inpt[:, 0].clamp_min(1e-4)
        if self.config.gamma:
            grey.log_().mul_(params["gamma"]).exp_()  # three times as fast as pow
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
    reflect: bool = False,
) -> tuple[Tensor, Tensor]:
    """Return network input ``(n, 2, size, size)`` and masks ``(n, size, size)`` in 0..1.

    The random changes depend only on the state of `generator`, `count` and `first`; results on
    different devices agree up to rounding.

    Args:
        images: uint8 ``(n, h, w)``.
        masks: uint8 ``(n, h, w)``, 255 is object.
        config: ranges of the changes.
        size: side of the returned images and masks, in pixels.
        generator: on the CPU; source of all random numbers.
        count: number of images in the whole batch, `n` by default.
        first: index of the first given image in the whole batch.
        channels_last: memory layout of the network input.
        reflect: fill pixels outside the image with its reflection instead of 0.
    """
    draws = Draws(generator, count, first)
    planes = torch.empty(len(images), 2, *images.shape[1:], device=images.device)
    planes[:, 0], planes[:, 1] = images, masks
    warp = BatchWarp(config, size, draws, reflect=reflect)
    params = warp.make_params([planes])
    grey, shares = warp.transform(planes.div_(255), params).split(1, dim=1)
    grey = BatchGrey(config, draws)(tv_tensors.Image(grey)).as_subclass(Tensor)[:, 0]
    valid = torch.ones_like(grey) if reflect else coverage(params["grid"], images.shape[1:])
    # pixels outside the image are zero in both channels
    grey = grey.sub_(GREY_MEAN).div_(GREY_STD).mul_(valid)
    return _input(grey, valid, channels_last), shares[:, 0].contiguous()


def coverage(grid: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return the result of `grid_sample` for an image of ones of `shape`, float ``(n, h, w)``.

    The sum of bilinear weights inside the image is the product of the sums for columns and rows.
    """
    sides = grid.new_tensor(shape).flip(0).repeat(grid.shape[2])
    away = grid.flatten(2).abs().mul_(-sides / 2)
    inside = away.add_((sides + 1) / 2).clamp_(0, 1).view_as(grid)
    return inside[..., 0] * inside[..., 1]


def _input(grey: Tensor, valid: Tensor, channels_last: bool) -> Tensor:
    """Return both channels as one tensor ``(n, 2, h, w)``, channels-last or contiguous.

    Combining them as the parts of complex numbers interleaves them in one pass over memory.
    """
    x = torch.view_as_real(torch.complex(grey, valid)).permute(0, 3, 1, 2)
    return x if channels_last else x.contiguous()


def mixed_halves(
    take: Take, members: np.ndarray, part: slice, share: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the images and masks of `members[part]`, some with the right half of another image.

    This is CutMix (Yun et al. 2019) with the boundary near the midline, for images that are
    roughly symmetric and whose objects usually lie on one side.

    Random numbers are drawn for all `members`, so that several processes can share a batch.

    Args:
        take: returns uint8 images and masks ``(n, h, w)`` of the given members.
        members: indices of the images in the whole batch.
        part: slice of `members` to return.
        share: share of the images to change.
        rng: source of all random numbers.
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
