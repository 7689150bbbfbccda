"""The gallery's pictures: images from the raw files, masks, maps from the runs."""

from typing import TYPE_CHECKING

from tools.usecases.reports.subject import Subject
from tools.usecases.workplace import Workplace

if TYPE_CHECKING:
    import numpy as np

    import rlemask


class ImageFiles:
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
        self._dataset, self._spec = place.dataset, place.spec
        self._truth = self._dataset.truth if part == "train" else None
        self._subject = subject

    def image(self, image_id: str, size: int) -> "np.ndarray":
        """Return the image, uint8 `(size, size)`."""
        return self._dataset.image(image_id, size)

    def truth(self, image_id: str) -> "np.ndarray | None":
        """Return the true mask, or None."""
        return None if self._truth is None else _drawn(self._truth[image_id])

    def decided(self, image_id: str) -> "np.ndarray | None":
        """Return the mask that was decided, or None."""
        return _drawn(self._decided(image_id))

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
        """Return area and score at every level, or None without a map."""
        import contest
        import ensembling
        import rlemask

        soft = self.soft(image_id)
        if soft is None:
            return None
        nothing = rlemask.empty(self._spec.shape)
        truth = nothing if self._truth is None else self._truth[image_id]
        area, score = ensembling.levels(soft, truth, contest.metric_of(self._spec))
        return area, None if self._truth is None else score

    def _decided(self, image_id: str) -> "rlemask.Runs | None":
        """Return the decided mask: as it was computed, else by the blend's rule now."""
        import ensembling

        subject = self._subject
        if subject is None:
            return None
        if subject.decided is not None:
            return subject.decided[image_id]
        if subject.blend is None:
            return None
        masks = ensembling.apply(
            subject.blend, subject.members, [image_id], shape=self._spec.shape, workers=1
        )
        return masks[image_id]


def _drawn(mask: "rlemask.Runs | None") -> "np.ndarray | None":
    """Return the mask's pixels; None without any."""
    return mask.mask() if mask else None
