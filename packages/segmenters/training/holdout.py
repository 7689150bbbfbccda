"""Hold-out of training images, on which epochs are scored by the competition's metric."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from torch import nn

import crossval
import rlemask
from ensembling import Metric, best_score
from segmenters._device import autocast, memory_layout
from segmenters._errors import NothingToLearn
from segmenters.config.segmenter_config import SegmenterConfig
from segmenters.data.training_set import TrainingSet
from segmenters.network.weights import grey_input


def split(
    ids: Sequence[str],
    areas: Mapping[str, int],
    groups: Mapping[str, str] | None,
    *,
    share: float,
    seed: int,
) -> tuple[list[str], list[str]]:
    """Return the ids of the training images and of the hold-out, about `share` of all.

    The split is stratified by mask area; images of a group stay together.

    Raises:
        NothingToLearn: there are too few images or groups for `share`.
    """
    if not share:
        return list(ids), []
    known = None if groups is None else pd.Series({i: groups[i] for i in ids})
    parts = round(min(1 / share, len(ids) + 1))
    try:
        folds = crossval.make_folds(
            pd.Series({i: areas[i] for i in ids}), known, n_splits=parts, seed=seed
        )
    except crossval.FoldError as error:
        raise NothingToLearn(
            f"holdout={share} is not possible ({error.reason}): {_remedy(error.fewer)}"
        ) from error
    return [i for i in ids if folds[i] != 0], [i for i in ids if folds[i] == 0]


def _remedy(parts: int | None) -> str:
    """Return the setting of a hold-out of one of so many parts; None is no hold-out."""
    if parts is None:
        return "set holdout=0, patience=0 and top_k=0, or train on more images"
    return f"set holdout={1 / parts:.6g}"


@torch.inference_mode()
def held_out_score(
    network: nn.Module, data: TrainingSet, config: SegmenterConfig, metric: Metric
) -> float:
    """Return the mean score of the network on `data` at the best thresholds for `data`.

    Predictions are at the network's size, without test-time augmentation. The thresholds are
    fitted to the same images, so scores compare epochs but do not estimate performance on new
    images.
    """
    device = next(network.parameters()).device
    network.eval()
    found: list[np.ndarray] = []
    truth: list[rlemask.Runs] = []
    for start in range(0, len(data), config.inference.predict_batch):
        rows = np.arange(start, min(start + config.inference.predict_batch, len(data)))
        images, masks = data.take(rows)
        x = grey_input(torch.from_numpy(images).to(device).float() / 255)
        x = x.contiguous(memory_format=memory_layout(config.runtime))
        with autocast(device, config.runtime):
            logits = network(x)[0]
        maps = torch.sigmoid(logits.float()).mul(255).round().to(torch.uint8)
        found += list(maps.cpu().numpy())
        truth += [rlemask.runs_of(mask > 127) for mask in masks]
    return best_score(found, truth, metric)
