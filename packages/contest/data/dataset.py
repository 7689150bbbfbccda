"""The result of a competition's `prepare`: images, masks, facts and groups, matched."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

import rlemask

Reader = Callable[[Path, int | None], np.ndarray]
"""Function of a file and a side in pixels (None: original size) that returns uint8 `(h, w)`."""


@dataclass(frozen=True)
class Dataset:
    """The raw files of a competition, found, read and matched.

    Attributes:
        root: the raw data folder.
        train: table of the annotated, readable training images, indexed by image id: file
            (relative to `root`), digest, height, width, and further metadata.
        test: the same for the readable test images.
        truth: mask of every training image.
        digest: of the training images and their annotations.
        areas: int64 Series, pixels of the mask of every training image, 0 = negative.
        facts: known values of every image of both parts, such as the age; a column for each fact,
            numbers or texts, missing where unknown.
        groups: group of every training image, such as the patient, which folds must not split; or
            None.
        sample_ids: the test ids that a submission must list, in order.
        read: function that reads one file.
        notes: one line for each kind of omission.
    """

    root: Path
    train: pd.DataFrame
    test: pd.DataFrame
    truth: Mapping[str, rlemask.Runs]
    digest: str
    areas: pd.Series
    facts: pd.DataFrame
    groups: pd.Series | None
    sample_ids: Sequence[str]
    read: Reader
    notes: Sequence[str] = field(default=())

    @property
    def labels(self) -> pd.Series:
        """int64 Series, 1 where the mask is not empty."""
        return (self.areas > 0).astype("int64")

    def image(self, image_id: str, size: int | None = None) -> np.ndarray:
        """Return one image, uint8 `(size, size)`, or in its original size."""
        return self.read(self.path(image_id), size)

    def path(self, image_id: str) -> Path:
        """Return the file of an image.

        Raises:
            KeyError: it is neither a training nor a test image.
        """
        table = self.train if image_id in self.train.index else self.test
        return self.root / str(table.at[image_id, "file"])
