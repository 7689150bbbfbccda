"""Masks of a competition's tables: run-length texts outside, `rlemask.Runs` inside."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

import jobs
import rlemask
from contest.spec.spec import Spec
from contest.tables.annotations import other_form, read_annotations


class Masks(Mapping[str, rlemask.Runs]):
    """The masks of the images of a table, decoded from its texts when they are accessed.

    Several rows of an image are united. Ids are in the order of `texts`.
    """

    def __init__(self, texts: Mapping[str, Sequence[str]], spec: Spec) -> None:
        """Store the valid texts of each image."""
        self._texts = {image_id: tuple(rows) for image_id, rows in texts.items()}
        self._spec = spec

    def __getitem__(self, image_id: str) -> rlemask.Runs:
        """Return the mask of one image."""
        return rlemask.parse(self._texts[image_id], self._spec.shape, self._spec.dialect)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the image ids."""
        return iter(self._texts)

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self._texts)

    def only(self, ids: Sequence[str]) -> "Masks":
        """Return the masks of `ids`, in that order."""
        return Masks({image_id: self._texts[image_id] for image_id in ids}, self._spec)

    def other_form(self) -> str:
        """Return in words in which form the masks are plausible, "" if in the competition's."""
        rows = [(image_id, text) for image_id, texts in self._texts.items() for text in texts]
        return other_form(pd.DataFrame(rows, columns=["image_id", "rle"]), self._spec)

    def digest(self, *more: object) -> str:
        """Return a digest of the texts of the file and of further values."""
        return jobs.digest(*more, {i: list(rows) for i, rows in self._texts.items()})


def read_masks(path: str | Path, spec: Spec, *, parse: bool = True) -> Masks:
    """Return the masks of an annotation or submission file, sorted by image id.

    Args:
        parse: check the texts; False if this file was found valid before.

    Raises:
        AnnotationError: with all faults of the file.
    """
    return masks_of(read_annotations(path, spec, parse=parse), spec)


def masks_of(table: pd.DataFrame, spec: Spec) -> Masks:
    """Return the masks of valid rows, columns image_id and rle, sorted by image id."""
    texts: dict[str, list[str]] = {}
    for image_id, rle in zip(table["image_id"], table["rle"], strict=True):
        texts.setdefault(image_id, []).append(rle)
    return Masks({image_id: texts[image_id] for image_id in sorted(texts)}, spec)


def encoded(masks: Mapping[str, rlemask.Runs], spec: Spec) -> pd.Series:
    """Return the masks as the competition's texts, indexed by image id."""
    texts = [rlemask.encode(mask, spec.dialect) for mask in masks.values()]
    return pd.Series(texts, pd.Index(masks, name="image_id"), name="rle", dtype=object)
