"""Classifier of the two sides of an image, averaged with one of the whole image."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from scipy.special import expit, logit

import crossval
import jobs
from classifiers._boosting import inner_folds, pool
from classifiers._calibration import EDGE, Calibration, fit_calibration
from classifiers._config import LightGBMConfig
from classifiers._errors import BadTable
from classifiers._learner import LightGBMLearner
from classifiers._model import Decided, read_decided, save_decided

FOLDER = "sides"
Table = TypeVar("Table", pd.DataFrame, pd.Series)


class SidedLearner(LightGBMLearner):
    """Average of a classifier of whole images and a classifier of single sides.

    The mask of a positive image shows which side is positive. The table of sides has one row per
    side, one of them mirrored, and one label per row. The side classifier's probability for an
    image is the higher of its two sides; its log-odds and those of `LightGBMLearner` are averaged
    with the weight `LightGBMConfig.sides`.

    Both classifiers are trained on the images passed to `fit` only.
    """

    def __init__(
        self,
        config: LightGBMConfig,
        features: pd.DataFrame,
        labels: pd.Series,
        groups: pd.Series | None = None,
        *,
        sides: Mapping[str, pd.DataFrame],
        side_labels: pd.DataFrame,
    ) -> None:
        """Check and store the tables of features and labels.

        Args:
            config: see `LightGBMLearner`.
            features: see there.
            labels: see there.
            groups: see there.
            sides: side -> numeric features, indexed by image id; the same columns for every side.
            side_labels: 0 or 1, one column per side, one row per image id; needed for training
                images only.

        Raises:
            BadTable: a table is invalid, or the sides differ in columns or names.
        """
        super().__init__(config, features, labels, groups)
        _check_sides(sides, side_labels)
        self._names = list(sides)
        self._sided = LightGBMLearner(
            side_config(config),
            _stacked(sides),
            _stacked({side: side_labels[side] for side in sides}),
        )

    def fit(
        self,
        train: Sequence[str],
        folder: Path,
        *,
        seed: int,
        report: jobs.Report = jobs.silent,
    ) -> dict[str, float]:
        """Train on `train`; the models of sides are written to ``folder/sides/fold<k>``.

        One model of sides is trained per inner fold, without the images of that fold; without
        inner folds, one on all images. The calibration is fitted on the out-of-fold
        probabilities, averaged with those of whole images. Finished models are reused. Raises
        the errors of `LightGBMLearner.fit`.

        Returns:
            Figures of `LightGBMLearner.fit`; with inner folds also joined_auc, over these folds.
        """
        train, folder, seed = list(train), Path(folder), int(seed)
        figures = super().fit(train, folder, seed=seed, report=report)
        if not self.config.sides:
            return figures
        data, place = self.training_rows(train), folder / FOLDER
        inside = np.zeros(len(train), np.int64)
        if self.config.inner_folds:
            inside = inner_folds(data, self.config.inner_folds, seed)
        parts = [_part(place, fold) for fold in range(int(inside.max()) + 1)]
        self._fit_sides(train, inside, parts, seed, report)
        decided = Decided(len(parts), Calibration(), {})
        if self.config.inner_folds:
            decided = self._calibrated(train, inside, parts, read_decided(folder), data.labels)
        save_decided(place, decided)
        return figures | decided.figures

    def predict(
        self,
        ids: Sequence[str],
        folders: Sequence[Path],
        *,
        write_map: Callable[[str, np.ndarray, float], None] | None = None,
        report: jobs.Report = jobs.silent,
    ) -> np.ndarray:
        """Return p(non-empty), float64 `(len(ids),)`: the mean over `folders`.

        Raises the errors of `LightGBMLearner.predict`.
        """
        if not self.config.sides or not folders:
            return super().predict(ids, folders, write_map=write_map, report=report)
        total = np.zeros(len(ids))
        for number, folder in enumerate(map(Path, folders), start=1):
            whole = super().predict(ids, [folder])
            decided = read_decided(folder / FOLDER)
            parts = [_part(folder / FOLDER, n) for n in range(decided.trees)]
            total += decided.calibration.apply(self._joined(whole, self._highest(ids, parts)))
            report("models", number, len(folders), {})
        return total / len(folders)

    def _fit_sides(
        self,
        train: Sequence[str],
        inside: np.ndarray,
        parts: Sequence[Path],
        seed: int,
        report: jobs.Report,
    ) -> None:
        both = self._sided.binned(self._rows(train))
        of_fold = np.tile(inside, len(self._names))
        _ = both.whole  # cached before the threads start

        def fit(fold: int) -> None:
            part = both.only(of_fold != fold) if len(parts) > 1 else both
            self._sided.fit_binned(part, parts[fold], seed=seed)

        report("sides", 0, len(parts), {})
        with pool(self.config.num_threads) as threads:
            for done, _ in enumerate(threads.map(fit, range(len(parts))), start=1):
                report("sides", done, len(parts), {})

    def _calibrated(
        self,
        train: Sequence[str],
        inside: np.ndarray,
        parts: Sequence[Path],
        whole: Decided,
        labels: np.ndarray,
    ) -> Decided:
        highest = np.empty(len(train))
        for fold, part in enumerate(parts):
            held = np.flatnonzero(inside == fold)
            highest[held] = self._highest([train[n] for n in held.tolist()], [part])
        joined = self._joined(whole.calibration.apply(np.array(whole.p)), highest)
        calibration = fit_calibration(self.config.calibration, joined, labels)
        figures = {"joined_auc": crossval.area_under_roc(labels, joined)}
        return Decided(len(parts), calibration, figures)

    def _highest(self, ids: Sequence[str], parts: Sequence[Path]) -> np.ndarray:
        """Return the highest probability over the sides of every image; models are averaged."""
        single = self._sided.predict(self._rows(ids), parts)
        return np.asarray(single.reshape(len(self._names), len(ids)).max(axis=0))

    def _joined(self, whole: np.ndarray, highest: np.ndarray) -> np.ndarray:
        weight = self.config.sides
        return np.asarray(expit((1 - weight) * _log_odds(whole) + weight * _log_odds(highest)))

    def _rows(self, ids: Sequence[str]) -> list[str]:
        return [_row(image_id, side) for side in self._names for image_id in ids]


def side_config(config: LightGBMConfig) -> LightGBMConfig:
    """Return the configuration of the models of sides: fixed number of trees, no calibration."""
    return dataclasses.replace(
        config,
        feature_fraction=0.05,
        max_bin=31,
        rounds=config.side_rounds,
        models=1,
        inner_folds=0,
        calibration="none",
        columns_kept=0,
        categorical=(),
    )


def _part(place: Path, fold: int) -> Path:
    return place / f"fold{fold}"


def _check_sides(sides: Mapping[str, pd.DataFrame], labels: pd.DataFrame) -> None:
    columns = [list(table.columns) for table in sides.values()]
    if not columns or any(other != columns[0] for other in columns):
        raise BadTable("the sides have different columns or none: build the features again")
    if missing := sorted(set(sides) - set(labels.columns)):
        raise BadTable(f"there are no labels of the side {', '.join(missing)}: add that column")


def _stacked(sides: Mapping[str, Table]) -> Table:
    return pd.concat(
        [
            table.set_axis(pd.Index([_row(str(i), side) for i in table.index], dtype=object))
            for side, table in sides.items()
        ]
    )


def _row(image_id: str, side: str) -> str:
    return f"{image_id} {side}"


def _log_odds(p: np.ndarray) -> np.ndarray:
    return np.asarray(logit(np.clip(p, EDGE, 1 - EDGE)))
