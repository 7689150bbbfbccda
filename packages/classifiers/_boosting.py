"""Grows one model and says how."""

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np

from classifiers._config import LightGBMConfig
from classifiers._holdout import hold_out


@dataclass(frozen=True)
class Rows:
    """Training rows.

    Attributes:
        table: features, float32 `(n, k)`.
        labels: 0 or 1, `(n,)`.
        groups: patient of every image `(n,)`, or None.
        names: of the k columns.
    """

    table: np.ndarray
    labels: np.ndarray
    groups: np.ndarray | None
    names: list[str]

    def dataset(self, chosen: np.ndarray, reference: lgb.Dataset | None = None) -> lgb.Dataset:
        """Return LightGBM's form of the `chosen` images (bool `(n,)`)."""
        table, labels = self.table[chosen], self.labels[chosen]
        return lgb.Dataset(table, labels, feature_name=self.names, reference=reference)


@dataclass(frozen=True)
class Grown:
    """A model as text, and figures about its making."""

    text: str
    figures: dict[str, float]


def grow(data: Rows, config: LightGBMConfig, seed: int) -> Grown:
    """Train one model.

    With a stopping fraction the number of trees is the one with the best log loss on patients
    held out of `data`; with `refit` that many are then grown on all of `data`. That log loss
    is the figure `stopping_log_loss`: the minimum over the trees, on the very images that chose
    their number, so it flatters the model.
    """
    everything = np.ones(len(data.labels), dtype=bool)
    parameters = config.parameters(seed)
    if not config.stopping_fraction:
        return _grown(lgb.train(parameters, data.dataset(everything), config.rounds))
    held = hold_out(data.labels, data.groups, config.stopping_fraction, seed)
    training = data.dataset(~held)
    booster = lgb.train(
        parameters,
        training,
        config.rounds,
        valid_sets=[data.dataset(held, training)],
        valid_names=["held"],
        callbacks=[lgb.early_stopping(config.patience, verbose=False)],
    )
    least = float(booster.best_score["held"]["binary_logloss"])
    if not config.refit:
        return _grown(booster, booster.best_iteration, stopping_log_loss=least)
    again = lgb.train(parameters, data.dataset(everything), max(booster.best_iteration, 1))
    return _grown(again, stopping_log_loss=least)


def _grown(booster: lgb.Booster, trees: int | None = None, **figures: float) -> Grown:
    text = booster.model_to_string(num_iteration=trees)
    return Grown(text, {"trees": float(trees or booster.num_trees()), **figures})
