"""Training data that stay on the disk until a batch needs them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

import jobs
import rlemask
from segmenters._errors import BadTargets, NothingToLearn
from segmenters.data.crop import WHOLE, Box, ImageStack

RESIZED_BYTES = 2 * 2**30
"""Most that resized copies of the training images may take; beyond it each batch is resized."""


@dataclass(frozen=True)
class TrainingSet:
    """Images by number, read when a batch needs them; of the masks it holds non-zero pixels.

    Attributes:
        stack: pixels of all images.
        ids: of the training images, all of them in `stack`.
        objects: by number of image, where its flattened mask is not zero, and what it is there.
        size: side of images and masks.
        resized: uint8 ``(n, size, size)``; None where the stack is read for each batch.
        boxes: by id, the part of each image that is shown; None shows all of it.
    """

    stack: ImageStack
    ids: Sequence[str]
    objects: Mapping[int, tuple[np.ndarray, np.ndarray]]
    size: int
    resized: np.ndarray | None
    boxes: Mapping[str, Box] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def positive(self) -> np.ndarray:
        """Whether the annotation has any pixel, bool ``(n,)``."""
        return np.isin(np.arange(len(self)), list(self.objects))

    def take(self, members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the images of these numbers and their masks; several threads may do so at once.

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
        return load_images(self.stack, shown, self.size, self.boxes), masks


def training_set(
    stack: ImageStack,
    targets: Mapping[str, rlemask.Runs],
    ids: Sequence[str],
    *,
    size: int,
    boxes: Mapping[str, Box] | None = None,
) -> TrainingSet:
    """Return the images `ids` with their masks averaged over the area of each pixel.

    Where `boxes` cut images, the masks are cut with them.

    Raises:
        NothingToLearn: no images, or none of them positive.
        BadTargets: images without pixels or annotation.
    """
    _check_annotated(stack, targets, ids)
    objects = {}
    for number, image_id in enumerate(ids):
        mask = mask_coverage(targets[image_id], size, boxes[image_id] if boxes else WHOLE)
        where = np.flatnonzero(mask).astype(np.uint32)
        if len(where):
            objects[number] = where, mask.reshape(-1)[where]
    if not objects:
        raise NothingToLearn(
            f"none of the {len(ids)} training images is positive: add annotated positives"
        )
    changed = boxes is not None or stack.pixels.shape[-1] != size
    fits = changed and len(ids) * size**2 <= RESIZED_BYTES
    resized = load_images(stack, ids, size, boxes) if fits else None
    return TrainingSet(stack, ids, objects, size, resized, boxes)


def source_digest(
    stack: ImageStack, targets: Mapping[str, rlemask.Runs], ids: Sequence[str]
) -> str:
    """Return a digest of all that `training_set` reads; holds one image at a time.

    Raises:
        NothingToLearn: no images.
        BadTargets: images without pixels or annotation.
    """
    _check_annotated(stack, targets, ids)
    content = hashlib.sha256()
    for image_id in ids:
        mask = targets[image_id].in_order(columns=True)
        content.update(np.ascontiguousarray(stack.take([image_id])).data)
        content.update(np.array([*mask.shape, len(mask)], np.int64).data)
        content.update(np.ascontiguousarray(mask.toggles).data)
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
    boxes: Mapping[str, Box] | None = None,
) -> np.ndarray:
    """Return the images `ids`, or their `boxes`, at `size`: uint8 ``(n, size, size)``.

    Raises:
        BadTargets: images that the stack does not hold.
    """
    check_held(stack, ids)
    if boxes is None and stack.pixels.shape[-1] == size:
        return stack.take(ids)
    images = np.empty((len(ids), size, size), np.uint8)
    for image, image_id in zip(images, ids, strict=True):
        box = boxes[image_id] if boxes else WHOLE
        image[:] = _resized(box.cut(stack.take([image_id])[0]), size)
    return images


def check_held(stack: ImageStack, ids: Sequence[str]) -> None:
    """Refuse images that the stack does not hold.

    Raises:
        BadTargets: names the first of them.
    """
    absent = set(ids).difference(stack.ids)
    if absent:
        raise BadTargets(
            f"{len(absent)} of {len(ids)} images are not in the pixel cache, first "
            f"{min(absent)}: build the cache from all files"
        )


def mask_coverage(target: rlemask.Runs, size: int, box: Box = WHOLE) -> np.ndarray:
    """Return the share of each pixel that the mask covers, uint8 ``(size, size)``.

    An object inside the box never vanishes: a pixel with any of it is at least 1.

    Args:
        target: mask of any size.
        size: side of what is returned.
        box: the part of the image that is returned.
    """
    mask = box.cut(target.mask())
    if not mask.any():
        return np.zeros((size, size), np.uint8)
    share = _resized(np.ascontiguousarray(mask).astype(np.float32), size)
    return np.where(share > 0, np.clip(np.rint(share * 255), 1, 255), 0).astype(np.uint8)


def _resized(image: np.ndarray, size: int) -> np.ndarray:
    if image.shape == (size, size):
        return image
    how = cv2.INTER_AREA if size <= min(image.shape) else cv2.INTER_LINEAR
    return cv2.resize(np.ascontiguousarray(image), (size, size), interpolation=how)
