"""Predictions averaged over several models."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from segmenters._device import autocast, memory_layout
from segmenters.config.segmenter_config import SegmenterConfig
from segmenters.data.crop import Window, placed
from segmenters.inference.fusion import fused
from segmenters.inference.tta import Predict, View, in_tiles, resized, views_of
from segmenters.network.checkpoint import CONFIG, MODEL, load_model
from segmenters.network.weights import grey_input

TOP_SHARE = 0.005
"""Share of the most probable pixels of a map that `top_mean` averages."""

PROBABLE = 96 / 255
"""Smallest mean probability of pixels that count for the spread."""

KEPT = 4
"""Number of ensembles that are kept in memory."""

PIXELS = 8 * 256**2
"""Pixels per batch of a CPU thread; smaller batches are slower, larger ones need more memory.

Two threads took 141, 111 and 87 ms of CPU time per image with batches of 2, 4 and 8 images of
256 x 256 pixels (U-Net on efficientnet_lite0 with mirror images, on a machine under other load).
"""

Item = TypeVar("Item")
Result = TypeVar("Result")

OUT_OF_MEMORY = ("out of memory", "can't allocate memory")


class EnsembleOutput(NamedTuple):
    """Predictions for n images, means over the models and their test-time augmentation views.

    Attributes:
        maps: probability maps, float32 ``(n, size, size)``.
        heads: image head probabilities, float64 ``(n,)``.
        tops: means of the highest 0.5 % of each view's map, float64 ``(n,)``.
        spreads: differences between the views of a model, see `spread`, float64 ``(n,)``.
    """

    maps: np.ndarray
    heads: np.ndarray
    tops: np.ndarray
    spreads: np.ndarray


class Ensemble:
    """An ensemble of the models in several folders, on one device."""

    def __init__(self, folders: Sequence[Path], config: SegmenterConfig, device: torch.device):
        """Load the models.

        Raises:
            WrongModel: a folder has no usable model.
        """
        self.config, self.device = config, device
        self.members = [
            (fused(one, own.network.size).to(device), own) for one, own in map(load_model, folders)
        ]

    def side(self, held: int) -> int:
        """Return the side at which to pass images to `predict`, for images stored at side `held`.

        It is that of the largest view, at most `held`, so that larger scales use the full
        resolution; padded images have at least the side `pad_to`.
        """
        held = max(held, self.config.network.pad_to)
        return max(self.config.network.size, min(held, max(self._sides)))

    @property
    def _sides(self) -> set[int]:
        """The sides of all views of all models."""
        sizes = {own.network.size for _, own in self.members}
        return {view.side for size in sizes for view in views_of(size, self.config.inference)}

    def predict(self, images: np.ndarray) -> EnsembleOutput:
        """Return the mean predictions for `images`, uint8 ``(n, side, side)``."""
        side = max(self._sides)
        parts = parts_of(len(images), min(side, self.config.inference.tile or side), self.device)
        found = side_by_side(self._predict, [np.array(images[part]) for part in parts])
        maps, *rest = (torch.cat(column).cpu() for column in zip(*found, strict=True))
        return EnsembleOutput(maps.numpy(), *(column.double().numpy() for column in rest))

    @torch.inference_mode()
    def _predict(self, images: np.ndarray) -> tuple[Tensor, ...]:
        """Return the fields of `EnsembleOutput` as tensors, means over the models."""
        grey = torch.from_numpy(images).to(self.device).float() / 255
        found = [self._predict_member(*member, grey) for member in self.members]
        return tuple(torch.stack(part).mean(dim=0) for part in zip(*found, strict=True))

    def _predict_member(
        self, network: nn.Module, own: SegmenterConfig, grey: Tensor
    ) -> tuple[Tensor, ...]:
        evaluate = partial(self._evaluate, network, memory_layout(own.runtime))
        views = views_of(own.network.size, self.config.inference)
        found = [self._predict_view(evaluate, grey, view) for view in views]
        maps = torch.stack([resized(one, self.config.network.size) for one, _ in found])
        heads = torch.stack([head for _, head in found])
        tops = torch.stack([top_mean(one) for one in maps])
        return maps.mean(dim=0), heads.mean(dim=0), tops.mean(dim=0), spread(maps)

    def _predict_view(self, predict: Predict, grey: Tensor, view: View) -> tuple[Tensor, Tensor]:
        x = grey_input(resized(grey, view.side))
        tiling = self.config.inference.tile, self.config.inference.tile_overlap
        maps, heads = in_tiles(predict, x.flip(-1) if view.flipped else x, *tiling)
        return maps.flip(-1) if view.flipped else maps, heads

    def _evaluate(
        self, network: nn.Module, layout: torch.memory_format, x: Tensor
    ) -> tuple[Tensor, Tensor]:
        with autocast(self.device, self.config.runtime):
            logits, heads = network(x.contiguous(memory_format=layout))[:2]
        return logits.sigmoid(), heads.sigmoid()


def ensemble_of(folders: Sequence[Path], config: SegmenterConfig, device: torch.device) -> Ensemble:
    """Return the ensemble of the models in `folders`; the last few are kept in memory.

    Test images are predicted in blocks and batches, each of which would load all models again.

    Raises:
        WrongModel: a folder has no usable model.
    """
    files = [folder / name for folder in folders for name in (MODEL, CONFIG)]
    return _kept(tuple(map(Path.absolute, folders)), tuple(map(_state_of, files)), config, device)


def _state_of(path: Path) -> tuple[int, ...] | None:
    """Return what differs after a file was written again; None if it is missing."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


@lru_cache(maxsize=KEPT)
def _kept(
    folders: tuple[Path, ...], files: tuple[object, ...], config: SegmenterConfig,
    device: torch.device,
) -> Ensemble:  # fmt: skip
    return Ensemble(folders, config, device)


def top_mean(maps: Tensor) -> Tensor:
    """Return the mean of the highest 0.5 % of each map ``(n, h, w)``, float ``(n,)``."""
    flat = maps.flatten(1)
    return flat.topk(max(1, round(TOP_SHARE * flat.shape[1])), dim=1).values.mean(dim=1)


def spread(views: Tensor) -> Tensor:
    """Return the spread of the views ``(v, n, h, w)`` of each image, float ``(n,)`` in 0..1.

    It is the mean absolute deviation from the mean over the views, averaged over the pixels whose
    mean is at least `PROBABLE`; 0 without such pixels.
    """
    mean = views.mean(dim=0)
    high = mean >= PROBABLE
    apart = (views - mean).abs().mean(dim=0)
    return (apart * high).sum(dim=(1, 2)) / high.sum(dim=(1, 2)).clamp(min=1)


def presence(seen: EnsembleOutput, how: str) -> np.ndarray:
    """Return p(non-empty) from the head, the map, or the mean of both, float64 ``(n,)``."""
    both = (seen.heads + seen.tops) / 2
    return np.clip({"head": seen.heads, "map": seen.tops, "both": both}[how], 0.0, 1.0)


def stored(maps: np.ndarray, size: int, windows: Sequence[Window] | None = None) -> np.ndarray:
    """Return maps in 0..1 as uint8 ``(n, size, size)``, 255 for 1, pasted from their `windows`."""
    whole = placed(maps, windows, size) if windows else maps
    tensor = resized(torch.from_numpy(whole), size)
    return (tensor * 255).round().clamp(0, 255).to(torch.uint8).numpy()


def in_batches(
    ensemble: Ensemble, read: Callable[[slice], np.ndarray], count: int, batch: int
) -> Iterator[tuple[slice, EnsembleOutput]]:
    """Yield the slice of each batch of images with its predictions.

    Args:
        ensemble: the models.
        read: returns the images of a slice, in the form `Ensemble.predict` takes.
        count: number of images.
        batch: images per batch; halved when memory runs out.
    """
    start = 0
    while start < count:
        part = slice(start, min(start + batch, count))
        try:
            predicted = ensemble.predict(read(part))
        except RuntimeError as error:
            if batch == 1 or not any(words in str(error) for words in OUT_OF_MEMORY):
                raise
            batch //= 2
            continue
        yield part, predicted
        start = part.stop


def parts_of(count: int, side: int, device: torch.device) -> list[slice]:
    """Return slices of `count` images of `side` for parallel prediction; a single one on a GPU."""
    most = max(1, PIXELS // side**2) if device.type == "cpu" else max(1, count)
    share = -(-count // torch.get_num_threads()) if device.type == "cpu" else most
    step = max(1, min(most, share))
    return [slice(start, min(start + step, count)) for start in range(0, count, step)]


def side_by_side(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Return ``work(item)`` for all items, computed in parallel by torch's number of threads.

    The threads are divided among the workers: with as many items as threads, each item has one
    thread and layers need no synchronisation. Torch's number of threads is restored.
    """
    threads = torch.get_num_threads()
    workers = min(threads, len(items))
    if workers < 2:
        return [work(item) for item in items]
    try:
        # the setting applies to the calling thread and to threads started later
        share = (threads // workers,)
        with ThreadPoolExecutor(workers, "predict", torch.set_num_threads, share) as pool:
            return list(pool.map(work, items))
    finally:
        torch.set_num_threads(threads)
