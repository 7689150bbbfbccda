"""A learner that returns masks predicted elsewhere."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

import jobs
import rlemask
from contest._errors import ContestError
from contest.spec.spec import Spec
from contest.tables.masks import read_masks

SHOWN = 3
"""Maximum number of missing images in a message."""


class Votes:
    """A learner without training: it returns the given mask of every image.

    Args:
        masks: by image id, square, all of one size.
        side: of the masks in pixels.
    """

    def __init__(self, masks: Mapping[str, rlemask.Runs], side: int) -> None:
        self.masks = masks
        self.mask_size: int | None = side

    def fit(
        self, train: Sequence[str], folder: Path, *, seed: int, report: jobs.Report
    ) -> dict[str, float]:
        """Do nothing."""
        return {}

    def predict(
        self,
        ids: Sequence[str],
        folders: Sequence[Path],
        *,
        write_map: Callable[[str, np.ndarray, float], None] | None,
        report: jobs.Report,
    ) -> np.ndarray:
        """Return 1 for images with a mask, else 0, float64 `(n,)`; the maps are the masks."""
        p = np.zeros(len(ids))
        for number, image_id in enumerate(ids):
            mask = self.masks[image_id]
            p[number] = float(len(mask) > 0)
            if write_map is not None:
                write_map(image_id, 255 * np.ascontiguousarray(mask.mask()), 0.0)
            report("votes", number + 1, len(ids), {})
        return p


def read_votes(spec: Spec, wanted: Mapping[Path, Sequence[str]]) -> tuple[Votes, str]:
    """Read masks from files in the competition's format.

    Args:
        wanted: file -> the images whose masks it must contain; others are ignored.

    Returns:
        The learner, and the digest of its masks.

    Raises:
        ContestError: the masks are not square, or images are missing, in any file.
        AnnotationError: a file is faulty.
    """
    if spec.shape[0] != spec.shape[1]:
        raise ContestError(f"masks of {spec.shape} cannot be used as votes: they must be square")
    found: dict[str, rlemask.Runs] = {}
    digests, faults = [], []
    for path, ids in wanted.items():
        masks = read_masks(path, spec)
        missing = [image_id for image_id in ids if image_id not in masks]
        if missing:
            faults.append(
                f"{path} lacks {len(missing)} of {len(ids)} images, "
                f"{', '.join(missing[:SHOWN])}{', …' if len(missing) > SHOWN else ''}"
            )
        kept = masks.only([image_id for image_id in ids if image_id in masks])
        found |= kept
        digests.append(kept.digest())
    if faults:
        raise ContestError(f"{'; '.join(faults)}: give a row for each image, also for empty masks")
    return Votes(found, spec.shape[0]), jobs.digest(digests)
