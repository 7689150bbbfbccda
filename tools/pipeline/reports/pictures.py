"""The gallery's pictures: radiographs from the raw files, masks from texts, maps from the runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tools.pipeline.reports.subject import Subject
from tools.pipeline.workplace import Workplace

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class Radiographs:
    """Pictures of the training or of the test images, read when they are asked for.

    It follows `reporting.Pictures`.
    """

    def __init__(self, place: Workplace, part: str, subject: Subject | None = None) -> None:
        """Read nothing yet.

        Args:
            place: with the data.
            part: "train" or "test".
            subject: whose masks and maps are shown; None shows the images and the truth.
        """
        dataset, self._spec = place.dataset, place.spec
        train = part == "train"
        self._frame: pd.DataFrame = dataset.train if train else dataset.test
        self._folder: Path = dataset.train_folder if train else dataset.test_folder
        self._truth = dataset.rles if train else None
        self._subject = subject

    def image(self, image_id: str, size: int) -> "np.ndarray":
        """Return the radiograph, uint8 `(size, size)`."""
        import dicomio

        return dicomio.read_image(self._folder / str(self._frame.at[image_id, "file"]), size)

    def truth(self, image_id: str) -> "np.ndarray | None":
        """Return the true mask, or None."""
        return None if self._truth is None else self._mask(list(self._truth[image_id]))

    def decided(self, image_id: str) -> "np.ndarray | None":
        """Return the mask that was decided, or None."""
        text = self._text(image_id)
        return None if text is None else self._mask([text])

    def soft(self, image_id: str) -> "np.ndarray | None":
        """Return the blended soft map, or None."""
        import ensembling

        read = [
            (member.maps.read(image_id), weight)
            for member, weight in (self._subject.mapped if self._subject else ())
            if member.maps is not None
        ]
        if not read:
            return None
        return ensembling.average([soft for soft, _ in read], [weight for _, weight in read])

    def curves(self, image_id: str) -> "tuple[np.ndarray, np.ndarray | None] | None":
        """Return area and Dice at every level, or None without a map."""
        import ensembling

        soft = self.soft(image_id)
        if soft is None:
            return None
        truth = [self._spec.empty] if self._truth is None else list(self._truth[image_id])
        area, dice = ensembling.levels(
            soft, truth, shape=self._spec.shape, dialect=self._spec.dialect
        )
        return area, None if self._truth is None else dice

    def _text(self, image_id: str) -> str | None:
        """Return the decided RLE text: as it was computed, else by the blend's rule now."""
        import ensembling

        subject = self._subject
        if subject is None:
            return None
        if subject.decided is not None:
            return str(subject.decided[image_id])
        if subject.blend is None:
            return None
        texts = ensembling.apply(
            subject.blend,
            subject.members,
            [image_id],
            shape=self._spec.shape,
            dialect=self._spec.dialect,
            workers=1,
        )
        return str(texts[image_id])

    def _mask(self, texts: Sequence[str]) -> "np.ndarray | None":
        import rlemask

        if all(text == self._spec.empty for text in texts):
            return None
        return rlemask.decode(list(texts), self._spec.shape, self._spec.dialect)
