"""New images from two: one side of each.

Where what is shown is symmetric and a lesion lies on one side as a rule, the side of one image
beside that of another makes a new image with a true mask. It is CutMix (Yun et al. 2019) with the
cut along the midline, where the labels do not mind it.
"""

from collections.abc import Callable

import numpy as np

MIDLINE = (0.46, 0.54)
"""Where the cut may lie, as shares of the width."""

Take = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def mixed_halves(
    take: Take, members: np.ndarray, part: slice, share: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the images and masks of `members[part]`, some with the right half of another.

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
