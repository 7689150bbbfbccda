"""Small invented runs: masks, probability maps that find them more or less well, and p."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

import ensembling
import rlemask
from tests.metrics import Metric, dice

SHAPE = (48, 48)


class Maps(dict[str, np.ndarray]):
    """Probability maps in memory."""

    def read(self, image_id: str) -> np.ndarray:
        """Return one map."""
        return self[image_id]


@dataclass
class Scene:
    """Arguments of `ensembling.fit`."""

    members: list[ensembling.Member]
    truth: dict[str, rlemask.Runs]
    folds: pd.Series
    groups: pd.Series
    metric: Metric = dice

    def fit(self, **options: object) -> ensembling.Blend:
        """Fit on the whole scene."""
        return self.judged(**options)[0]

    def judged(self, **options: object) -> tuple[ensembling.Blend, pd.DataFrame]:
        """Fit on the whole scene; the table of the images too."""
        options = {"resamples": 200, "workers": 1, **options}
        return ensembling.fit(
            self.members, self.truth, self.folds, self.groups, metric=self.metric, **options
        )

    def apply(self, blend: ensembling.Blend) -> dict[str, rlemask.Runs]:
        """Apply a blend to the images it was fitted on."""
        ids = list(self.folds.index)
        return ensembling.apply(blend, self.members, ids, shape=SHAPE, workers=1)

    def scores(self, masks: dict[str, rlemask.Runs]) -> pd.Series:
        """Metric of each image by rlemask, which knows nothing of levels."""
        overlap = [self.truth[image_id].iou(mask) for image_id, mask in masks.items()]
        return pd.Series(self.metric(np.array(overlap)), index=list(masks))


def soft_map(rng: np.random.Generator, mask: np.ndarray, noise: float) -> np.ndarray:
    """Return a 24-px map of `mask` with blotches."""
    small = mask.reshape(24, 2, 24, 2).mean(axis=(1, 3))
    blotch = np.kron(rng.normal(size=(6, 6)), np.ones((4, 4)))
    return (255 / (1 + np.exp(-(5 * small - 2.5 + noise * blotch)))).astype(np.uint8)


def make_scene(
    n: int = 60,
    *,
    seed: int = 0,
    noise: float = 1.5,
    p_noise: float = 1.0,
    metric: Metric = dice,
) -> Scene:
    """Return two runs over `n` images, a third of them positive, two images to a patient."""
    rng = np.random.default_rng(seed)
    ids = [f"i{k:03d}" for k in range(n)]
    truth, maps, p = {}, (Maps(), Maps()), ({}, {})
    for k, image_id in enumerate(ids):
        mask = np.zeros(SHAPE, np.uint8)
        if k % 3 == 0:
            top, left = rng.integers(0, 30, 2)
            mask[top : top + rng.integers(6, 18), left : left + rng.integers(6, 18)] = 1
        truth[image_id] = rlemask.runs_of(mask)
        for number in range(2):
            maps[number][image_id] = soft_map(rng, mask, noise)
            z = (1 if mask.any() else -1) + p_noise * rng.normal()
            p[number][image_id] = 1 / (1 + np.exp(-z))
    members = [
        ensembling.Member(f"run{number}", pd.Series(p[number]), maps[number], "abc")
        for number in range(2)
    ]
    patient = np.arange(n) // 2
    fold = np.random.default_rng(seed + 1).integers(0, 4, n // 2 + 1)[patient]
    folds, groups = pd.Series(fold, index=ids), pd.Series(patient, index=ids)
    return Scene(members, truth, folds, groups, metric)


@pytest.fixture
def scene() -> Scene:
    return make_scene()


@pytest.fixture
def new_scene() -> object:
    return make_scene
