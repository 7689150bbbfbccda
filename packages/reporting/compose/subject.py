"""The subject of a report: a run, a blend or a submission, with its predictions."""

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
    """A run, a blend or a submission, with its predictions of every image.

    Attributes:
        kind: "run", "blend" or "submission".
        name: name of the run, blend or submission.
        part: "train" or "test" images.
        ids: image ids in order.
        spec: specification of the competition.
        dataset: images, true masks, facts and groups.
        kinds: subgroup of each image by each fact, indexed by image id; see
            `crossval.subgroup_table`.
        runs: the runs.
        members: the predictions of the runs for these images.
        blend: the rule and its scores; None if unknown.
        masks: predicted mask by image id; None if not computed.
        scores: honest score of every image (columns fold, score, predicted); None for test images
            and without a blend.
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
        """Function from image id to probability map, and weight, of each averaged member."""
        weights = self.blend.weights if self.blend else {one.name: 1.0 for one in self.members}
        return [
            (one.maps.read, weights[one.name])
            for one in self.members
            if one.maps is not None and weights.get(one.name, 0) > 0
        ]

    @cached_property
    def p(self) -> pd.Series | None:
        """Probability of a positive image, the input of the gate; None without members."""
        if not self.members:
            return None
        if self.blend is None:
            return self.members[0].p.loc[list(self.ids)]
        return ensembling.probabilities(self.blend, self.members, list(self.ids))

    @property
    def labels(self) -> pd.Series:
        """Label of each image in order, 1 for positive, 0 for negative."""
        return self.dataset.labels[list(self.ids)]

    @property
    def units(self) -> str:
        """Unit of bootstrap resampling: "groups" if they are known, else "images"."""
        return "images" if self.dataset.groups is None else "groups"
