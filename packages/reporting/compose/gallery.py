"""The gallery of a page: the table of its images, and their pictures from the files and runs."""

import numpy as np
import pandas as pd

import contest
import ensembling
import rlemask
from reporting.compose.subject import Subject


def image_table(dataset: contest.Dataset, part: str) -> pd.DataFrame:
    """Return facts, true area and group of every image of `part`, "train" or "test"."""
    images = dataset.train if part == "train" else dataset.test
    table = pd.DataFrame(index=images.index)
    if part == "train":
        table["positive"] = dataset.areas[images.index] > 0
        table["true_area"] = dataset.areas[images.index]
    table = table.join(dataset.facts.loc[images.index])
    if part == "train" and dataset.groups is not None:
        table["group"] = dataset.groups[images.index].astype(str)
    return table


def subject_table(subject: Subject) -> pd.DataFrame:
    """Return the same with predictions and scores, rows in the order of the subject's images.

    `drawn` and `score` are those of the predicted masks; where these were not computed, the
    honest ones.
    """
    ids, scores = list(subject.ids), subject.scores
    table = image_table(subject.dataset, subject.part).loc[ids]
    if scores is not None:
        table["fold"] = scores["fold"].loc[ids].astype(str)
        table["honest score"] = scores["score"].loc[ids]
        table["drawn"], table["score"] = scores["predicted"].loc[ids], scores["score"].loc[ids]
    if subject.masks is not None:
        masks = [subject.masks[image_id] for image_id in ids]
        table["area"] = [mask.area for mask in masks]
        table["drawn"] = table["area"] > 0
        if subject.part == "train":
            pairs = zip(ids, masks, strict=True)
            iou = np.array([subject.dataset.truth[image_id].iou(mask) for image_id, mask in pairs])
            table["score"] = contest.metric_of(subject.spec)(iou)
    if subject.p is not None:
        table["p"] = subject.p
    if len(subject.members) > 1:
        ranks = member_ranks(subject)
        table["disagreement"] = ranks.max(axis=1) - ranks.min(axis=1)
        for member in subject.members:
            table[f"p {member.name}"] = member.p.loc[ids]
    return table


def member_ranks(subject: Subject) -> pd.DataFrame:
    """Return the rank of every image, 0..1, by the probability of each member."""
    ids = list(subject.ids)
    return pd.DataFrame({one.name: one.p.loc[ids].rank(pct=True) for one in subject.members})


class ImageFiles:
    """Pictures of the training or of the test images, read when they are asked for.

    It follows `reporting.Pictures`.
    """

    def __init__(
        self,
        dataset: contest.Dataset,
        spec: contest.Spec,
        part: str,
        subject: Subject | None = None,
    ) -> None:
        """Read nothing yet.

        Args:
            dataset: the images and the truth.
            spec: of the competition.
            part: "train" or "test".
            subject: whose masks and maps are shown; None shows the images and the truth.
        """
        self._dataset, self._spec = dataset, spec
        self._truth = dataset.truth if part == "train" else None
        self._subject = subject

    def image(self, image_id: str, size: int) -> np.ndarray:
        """Return the image, uint8 `(size, size)`."""
        return self._dataset.image(image_id, size)

    def truth(self, image_id: str) -> np.ndarray | None:
        """Return the true mask, or None."""
        return None if self._truth is None else _pixels(self._truth[image_id])

    def prediction(self, image_id: str) -> np.ndarray | None:
        """Return the predicted mask, or None."""
        return _pixels(self._prediction(image_id))

    def probability_map(self, image_id: str) -> np.ndarray | None:
        """Return the weighted mean of the members' probability maps, or None."""
        read = [
            (member.maps.read(image_id), weight)
            for member, weight in (self._subject.mapped if self._subject else ())
            if member.maps is not None
        ]
        if not read:
            return None
        return ensembling.average([one for one, _ in read], [weight for _, weight in read])

    def curves(self, image_id: str) -> tuple[np.ndarray, np.ndarray | None] | None:
        """Return area and score at every threshold, or None without a map."""
        levels = self.probability_map(image_id)
        if levels is None:
            return None
        nothing = rlemask.empty(self._spec.shape)
        truth = nothing if self._truth is None else self._truth[image_id]
        area, score = ensembling.levels(levels, truth, contest.metric_of(self._spec))
        return area, None if self._truth is None else score

    def _prediction(self, image_id: str) -> rlemask.Runs | None:
        """Return the mask as it was computed, else by the blend's rule now."""
        subject = self._subject
        if subject is None:
            return None
        if subject.masks is not None:
            return subject.masks[image_id]
        if subject.blend is None:
            return None
        masks = ensembling.apply(
            subject.blend, subject.members, [image_id], shape=self._spec.shape, workers=1
        )
        return masks[image_id]


class BothParts:
    """Pictures of training and test images together; it follows `reporting.Pictures`."""

    def __init__(self, dataset: contest.Dataset, spec: contest.Spec, parts: dict[str, str]) -> None:
        """Read nothing yet; `parts` is "train" or "test" by image id."""
        self._of = {part: ImageFiles(dataset, spec, part) for part in ("train", "test")}
        self._parts = parts

    def image(self, image_id: str, size: int) -> np.ndarray:
        """Return the image, uint8 `(size, size)`."""
        return self._of[self._parts[image_id]].image(image_id, size)

    def truth(self, image_id: str) -> np.ndarray | None:
        """Return the true mask, or None."""
        return self._of[self._parts[image_id]].truth(image_id)

    def prediction(self, image_id: str) -> None:
        """Return None: nothing is predicted."""

    def probability_map(self, image_id: str) -> None:
        """Return None: nothing is predicted."""

    def curves(self, image_id: str) -> None:
        """Return None: nothing is predicted."""


def _pixels(mask: rlemask.Runs | None) -> np.ndarray | None:
    """Return the mask's pixels; None without any."""
    return mask.mask() if mask else None
