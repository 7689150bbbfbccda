"""The gallery of a page: the table of images, and their pictures from files and runs."""

from pathlib import Path

import numpy as np
import pandas as pd

import contest
import ensembling
import imagestack
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
    """Return the table of `image_table` with predictions and scores, in the order of `subject.ids`.

    `drawn` and `score` describe the predicted masks if these were computed, else the honest
    predictions.
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


def compared(table: pd.DataFrame, subject: Subject, other: Subject) -> pd.DataFrame:
    """Return the table of `subject` with the change of score from `other`, the largest first.

    Args:
        table: of `subject_table`.
        subject: with masks.
        other: with masks of the same images.
    """
    table = table.copy()
    theirs = subject_table(other).loc[table.index]
    ours, others = subject.masks or {}, other.masks or {}
    table["different pixels"] = [(ours[one] ^ others[one]).area for one in table.index]
    order = table["different pixels"]
    if "score" in table and "score" in theirs:
        table[f"score of {other.name}"] = theirs["score"]
        table["change"] = table["score"] - theirs["score"]
        order = table["change"].abs()
    return table.loc[order.sort_values(ascending=False, kind="stable").index]


def member_ranks(subject: Subject) -> pd.DataFrame:
    """Return the percentile rank of every image by each member's probability, 0..1."""
    ids = list(subject.ids)
    return pd.DataFrame({one.name: one.p.loc[ids].rank(pct=True) for one in subject.members})


class ImageFiles:
    """Pictures of training and test images, read on request; implements `Pictures`."""

    def __init__(
        self,
        dataset: contest.Dataset,
        spec: contest.Spec,
        subject: Subject | None = None,
        other: Subject | None = None,
    ) -> None:
        """Without a subject there are no predictions and probability maps."""
        self._dataset, self._spec = dataset, spec
        self._subject, self._other = subject, other

    def image(self, image_id: str, size: int) -> np.ndarray:
        return self._dataset.image(image_id, size)

    def truth(self, image_id: str) -> np.ndarray | None:
        return _pixels(self._dataset.truth.get(image_id))

    def prediction(self, image_id: str) -> np.ndarray | None:
        return _pixels(self._mask(self._subject, image_id))

    def other(self, image_id: str) -> np.ndarray | None:
        return _pixels(self._mask(self._other, image_id))

    def probability_map(self, image_id: str) -> np.ndarray | None:
        """Return the weighted mean of the members' probability maps, or None."""
        mapped = self._subject.mapped if self._subject else []
        if not mapped:
            return None
        maps = [read(image_id) for read, _ in mapped]
        return ensembling.average(maps, [weight for _, weight in mapped])

    def curves(self, image_id: str) -> tuple[np.ndarray, np.ndarray | None] | None:
        levels, truth = self.probability_map(image_id), self._dataset.truth.get(image_id)
        if levels is None:
            return None
        true = rlemask.empty(self._spec.shape) if truth is None else truth
        area, score = ensembling.levels(levels, true, contest.metric_of(self._spec))
        return area, None if truth is None else score

    def _mask(self, subject: Subject | None, image_id: str) -> rlemask.Runs | None:
        """Return the computed mask, else the mask of the blend's rule; None without a blend."""
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


class FolderFiles:
    """Pictures of the files of any folder, without masks; implements `Pictures`."""

    def __init__(self, root: Path, files: pd.Series) -> None:
        """Give the relative path of each image, by image id."""
        self._root, self._files = root, files

    def image(self, image_id: str, size: int) -> np.ndarray:
        return imagestack.read_image(self._root / self._files[image_id], size)

    def truth(self, image_id: str) -> None:
        return None

    prediction = other = probability_map = curves = truth


def _pixels(mask: rlemask.Runs | None) -> np.ndarray | None:
    """Return the mask as uint8 `(h, w)`; None if it is empty or None."""
    return mask.mask() if mask else None
