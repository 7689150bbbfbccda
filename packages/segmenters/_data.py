"""Training data in memory, and which images make a batch."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

import jobs
import rlemask
from segmenters._config import SegmenterConfig
from segmenters._errors import BadTargets, NothingToLearn


class ImageStack(Protocol):
    """Images by id, all of one size."""

    ids: list[str]

    @property
    def pixels(self) -> np.ndarray:
        """All images, uint8 ``(n, size, size)``."""
        ...

    def take(self, ids: Sequence[str]) -> np.ndarray:
        """Return the images with these ids, uint8 ``(k, size, size)``."""
        ...


@dataclass(frozen=True)
class TrainingSet:
    """Images and masks at the training size.

    Attributes:
        images: uint8 ``(n, size, size)``.
        masks: uint8 ``(n, size, size)``, 255 where the whole pixel is lesion.
        positive: bool ``(n,)``, whether the annotation has any pixel.
    """

    images: np.ndarray
    masks: np.ndarray
    positive: np.ndarray


def training_set(
    stack: ImageStack,
    targets: Mapping[str, Sequence[str]],
    ids: Sequence[str],
    *,
    size: int,
    mask_shape: tuple[int, int],
    dialect: str = "siim",
) -> TrainingSet:
    """Return the images `ids` with their masks averaged over the area of each pixel.

    Raises:
        NothingToLearn: no images, or none with a lesion.
        BadTargets: images without pixels or annotation, or faulty annotations.
    """
    _check_annotated(targets, ids)
    images = load_images(stack, ids, size)
    masks = np.empty_like(images)
    for mask, image_id in zip(masks, ids, strict=True):
        mask[:] = soft_mask(targets[image_id], mask_shape, size, name=image_id, dialect=dialect)
    positive = np.asarray(masks.any(axis=(1, 2)))
    if not positive.any():
        raise NothingToLearn(
            f"none of the {len(ids)} training images shows a lesion: add annotated positives"
        )
    return TrainingSet(images, masks, positive)


def source_digest(
    stack: ImageStack,
    targets: Mapping[str, Sequence[str]],
    ids: Sequence[str],
    *,
    mask_shape: tuple[int, int],
    dialect: str = "siim",
) -> str:
    """Return a digest of all that `training_set` reads; holds one image at a time.

    Raises:
        NothingToLearn: no images.
        BadTargets: images without pixels or annotation.
    """
    _check_annotated(targets, ids)
    _check_held(stack, ids)
    pixels = hashlib.sha256()
    for image_id in ids:
        pixels.update(np.ascontiguousarray(stack.take([image_id])).data)
    texts = [list(targets[image_id]) for image_id in ids]
    return jobs.digest(list(ids), texts, mask_shape, dialect, pixels.hexdigest())


def _check_annotated(targets: Mapping[str, Sequence[str]], ids: Sequence[str]) -> None:
    if not len(ids):
        raise NothingToLearn("the training set is empty: give it images")
    absent = [i for i in ids if i not in targets]
    if absent:
        raise BadTargets(
            f"{len(absent)} of {len(ids)} training images have no annotation, first {absent[0]}: "
            "train on annotated images only"
        )


def load_images(stack: ImageStack, ids: Sequence[str], size: int) -> np.ndarray:
    """Return the images `ids` at `size`, uint8 ``(n, size, size)``.

    Raises:
        BadTargets: images that the stack does not hold.
    """
    _check_held(stack, ids)
    images = np.empty((len(ids), size, size), np.uint8)
    for image, image_id in zip(images, ids, strict=True):
        image[:] = _resized(stack.take([image_id])[0], size)
    return images


def _check_held(stack: ImageStack, ids: Sequence[str]) -> None:
    absent = set(ids) - set(stack.ids)
    if absent:
        raise BadTargets(
            f"{len(absent)} of {len(ids)} images are not in the pixel cache, first "
            f"{min(absent)}: build the cache from all files"
        )


def soft_mask(
    texts: Sequence[str],
    shape: tuple[int, int],
    size: int,
    *,
    name: str = "",
    dialect: str = "siim",
) -> np.ndarray:
    """Return the share of each pixel that the united `texts` cover, uint8 ``(size, size)``.

    A lesion never vanishes: a pixel with any of it is at least 1.

    Args:
        texts: run-length texts.
        shape: height and width that they refer to.
        size: side of what is returned.
        name: of the image, for the error.
        dialect: of the texts, see `rlemask.DIALECTS`.

    Raises:
        BadTargets: a text is faulty.
    """
    try:
        mask = rlemask.decode(list(texts), shape, dialect)
    except rlemask.RLEError as error:
        raise BadTargets(f"annotation of image {name}: {error}") from error
    share = _resized(np.ascontiguousarray(mask).astype(np.float32), size)
    return np.where(share > 0, np.clip(np.rint(share * 255), 1, 255), 0).astype(np.uint8)


def _resized(image: np.ndarray, size: int) -> np.ndarray:
    if image.shape == (size, size):
        return image
    shrinks = size <= min(image.shape)
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(np.ascontiguousarray(image), (size, size), interpolation=how)


def epoch_order(
    positive: np.ndarray, config: SegmenterConfig, *, seed: int, epoch: int
) -> np.ndarray:
    """Return which images an epoch sees, int64 ``(samples,)``; depends on the arguments alone.

    The share of positives goes linearly from the first to the last epoch's. No image of a class
    comes a second time before all of its class have come once.
    """
    rng = np.random.default_rng([seed, epoch])
    total = config.samples or len(positive)
    first, last = config.positive_share
    share = first + (last - first) * (epoch / max(1, config.epochs - 1))
    wanted = round(total * share)
    classes = np.flatnonzero(positive), np.flatnonzero(~positive)
    if not len(classes[1]):
        wanted = total
    picked = np.concatenate(
        [_cycled(classes[0], wanted, rng), _cycled(classes[1], total - wanted, rng)]
    )
    return rng.permutation(picked)


def batches(order: np.ndarray, batch: int) -> Iterator[np.ndarray]:
    """Yield the parts of `order` of `batch` images; a last part under 2 images is left out."""
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        if len(part) >= min(2, batch):
            yield part


def _cycled(members: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    rounds = -(-count // max(1, len(members)))
    drawn = [rng.permutation(members) for _ in range(rounds)]
    return np.concatenate([*drawn, np.empty(0, np.int64)])[:count].astype(np.int64)
