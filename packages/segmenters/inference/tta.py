"""The ways in which an image is looked at: its sides, and its mirror image."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

from segmenters.config.limits import STRIDE
from segmenters.config.segmenter_config import SegmenterConfig


@dataclass(frozen=True)
class View:
    """One look at an image.

    Attributes:
        side: to which the image is resized, in pixels.
        flipped: left and right are swapped.
    """

    side: int
    flipped: bool


def views_of(size: int, config: SegmenterConfig) -> list[View]:
    """Return the views over which a model made for images of side `size` is averaged.

    These are `size` itself and `config.tta_scales` times it, rounded to a multiple of 32, each
    side once, and with `config.tta_flip` the mirror images of all.
    """
    scaled = [max(1, round(scale * size / STRIDE)) * STRIDE for scale in config.tta_scales]
    sides = dict.fromkeys([size, *scaled])
    flips = (False, True) if config.tta_flip else (False,)
    return [View(side, flipped) for side in sides for flipped in flips]


def resized(planes: Tensor, side: int) -> Tensor:
    """Resize ``(n, h, w)``: mean over the area when it shrinks, bilinear when it grows."""
    if planes.shape[1:] == (side, side):
        return planes
    if side < planes.shape[-1]:
        return F.interpolate(planes[:, None], size=(side, side), mode="area")[:, 0]
    grown = F.interpolate(planes[:, None], size=(side, side), mode="bilinear", align_corners=False)
    return grown[:, 0]
