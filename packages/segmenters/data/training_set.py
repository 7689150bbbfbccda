"""Training images and masks, read from disk batch by batch."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

import jobs
import rlemask
from segmenters._errors import BadTargets, NothingToLearn
from segmenters.config.groups import Training
from segmenters.data.crop import WHOLE, ImageStack, Window

RESIZED_BYTES = 2 * 2**30
"""Largest size of resized training images in memory; above it each batch is resized when read."""


@dataclass(frozen=True)
class TrainingSet:
    """Training images and masks by index, with images read on demand and sparse masks in memory.

    Attributes:
        stack: pixels of all images.
        ids: ids of the training images, all in `stack`.
        objects: positions and values of the non-zero pixels of each flattened mask, by image
            index.
        size: side of images and masks, in pixels.
        resized: all images, uint8 ``(n, size, size)``; None if the stack is read for each batch.
        windows: window of each image by id; None uses whole images.
    """

    stack: ImageStack
    ids: Sequence[str]
    objects: Mapping[int, tuple[np.ndarray, np.ndarray]]
    size: int
    resized: np.ndarray | None
    windows: Mapping[str, Window] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def positive(self) -> np.ndarray:
        """Whether each mask has object pixels, bool ``(n,)``."""
        return np.isin(np.arange(len(self)), list(self.objects))

    def take(self, members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the images with the indices `members`, and their masks; thread-safe.

        Returns:
            images: uint8 ``(k, size, size)``.
            masks: uint8 ``(k, size, size)``, 255 where the whole pixel is object.
        """
        masks = np.zeros((len(members), self.size, self.size), np.uint8)
        for mask, member in zip(masks, members.tolist(), strict=True):
            if member in self.objects:
                where, share = self.objects[member]
                mask.reshape(-1)[where] = share
        if self.resized is not None:
            return self.resized[members], masks
        shown = [self.ids[k] for k in members]
        return load_images(self.stack, shown, self.size, self.windows), masks


class ImageSet(TrainingSet):
    """Images without masks; none differs from the others as a positive one."""

    @cached_property
    def positive(self) -> np.ndarray:
        """True for each image, bool ``(n,)``."""
        return np.ones(len(self), bool)


def image_set(
    stack: ImageStack,
    ids: Sequence[str],
    *,
    size: int,
    windows: Mapping[str, Window] | None = None,
) -> ImageSet:
    """Return the images `ids`, cut by their `windows`, without masks.

    Raises:
        BadTargets: images are not in `stack`.
    """
    check_held(stack, ids)
    return ImageSet(stack, ids, {}, size, _resized_all(stack, ids, size, windows), windows)


def training_set(
    stack: ImageStack,
    targets: Mapping[str, rlemask.Runs],
    ids: Sequence[str],
    *,
    size: int,
    windows: Mapping[str, Window] | None = None,
) -> TrainingSet:
    """Return the training set of the images `ids`, with masks averaged over the area of each pixel.

    Images and masks are cut by their `windows`.

    Raises:
        NothingToLearn: there are no images, or none is positive.
        BadTargets: images have no annotation or are not in `stack`.
    """
    _check_annotated(stack, targets, ids)
    objects = {}
    for number, image_id in enumerate(ids):
        mask = mask_coverage(targets[image_id], size, windows[image_id] if windows else WHOLE)
        where = np.flatnonzero(mask).astype(np.uint32)
        if len(where):
            objects[number] = where, mask.reshape(-1)[where]
    if not objects:
        raise NothingToLearn(
            f"none of the {len(ids)} training images is positive: add annotated positives"
        )
    resized = _resized_all(stack, ids, size, windows)
    return TrainingSet(stack, ids, objects, size, resized, windows)


def _resized_all(
    stack: ImageStack, ids: Sequence[str], size: int, windows: Mapping[str, Window] | None
) -> np.ndarray | None:
    """Return all images at their size; None if they are read for each batch."""
    changed = windows is not None or stack.pixels.shape[-1] != size
    fits = changed and len(ids) * size**2 <= RESIZED_BYTES
    return load_images(stack, ids, size, windows) if fits else None


def wanted(ids: Sequence[str], targets: Mapping[str, rlemask.Runs], config: Training) -> list[str]:
    """Return the images to train on: all but those that `skip_stripes` and `skip_below` name."""
    return [image_id for image_id in ids if not _skipped(targets[image_id], config)]


def _skipped(target: rlemask.Runs, config: Training) -> bool:
    small = 0 < target.area < config.skip_below * target.size
    return small or (config.skip_stripes and bool(target.stripes()))


def source_digest(
    stack: ImageStack, targets: Mapping[str, rlemask.Runs], ids: Sequence[str]
) -> str:
    """Return a digest of the images and masks of a training set; reads one image at a time.

    Raises:
        NothingToLearn: there are no images.
        BadTargets: images have no annotation or are not in `stack`.
    """
    _check_annotated(stack, targets, ids)
    content = hashlib.sha256()
    for image_id in ids:
        mask = targets[image_id].in_order(columns=True)
        content.update(np.ascontiguousarray(stack.take([image_id])).data)
        content.update(np.array([*mask.shape, len(mask)], np.int64).data)
        content.update(np.ascontiguousarray(mask.toggles).data)
    return jobs.digest(list(ids), content.hexdigest())


def images_digest(stack: ImageStack, ids: Sequence[str]) -> str:
    """Return a digest of images without masks; reads one image at a time."""
    content = hashlib.sha256()
    for image_id in ids:
        content.update(np.ascontiguousarray(stack.take([image_id])).data)
    return jobs.digest(list(ids), content.hexdigest())


def _check_annotated(
    stack: ImageStack, targets: Mapping[str, rlemask.Runs], ids: Sequence[str]
) -> None:
    if not len(ids):
        raise NothingToLearn("the training set is empty: give it images")
    absent = [i for i in ids if i not in targets]
    if absent:
        raise BadTargets(
            f"{len(absent)} of {len(ids)} training images have no annotation, first {absent[0]}: "
            "train on annotated images only"
        )
    check_held(stack, ids)


def load_images(
    stack: ImageStack,
    ids: Sequence[str],
    size: int,
    windows: Mapping[str, Window] | None = None,
) -> np.ndarray:
    """Return the images `ids`, cut by their `windows` and resized, uint8 ``(n, size, size)``.

    Raises:
        BadTargets: images are not in the stack.
    """
    check_held(stack, ids)
    if windows is None and stack.pixels.shape[-1] == size:
        return stack.take(ids)
    images = np.empty((len(ids), size, size), np.uint8)
    for image, image_id in zip(images, ids, strict=True):
        window = windows[image_id] if windows else WHOLE
        image[:] = _resized(window.cut(stack.take([image_id])[0]), size)
    return images


def check_held(stack: ImageStack, ids: Sequence[str]) -> None:
    """Raise an error if images are not in the stack.

    Raises:
        BadTargets: images are not in the stack; names the first.
    """
    absent = set(ids).difference(stack.ids)
    if absent:
        raise BadTargets(
            f"{len(absent)} of {len(ids)} images are not in the pixel cache, first "
            f"{min(absent)}: build the cache from all files"
        )


def mask_coverage(target: rlemask.Runs, size: int, window: Window = WHOLE) -> np.ndarray:
    """Return the share of each pixel covered by the mask times 255, uint8 ``(size, size)``.

    Covered pixels are at least 1, so that small objects inside the window do not vanish.

    Args:
        target: mask of any size.
        size: side of the returned array, in pixels.
        window: part of the mask to return.
    """
    mask = window.cut(target.mask())
    if not mask.any():
        return np.zeros((size, size), np.uint8)
    share = _resized(np.ascontiguousarray(mask).astype(np.float32), size)
    return np.where(share > 0, np.clip(np.rint(share * 255), 1, 255), 0).astype(np.uint8)


def _resized(image: np.ndarray, size: int) -> np.ndarray:
    if image.shape == (size, size):
        return image
    how = cv2.INTER_AREA if size <= min(image.shape) else cv2.INTER_LINEAR
    return cv2.resize(np.ascontiguousarray(image), (size, size), interpolation=how)
