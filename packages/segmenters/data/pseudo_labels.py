"""Pseudo-labels: predicted masks of images without annotation, used as further training images."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

import rlemask
from segmenters.data.crop import ImageStack


@dataclass(frozen=True)
class PseudoLabels:
    """Images without annotation, and their predicted masks (Lee 2013).

    Attributes:
        images: pixels of these images, of the same size as the annotated ones.
        masks: function of the ids of the annotated training images that returns masks by image id,
            which may depend on the annotations of no other images. Called several times.
    """

    images: ImageStack
    masks: Callable[[tuple[str, ...]], Mapping[str, rlemask.Runs]]


class JoinedStack:
    """The images of two stacks as one; ids of both must differ."""

    def __init__(self, first: ImageStack, second: ImageStack) -> None:
        self.first, self.second = first, second
        self.ids = [*first.ids, *second.ids]
        self._of_first = set(first.ids)

    @property
    def pixels(self) -> np.ndarray:
        """The images of the first stack, uint8 ``(n, size, size)``; both have the same size."""
        return self.first.pixels

    def take(self, ids: Sequence[str]) -> np.ndarray:
        """Return the images with these ids, uint8 ``(k, size, size)``."""
        here = np.array([image_id in self._of_first for image_id in ids], bool)
        images = np.empty((len(here), *self.pixels.shape[1:]), np.uint8)
        for stack, part in ((self.first, here), (self.second, ~here)):
            if part.any():
                images[part] = stack.take([one for one, k in zip(ids, part, strict=True) if k])
        return images
