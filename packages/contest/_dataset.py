"""What a competition's `prepare` plug-in hands over: images, annotations and patients, matched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

import rlemask


@dataclass(frozen=True)
class Dataset:
    """The raw files of a competition after they were found, read and matched.

    Attributes:
        root: the raw data folder.
        train_folder: folder of the training images.
        test_folder: folder of the test images.
        train: header frame of the annotated, readable training images, indexed by image id.
        test: header frame of the readable test images, indexed by image id.
        truth: mask of every training image.
        digest: names the training images and their annotations.
        areas: int64 Series, lesion area in pixels of every training image, 0 = negative.
        patients: patient of every training image, or None when no patient table is there.
        sample_ids: the test ids a submission must list, in order.
        notes: one line for each thing that was left out.
    """

    root: Path
    train_folder: Path
    test_folder: Path
    train: pd.DataFrame
    test: pd.DataFrame
    truth: Mapping[str, rlemask.Runs]
    digest: str
    areas: pd.Series
    patients: pd.Series | None
    sample_ids: Sequence[str]
    notes: Sequence[str] = field(default=())

    @property
    def labels(self) -> pd.Series:
        """int64 Series, 1 where the image holds a lesion."""
        return (self.areas > 0).astype("int64")
