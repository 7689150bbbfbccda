"""What a report is about: a run, a blend or a submission, and its predictions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

import contest
import crossval
import ensembling
import rlemask


@dataclass(frozen=True)
class Subject:
    """A run, a blend or a submission, with what it predicts of every image.

    Attributes:
        kind: "run", "blend" or "submission".
        name: of it.
        part: "train" or "test", the images.
        ids: of the images, in order.
        spec: of the competition.
        dataset: the images, truth, facts and groups.
        kinds: the subgroup of each image by each fact, indexed by image id; see
            `crossval.subgroup_table`.
        runs: the members.
        members: their predictions of the images.
        blend: the rule and its scores; None where they are not known.
        masks: predicted mask of every image; None where that was not computed.
        scores: honest score of every image (columns fold, score, predicted); None where there is
            no blend, and for test images.
    """

    kind: str
    name: str
    part: str
    ids: Sequence[str]
    spec: contest.Spec
    dataset: contest.Dataset
    kinds: pd.DataFrame
    runs: Sequence[crossval.Run] = ()
    members: Sequence[ensembling.Member] = ()
    blend: ensembling.Blend | None = None
    masks: Mapping[str, rlemask.Runs] | None = None
    scores: pd.DataFrame | None = None

    @property
    def mapped(self) -> list[tuple[Callable[[str], np.ndarray], float]]:
        """What reads the probability maps that are averaged, by image id, and their weights."""
        weights = self.blend.weights if self.blend else {one.name: 1.0 for one in self.members}
        return [
            (one.maps.read, weights[one.name])
            for one in self.members
            if one.maps is not None and weights.get(one.name, 0) > 0
        ]

    @cached_property
    def p(self) -> pd.Series | None:
        """The probability that an image is positive, as the gate takes it; None if unknown."""
        if not self.members:
            return None
        if self.blend is None:
            return self.members[0].p.loc[list(self.ids)]
        return ensembling.probabilities(self.blend, self.members, list(self.ids))

    @property
    def labels(self) -> pd.Series:
        """1 for positive images, 0 for negative ones, of the images in order."""
        return self.dataset.labels[list(self.ids)]

    @property
    def units(self) -> str:
        """What resamples for intervals draw: groups, where they are known, else images."""
        return "images" if self.dataset.groups is None else "groups"
