"""Averaged predictions of several models."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from segmenters._checkpoint import load_model
from segmenters._config import SegmenterConfig
from segmenters._device import autocast
from segmenters._network import SegmentationNet
from segmenters._weights import grey_input

TOP_SHARE = 0.005
"""Share of the pixels, the most suspicious ones, whose mean stands for a map."""

OUT_OF_MEMORY = ("out of memory", "can't allocate memory")


class Committee:
    """The models of several folders on one device."""

    def __init__(self, folders: Sequence[Path], config: SegmenterConfig, device: torch.device):
        """Load them.

        Raises:
            WrongModel: a folder holds no usable model.
        """
        self.config, self.device = config, device
        self.members: list[tuple[SegmentationNet, SegmenterConfig]] = []
        for folder in folders:
            network, own = load_model(folder)
            self.members.append((network.to(device), own))

    @torch.inference_mode()
    def predict(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what the models say about `images`, uint8 ``(n, size, size)``.

        Returns:
            maps: float32 ``(n, size, size)`` lesion probabilities.
            heads: float64 ``(n,)``, the image head's probability.
            tops: float64 ``(n,)``, mean of the highest 0.5 % of each model's map.
        """
        grey = torch.from_numpy(images).to(self.device).float() / 255
        views = [False, True] if self.config.tta_flip else [False]
        maps = torch.zeros_like(grey)
        heads, tops = torch.zeros(2, len(images), device=self.device).unbind()
        for network, own in self.members:
            for flipped in views:
                one, head = self._view(network, own, grey, flipped)
                maps += one
                heads += head
                tops += top_mean(one)
        count = len(self.members) * len(views)
        return (
            (maps / count).cpu().numpy(),
            (heads / count).double().cpu().numpy(),
            (tops / count).double().cpu().numpy(),
        )

    def _view(
        self, network: SegmentationNet, own: SegmenterConfig, grey: Tensor, flipped: bool
    ) -> tuple[Tensor, Tensor]:
        side = own.size
        x = grey_input(grey if grey.shape[-1] == side else _resized(grey, side))
        x = x.flip(-1) if flipped else x
        if own.channels_last:
            x = x.contiguous(memory_format=torch.channels_last)
        with autocast(self.device, self.config, training=False):
            logits, head = network(x)
        one = torch.sigmoid(logits.flip(-1) if flipped else logits)
        return (one if one.shape == grey.shape else _resized(one, grey.shape[-1])), head.sigmoid()


def top_mean(maps: Tensor) -> Tensor:
    """Return the mean of the highest 0.5 % of each map ``(n, h, w)``, float ``(n,)``."""
    flat = maps.flatten(1)
    return flat.topk(max(1, round(TOP_SHARE * flat.shape[1])), dim=1).values.mean(dim=1)


def presence(heads: np.ndarray, tops: np.ndarray, how: str) -> np.ndarray:
    """Return p(non-empty), float64 ``(n,)``: the head's, the map's or the mean of both."""
    chosen = {"head": heads, "map": tops, "both": (heads + tops) / 2}[how]
    return np.clip(chosen, 0.0, 1.0)


def stored(maps: np.ndarray, size: int) -> np.ndarray:
    """Return maps in 0..1 as uint8 ``(n, size, size)``, 255 = 1."""
    tensor = torch.from_numpy(maps)
    if tensor.shape[-1] != size:
        tensor = _resized(tensor, size)
    return (tensor * 255).round().clamp(0, 255).to(torch.uint8).numpy()


def in_batches(
    committee: Committee, images: np.ndarray, batch: int
) -> Iterator[tuple[slice, tuple[np.ndarray, np.ndarray, np.ndarray]]]:
    """Yield the prediction of each part of `images`; halve the parts when memory runs out."""
    start = 0
    while start < len(images):
        part = slice(start, min(start + batch, len(images)))
        try:
            predicted = committee.predict(images[part])
        except RuntimeError as error:
            if batch == 1 or not any(words in str(error) for words in OUT_OF_MEMORY):
                raise
            batch //= 2
            continue
        yield part, predicted
        start = part.stop


def _resized(planes: Tensor, size: int) -> Tensor:
    """Resize ``(n, h, w)``: mean over the area when it shrinks, bilinear when it grows."""
    if size < planes.shape[-1]:
        return F.interpolate(planes[:, None], size=(size, size), mode="area")[:, 0]
    return F.interpolate(planes[:, None], size=(size, size), mode="bilinear", align_corners=False)[
        :, 0
    ]
