"""Training images, and their LightGBM data set, binned once for all models of a fit."""

from dataclasses import dataclass
from functools import cached_property

import lightgbm as lgb
import numpy as np
from scipy.stats import rankdata

import jobs
from classifiers._config import LightGBMConfig


@dataclass(frozen=True)
class Rows:
    """Features, labels and groups of the training images.

    Attributes:
        ids: the n image ids.
        table: features, float32 `(n, k)`.
        labels: 0 or 1, `(n,)`.
        groups: group of every image `(n,)`, or None.
        names: names of the k columns.
    """

    ids: list[str]
    table: np.ndarray
    labels: np.ndarray
    groups: np.ndarray | None
    names: list[str]

    def only(self, chosen: np.ndarray) -> "Rows":
        """Return the images selected by the mask `chosen`, bool `(n,)`."""
        ids = [self.ids[place] for place in np.flatnonzero(chosen).tolist()]
        groups = None if self.groups is None else self.groups[chosen]
        return Rows(ids, self.table[chosen], self.labels[chosen], groups, self.names)

    def digest(self) -> str:
        """Return a digest of ids, column names, values, labels and groups."""
        groups = None if self.groups is None else [str(group) for group in self.groups]
        table = np.ascontiguousarray(self.table).tobytes()
        return jobs.digest(self.names, self.ids, self.labels.tolist(), groups, table)


@dataclass(frozen=True)
class Binned:
    """The histogram bins of `rows`, shared by models of different seeds.

    Attributes:
        parent: a larger set of N images whose bins are used, and the mask of `rows` in it, bool
            `(N,)`.
    """

    rows: Rows
    config: LightGBMConfig
    parent: "tuple[Binned, np.ndarray] | None" = None

    @cached_property
    def whole(self) -> lgb.Dataset:
        """All training images."""
        if self.parent is None or self.config.columns_kept:
            return self._dataset(np.ones(len(self.rows.labels), dtype=bool))
        more, chosen = self.parent
        return more.whole.subset(np.flatnonzero(chosen).tolist()).construct()

    def only(self, chosen: np.ndarray) -> "Binned":
        """Return the images selected by `chosen`, bool `(n,)`, with the bins of all images.

        With many columns, binning takes longer than training.
        """
        return Binned(self.rows.only(chosen), self.config, (self, chosen))

    def split(self, held: np.ndarray) -> tuple[lgb.Dataset, lgb.Dataset]:
        """Return the data sets of the training and of the held-out images (`held`, bool `(n,)`).

        Without `columns_kept` the bins are those of all images, as they depend on no label. With
        it, columns are selected by labels, so the held-out images are left out.
        """
        if not self.config.columns_kept:
            parts = (self.whole.subset(np.flatnonzero(rows).tolist()) for rows in (~held, held))
            training, other = (part.construct() for part in parts)
            return training, other
        training = self._dataset(~held)
        table, labels = self.rows.table[held], self.rows.labels[held]
        other = training.create_valid(table, labels, params=self.config.parameters(0))
        return training, other.construct()

    def _dataset(self, chosen: np.ndarray) -> lgb.Dataset:
        table, labels = self.rows.table[chosen], self.rows.labels[chosen]
        if self.config.columns_kept:
            # A constant column is never split; names and positions of columns stay the same.
            unused = ~best_columns(table, labels, self.config.columns_kept)
            table = np.where(unused, np.float32(0), table)
        return lgb.Dataset(
            table,
            labels,
            feature_name=self.rows.names,
            categorical_feature=[self.rows.names.index(name) for name in self.config.categorical],
            params=self.config.parameters(0),
            free_raw_data=False,
        ).construct()


def weighted(parameters: dict[str, object], config: LightGBMConfig, labels: np.ndarray) -> dict:
    """Return `parameters` with the weight of positive images by `config.class_weight`."""
    if config.class_weight == "none":
        return parameters
    positive = int(labels.sum())
    return parameters | {"scale_pos_weight": (len(labels) - positive) / positive}


def best_columns(table: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """Select the columns with the best univariate AUC.

    Columns are ranked by |AUC − ½| (Mann-Whitney statistic). Missing values get the middle rank
    of the column. Of equal columns the first is selected.

    Args:
        table: `(n, k)`, NaN = missing.
        labels: 0 or 1, `(n,)`, both present.
        count: number of columns; all are selected if there are fewer.

    Returns:
        Mask of the selected columns, bool `(k,)`.
    """
    ranks = rankdata(table, axis=0, nan_policy="omit")
    known = (~np.isnan(table)).sum(axis=0)
    ranks = np.where(np.isnan(ranks), (known + 1) / 2, ranks)
    positive = labels == 1
    above = ranks[positive].mean(axis=0) - ranks[~positive].mean(axis=0)
    worth = np.abs(above) / np.maximum(known, 1)
    chosen = np.zeros(table.shape[1], dtype=bool)
    chosen[np.argsort(-worth, kind="stable")[:count]] = True
    return chosen
