"""How much is lost when columns are shuffled among held-out images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np

import crossval
import jobs
from classifiers._boosting import pool


@dataclass(frozen=True)
class HeldOut:
    """Models and images that they have not seen.

    Attributes:
        boosters: of one fold.
        table: features, float32 `(n, k)`.
        labels: 0 or 1, `(n,)`.
    """

    boosters: list[lgb.Booster]
    table: np.ndarray
    labels: np.ndarray

    def aucs(self, table: np.ndarray, repeats: int = 1) -> np.ndarray:
        """Return the AUC of the mean model on each of the stacked copies of the images."""
        raw = [booster.predict(table, num_threads=1) for booster in self.boosters]
        copies = np.mean(raw, axis=0).reshape(repeats, -1)
        return np.array([crossval.area_under_roc(self.labels, p) for p in copies])


def auc_drops(
    parts: Sequence[HeldOut],
    targets: Mapping[str, np.ndarray],
    repeats: int,
    seed: int,
    report: jobs.Report = jobs.silent,
) -> dict[str, float]:
    """Return the mean loss of AUC over folds and repeats for every target.

    Args:
        parts: the folds.
        targets: name -> columns that are shuffled together, bool `(k,)`.
        repeats: shuffles per fold.
        seed: every target is shuffled alike.
    """
    whole = [float(part.aucs(part.table)[0]) for part in parts]

    def drop(columns: np.ndarray) -> float:
        rng = np.random.default_rng(seed)
        lost = [
            before - part.aucs(_shuffled(part.table, columns, repeats, rng), repeats).mean()
            for part, before in zip(parts, whole, strict=True)
        ]
        return float(np.mean(lost))

    drops = {}
    with pool(1) as threads:
        for name, value in zip(targets, threads.map(drop, targets.values()), strict=True):
            drops[name] = value
            report("shuffled features", len(drops), len(targets), {})
    return drops


def _shuffled(
    table: np.ndarray, columns: np.ndarray, repeats: int, rng: np.random.Generator
) -> np.ndarray:
    copies = np.tile(table, (repeats, 1, 1))
    for copy in copies:
        copy[:, columns] = table[rng.permutation(len(table))][:, columns]
    return copies.reshape(-1, table.shape[1])
