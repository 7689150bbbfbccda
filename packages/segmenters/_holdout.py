"""Training images that are not learned from: they judge the epochs by the competition's Dice."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from torch import nn

import crossval
from segmenters._config import SegmenterConfig
from segmenters._data import TrainingSet
from segmenters._device import autocast
from segmenters._errors import NothingToLearn
from segmenters._weights import grey_input

CUTS = np.arange(0.05, 1.0, 0.05)
"""Probabilities at which the maps are cut."""


def split(
    ids: Sequence[str],
    areas: Mapping[str, int],
    groups: Mapping[str, str] | None,
    *,
    share: float,
    seed: int,
) -> tuple[list[str], list[str]]:
    """Return the images to learn from and those that judge, about `share` of all.

    Stratified by lesion size; the images of a patient stay together where `groups` tells them.

    Raises:
        NothingToLearn: too few images or patients for that share.
    """
    if not share:
        return list(ids), []
    known = None if groups is None else pd.Series({i: groups[i] for i in ids})
    try:
        folds = crossval.make_folds(
            pd.Series({i: areas[i] for i in ids}), known, n_splits=round(1 / share), seed=seed
        )
    except crossval.FoldError as error:
        raise NothingToLearn(f"holdout={share} cannot be had ({error}): lower it") from error
    return [i for i in ids if folds[i] != 0], [i for i in ids if folds[i] == 0]


@torch.inference_mode()
def judge(network: nn.Module, data: TrainingSet, config: SegmenterConfig) -> float:
    """Return the mean Dice per image of the network on `data`, at its best cut and least area.

    As the competition counts: 1 where truth and mask are both empty. Measured at `config.size`
    without test-time augmentation. Cut and area are chosen on the same images, so it compares
    epochs and says nothing about new images.
    """
    device = next(network.parameters()).device
    network.eval()
    areas, dices = [], []
    for start in range(0, len(data), config.predict_batch):
        rows = np.arange(start, min(start + config.predict_batch, len(data)))
        images, masks = data.take(rows)
        x = grey_input(torch.from_numpy(images).to(device).float() / 255)
        if config.channels_last:
            x = x.contiguous(memory_format=torch.channels_last)
        with autocast(device, config):
            logits = network(x)[0]
        area, dice = cut(torch.sigmoid(logits).cpu().numpy(), masks > 127)
        areas.append(area)
        dices.append(dice)
    return best_rule(np.concatenate(areas), np.concatenate(dices), data.positive)


def cut(maps: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return area and Dice of each map at each of `CUTS`.

    Args:
        maps: float32 ``(n, h, w)`` probabilities.
        truth: bool ``(n, h, w)``.

    Returns:
        area: int64 ``(n, cuts)`` in pixels.
        dice: float64 ``(n, cuts)``.
    """
    level = np.searchsorted(CUTS, maps.reshape(len(maps), -1), side="right")
    flat = truth.reshape(len(maps), -1)
    everything = np.stack([np.bincount(row, minlength=len(CUTS) + 1) for row in level])
    pairs = zip(level, flat, strict=True)
    inside = np.stack([np.bincount(row[true], minlength=len(CUTS) + 1) for row, true in pairs])
    # level k passes the cuts below it: sum from the top
    area = everything[:, ::-1].cumsum(axis=1)[:, -2::-1]
    overlap = inside[:, ::-1].cumsum(axis=1)[:, -2::-1]
    total = area + flat.sum(axis=1, keepdims=True)
    return area, np.divide(2.0 * overlap, total, out=np.ones(total.shape), where=total > 0)


def best_rule(area: np.ndarray, dice: np.ndarray, positive: np.ndarray) -> float:
    """Return the largest mean Dice over all cuts and least areas, "never a mask" among them.

    Args:
        area: int ``(n, cuts)``; dice: float ``(n, cuts)``; positive: bool ``(n,)``.
    """
    empty = (~positive).astype(float)
    best = 0.0
    for column in range(area.shape[1]):
        order = np.argsort(-area[:, column], kind="stable")
        sorted_area = area[order, column]
        gain = (dice[order, column] - empty[order]).cumsum()
        ends = np.append(sorted_area[1:] < sorted_area[:-1], True) & (sorted_area > 0)
        if ends.any():
            best = max(best, float(gain[ends].max()))
    return float(empty.mean() + best / len(empty))
