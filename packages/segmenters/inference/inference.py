"""Averaged predictions of several models."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from segmenters._device import autocast, half_precision
from segmenters.config.segmenter_config import SegmenterConfig
from segmenters.data.crop import Box, placed
from segmenters.data.training_set import ImageStack, load_images
from segmenters.inference.fusion import fused, trial_side
from segmenters.inference.parallel import parts_of, side_by_side
from segmenters.inference.tiles import in_tiles
from segmenters.inference.tta import View, resized, views_of
from segmenters.network.checkpoint import load_model
from segmenters.network.weights import grey_input

TOP_SHARE = 0.005
"""Share of the pixels, the most suspicious ones, whose mean stands for a map."""

SUSPICIOUS = 96 / 255
"""Probability from which a pixel counts for the spread."""

OUT_OF_MEMORY = ("out of memory", "can't allocate memory")


class Images(Protocol):
    """Images that are read part by part, as an array is."""

    def __len__(self) -> int:
        """How many."""
        ...

    def __getitem__(self, part: slice, /) -> np.ndarray:
        """Return some of them, uint8 ``(k, side, side)``."""
        ...


@dataclass(frozen=True)
class OnDemand:
    """Images of a stack, or their boxes, that are read and resized to `side` when wanted."""

    stack: ImageStack
    ids: Sequence[str]
    side: int
    boxes: Mapping[str, Box] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, part: slice) -> np.ndarray:
        return load_images(self.stack, self.ids[part], self.side, self.boxes)


class Seen(NamedTuple):
    """What models say about n images, means over the models and their views.

    Attributes:
        maps: float32 ``(n, size, size)`` lesion probabilities.
        heads: float64 ``(n,)``, the image head's probability.
        tops: float64 ``(n,)``, mean of the highest 0.5 % of each view's map.
        spreads: float64 ``(n,)``, how far the views of a model are apart, see `spread`.
    """

    maps: np.ndarray
    heads: np.ndarray
    tops: np.ndarray
    spreads: np.ndarray


class Member(NamedTuple):
    """A model and the config that it was trained with."""

    network: nn.Module
    config: SegmenterConfig


class Committee:
    """The models of several folders on one device."""

    def __init__(self, folders: Sequence[Path], config: SegmenterConfig, device: torch.device):
        """Load them.

        Raises:
            WrongModel: a folder holds no usable model.
        """
        self.config, self.device = config, device
        self.members = [self._member(folder) for folder in folders]

    def _member(self, folder: Path) -> Member:
        network, own = load_model(folder)
        onednn = self.device.type == "cpu" and half_precision(self.device, self.config) is None
        fast = fused(network, trial_side(own, onednn=onednn), onednn=onednn)
        return Member(fast.to(self.device), own)

    def side(self, held: int) -> int:
        """Return the side at which `predict` should get images that are held at side `held`.

        It is that of the largest view, so that larger scales show true detail.
        """
        return max(self.config.size, min(held, max(self._sides)))

    @property
    def _sides(self) -> set[int]:
        """The sides at which any member looks."""
        sizes = {member.config.size for member in self.members}
        return {view.side for size in sizes for view in views_of(size, self.config)}

    def predict(self, images: np.ndarray) -> Seen:
        """Return what the models say about `images`, uint8 ``(n, side, side)``."""
        side = max(self._sides)
        parts = parts_of(len(images), min(side, self.config.tile or side), self.device)
        found = side_by_side(self._predict, [np.array(images[part]) for part in parts])
        maps, *rest = (torch.cat(column).cpu() for column in zip(*found, strict=True))
        return Seen(maps.numpy(), *(column.double().numpy() for column in rest))

    @torch.inference_mode()
    def _predict(self, images: np.ndarray) -> tuple[Tensor, ...]:
        """Return the parts of `Seen` as tensors: means over the models."""
        grey = torch.from_numpy(images).to(self.device).float() / 255
        found = [self._seen_by(member, grey) for member in self.members]
        return tuple(torch.stack(part).mean(dim=0) for part in zip(*found, strict=True))

    def _seen_by(self, member: Member, grey: Tensor) -> tuple[Tensor, ...]:
        views = views_of(member.config.size, self.config)
        looks = [self._look(member, grey, view) for view in views]
        maps = torch.stack([resized(one, self.config.size) for one, _ in looks])
        heads = torch.stack([head for _, head in looks])
        tops = torch.stack([top_mean(one) for one in maps])
        return maps.mean(dim=0), heads.mean(dim=0), tops.mean(dim=0), spread(maps)

    def _look(self, member: Member, grey: Tensor, view: View) -> tuple[Tensor, Tensor]:
        x = grey_input(resized(grey, view.side))
        look = partial(self._evaluate, member)
        tiling = self.config.tile, self.config.tile_overlap
        maps, heads = in_tiles(look, x.flip(-1) if view.flipped else x, *tiling)
        return maps.flip(-1) if view.flipped else maps, heads

    def _evaluate(self, member: Member, x: Tensor) -> tuple[Tensor, Tensor]:
        layout = torch.channels_last if member.config.channels_last else torch.contiguous_format
        with autocast(self.device, self.config):
            logits, heads = member.network(x.contiguous(memory_format=layout))[:2]
        return logits.sigmoid(), heads.sigmoid()


def top_mean(maps: Tensor) -> Tensor:
    """Return the mean of the highest 0.5 % of each map ``(n, h, w)``, float ``(n,)``."""
    flat = maps.flatten(1)
    return flat.topk(max(1, round(TOP_SHARE * flat.shape[1])), dim=1).values.mean(dim=1)


def spread(views: Tensor) -> Tensor:
    """Return how far the views ``(v, n, h, w)`` of each image are apart, 0..1, float ``(n,)``.

    That is their mean absolute difference from their mean where this reaches `SUSPICIOUS`, and 0
    where it nowhere does.
    """
    mean = views.mean(dim=0)
    high = mean >= SUSPICIOUS
    apart = (views - mean).abs().mean(dim=0)
    return (apart * high).sum(dim=(1, 2)) / high.sum(dim=(1, 2)).clamp(min=1)


def presence(seen: Seen, how: str) -> np.ndarray:
    """Return p(non-empty), float64 ``(n,)``: the head's, the map's or the mean of both."""
    heads, tops = seen.heads, seen.tops
    chosen = {"head": heads, "map": tops, "both": (heads + tops) / 2}[how]
    return np.clip(chosen, 0.0, 1.0)


def stored(maps: np.ndarray, size: int, boxes: Sequence[Box] | None = None) -> np.ndarray:
    """Return maps in 0..1 as uint8 ``(n, size, size)``, 255 = 1; those of boxes in their place."""
    whole = placed(maps, boxes, size) if boxes else maps
    tensor = resized(torch.from_numpy(whole), size)
    return (tensor * 255).round().clamp(0, 255).to(torch.uint8).numpy()


def in_batches(committee: Committee, images: Images, batch: int) -> Iterator[tuple[slice, Seen]]:
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
