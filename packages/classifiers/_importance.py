"""Feature importances: gain, SHAP values and permutation importance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd

import crossval
import jobs
from classifiers._boosting import pool
from classifiers._errors import WrongModel
from classifiers._learner import LightGBMLearner
from classifiers._model import load_model, load_models, model_files
from classifiers._table import rows

OTHER = "other"


@dataclass(frozen=True)
class _HeldOut:
    """The models of one fold and its held-out images.

    Attributes:
        boosters: models of the fold.
        table: features, float32 `(n, k)`.
        labels: 0 or 1, `(n,)`.
    """

    boosters: list[lgb.Booster]
    table: np.ndarray
    labels: np.ndarray

    def aucs(self, table: np.ndarray, repeats: int = 1) -> np.ndarray:
        """Return the AUC of the averaged models on each of `repeats` copies of the images."""
        raw = [booster.predict(table, num_threads=1) for booster in self.boosters]
        copies = np.mean(raw, axis=0).reshape(repeats, -1)
        return np.array([crossval.area_under_roc(self.labels, p) for p in copies])


@dataclass(frozen=True)
class Explanation:
    """Importances of features and of families, in descending order of contribution.

    Attributes:
        columns: indexed by feature: family, gain, splits, contribution, auc_drop (NaN if not
            measured).
        families: indexed by family: columns (their number), gain, contribution, auc_drop.
    """

    columns: pd.DataFrame
    families: pd.DataFrame


def importances(folders: Sequence[Path]) -> pd.DataFrame:
    """Return the gain and the number of splits of every feature in the models in `folders`.

    Returns:
        Table indexed by feature, in descending order of gain: gain (share of the summed loss
        reduction, mean over the models, adds to 1) and splits (mean number per model).

    Raises:
        WrongModel: a folder lacks models, or the models have different columns.
    """
    boosters = [load_model(path) for folder in folders for path in model_files(Path(folder))]
    if not boosters:
        raise ValueError("no model folder was given: pass the folders that fit has written")
    names = boosters[0].feature_name()
    if any(booster.feature_name() != names for booster in boosters):
        raise WrongModel("the models were trained on different columns: pass folders of one run")
    gains = np.array([booster.feature_importance("gain") for booster in boosters])
    totals = gains.sum(axis=1, keepdims=True)
    shares = np.divide(gains, totals, out=np.zeros_like(gains), where=totals > 0)
    splits = np.array([booster.feature_importance("split") for booster in boosters])
    table = pd.DataFrame({"gain": shares.mean(axis=0), "splits": splits.mean(axis=0)}, index=names)
    table.index.name = "feature"
    return table.sort_values("gain", ascending=False, kind="stable")


def explain(
    learner: LightGBMLearner,
    held_out: Mapping[Path, Sequence[str]],
    *,
    families: Sequence[str] = (),
    top: int = 10,
    repeats: int = 2,
    seed: int = 0,
    report: jobs.Report = jobs.silent,
) -> Explanation:
    """Return the importance of every feature and of every family of features.

    gain: share of the summed loss reduction in training (adds to 1).
    contribution: mean |SHAP value| over the held-out images, in log-odds; for a family, of the
    sum over its columns (Lundberg et al., Nature Machine Intelligence 2:56-67, 2020).
    auc_drop: permutation importance, the loss of AUC on the held-out images when the column, or
    all columns of the family together, are shuffled (Breiman, Machine Learning 45:5-32, 2001).
    It may be 0 for both of two correlated columns.

    Args:
        learner: holds the feature table and the labels.
        held_out: model folder -> its held-out images.
        families: names; a column `<family>_<feature>` belongs to the longest matching name, or to
            "other".
        top: number of columns that are shuffled, those of the greatest contribution.
        repeats: shuffles per column and fold.
        seed: of the shuffles.

    Raises:
        WrongModel: see `LightGBMLearner.predict`.
    """
    names = list(learner.features.columns)
    family = pd.Series([_family(name, families) for name in names], index=names, name="family")
    parts = [_held_out(learner, folder, ids) for folder, ids in held_out.items()]
    table = importances(list(held_out)).reindex(names)
    by_column, by_family = _contributions(parts, family, report)
    table = table.assign(family=family, contribution=by_column)
    targets = {name: (family == name).to_numpy() for name in by_family.index}
    for name in by_column.sort_values(ascending=False, kind="stable").index[:top]:
        targets[f"column {name}"] = table.index == name
    drops = _auc_drops(parts, targets, repeats, seed, report)
    table["auc_drop"] = [drops.get(f"column {name}", np.nan) for name in names]
    return Explanation(_ordered(table), _family_table(table, by_family, drops))


def _family(name: str, families: Sequence[str]) -> str:
    fitting = [one for one in families if name.startswith(f"{one}_")]
    return max(fitting, key=len) if fitting else OTHER


def _held_out(learner: LightGBMLearner, folder: Path, ids: Sequence[str]) -> _HeldOut:
    names = list(learner.features.columns)
    table = rows(learner.features, ids, "feature row")
    return _HeldOut(load_models(Path(folder), names), table, rows(learner.labels, ids, "label"))


def _contributions(
    parts: Sequence[_HeldOut], family: pd.Series, report: jobs.Report
) -> tuple[pd.Series, pd.Series]:
    columns, families = np.zeros(len(family)), dict.fromkeys(dict.fromkeys(family), 0.0)
    images = sum(len(part.labels) for part in parts)
    for done, part in enumerate(parts):
        report("contributions", done, len(parts), {})
        values = _shap(part.boosters, part.table)
        columns += np.abs(values).sum(axis=0) / images
        for name in families:
            together = values[:, (family == name).to_numpy()].sum(axis=1)
            families[name] += float(np.abs(together).sum()) / images
    report("contributions", len(parts), len(parts), {})
    return pd.Series(columns, index=family.index), pd.Series(families)


def _shap(boosters: Sequence[lgb.Booster], table: np.ndarray) -> np.ndarray:
    total = np.zeros(table.shape)
    for booster in boosters:
        # the last column is the expected value of the model
        values = booster.predict(table, pred_contrib=True, num_threads=1)
        total += np.asarray(values)[:, :-1]
    return total / len(boosters)


def _auc_drops(
    parts: Sequence[_HeldOut],
    targets: Mapping[str, np.ndarray],
    repeats: int,
    seed: int,
    report: jobs.Report,
) -> dict[str, float]:
    """Return the loss of AUC of every target, the mean over folds and repeats.

    Args:
        parts: one per fold.
        targets: name -> mask of the columns that are shuffled together, bool `(k,)`.
        repeats: shuffles per fold.
        seed: the same for every target.
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


def _family_table(
    table: pd.DataFrame, contribution: pd.Series, drops: Mapping[str, float]
) -> pd.DataFrame:
    grouped = table.groupby("family")
    families = pd.DataFrame(
        {
            "columns": grouped.size(),
            "gain": grouped["gain"].sum(),
            "contribution": contribution,
            "auc_drop": {name: drops[name] for name in contribution.index},
        }
    )
    families.index.name = "family"
    return families.sort_values("contribution", ascending=False, kind="stable")


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    table.index.name = "feature"
    wanted = ["family", "gain", "splits", "contribution", "auc_drop"]
    return table[wanted].sort_values("contribution", ascending=False, kind="stable")
