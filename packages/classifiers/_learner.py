"""LightGBM classifier that implements the learner protocol of `crossval`."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

import crossval
import jobs
from classifiers._boosting import grow, inner_folds, look_inside
from classifiers._calibration import Calibration, fit_calibration
from classifiers._config import LightGBMConfig
from classifiers._model import (
    DECIDED,
    STAMP,
    Decided,
    claim,
    known_digest,
    load_models,
    model_path,
    read_decided,
    save_decided,
    save_model,
)
from classifiers._rows import Binned, Rows
from classifiers._table import (
    check_classes,
    check_codes,
    check_filled,
    checked_labels,
    checked_once,
    checked_table,
    rows,
)

SEEDS_PER_FIT = 1000
"""Distance of the model seeds of consecutive fits, so that no seed is used twice."""


class LightGBMLearner:
    """Average of LightGBM models with different seeds, each stored in a text file.

    Implements the learner protocol of `crossval`.

    Attributes:
        mask_size: None, as no masks are predicted.
    """

    mask_size: int | None = None

    def __init__(
        self,
        config: LightGBMConfig,
        features: pd.DataFrame,
        labels: pd.Series,
        groups: pd.Series | None = None,
    ) -> None:
        """Check and store the tables of features, labels and groups.

        Args:
            config: settings of the models.
            features: numeric, indexed by image id, for training and prediction; NaN means
                unknown.
            labels: 0 or 1 per image id; needed for training images only.
            groups: group per image id; the inner folds do not divide groups.

        Raises:
            BadTable: a table is invalid; the message lists all faults.
        """
        self.config = config
        self.features = checked_table(features)
        check_codes(self.features, config.categorical)
        self.labels = checked_labels(labels)
        self.groups = None if groups is None else checked_once(groups, "groups")

    def fit(
        self,
        train: Sequence[str],
        folder: Path,
        *,
        seed: int,
        report: jobs.Report = jobs.silent,
    ) -> dict[str, float]:
        """Train on `train` and write ``model_seed0.txt``, ``model_seed1.txt``... to `folder`.

        Inner folds of `train` select the number of trees and fit the calibration; then every
        model is trained on all of `train`. Finished files in `folder` are reused, so an
        interrupted call can be repeated.

        Returns:
            trees: number of trees per model. With inner folds also inner_log_loss, over the inner
            folds (optimistic, as it selected the number of trees), and inner_auc, of their
            pooled probabilities.

        Raises:
            BadTable: training images have no features, label or group, all columns are NaN in all
                of them, or there are too few groups for the inner folds.
            OneClass: too few positive or negative training images.
            WrongModel: `folder` contains models of other data, another config or seed.
        """
        return self.fit_binned(self.binned(train), Path(folder), seed=int(seed), report=report)

    def binned(self, train: Sequence[str]) -> Binned:
        """Return the binned training images; raises the errors of `fit`."""
        return Binned(self.training_rows(train), self.config)

    def fit_binned(
        self, binned: Binned, folder: Path, *, seed: int, report: jobs.Report = jobs.silent
    ) -> dict[str, float]:
        """Train as `fit` does, on images from `binned`."""
        data, inside = binned.rows, None
        if self.config.inner_folds:
            inside = inner_folds(data, self.config.inner_folds, seed)
        folder.mkdir(parents=True, exist_ok=True)
        self._stamp(folder, data, seed)
        if not (folder / DECIDED).exists():
            save_decided(folder, self._decide(binned, inside, SEEDS_PER_FIT * seed, report))
        decided = read_decided(folder)
        self._grow(binned, decided.trees, folder, SEEDS_PER_FIT * seed, report)
        return {"trees": float(decided.trees), **decided.figures}

    def predict(
        self,
        ids: Sequence[str],
        folders: Sequence[Path],
        *,
        write_map: Callable[[str, np.ndarray, float], None] | None = None,
        report: jobs.Report = jobs.silent,
    ) -> np.ndarray:
        """Return p(non-empty), float64 `(len(ids),)`: the mean over `folders`.

        The mean of the models of each folder is calibrated. `write_map` is never called.

        Raises:
            BadTable: images have no features.
            WrongModel: a folder lacks models, a file is damaged, or models have other columns.
        """
        table = rows(self.features, list(ids), "feature row")
        if not folders:
            raise ValueError("no model folder was given: pass the folders that fit has written")
        total = np.zeros(len(ids))
        for number, folder in enumerate(map(Path, folders), start=1):
            boosters = load_models(folder, list(self.features.columns))
            calibration = read_decided(folder).calibration
            if len(ids):
                threads = self.config.num_threads
                raw = [booster.predict(table, num_threads=threads) for booster in boosters]
                total += calibration.apply(np.mean(raw, axis=0))
            report("models", number, len(folders), {})
        return total / len(folders)

    def training_rows(self, train: Sequence[str]) -> Rows:
        """Return the training images `train`; raises the errors of `fit`."""
        train = list(train)
        labels = rows(self.labels, train, "label")
        check_classes(labels, least=2 if self.config.inner_folds else 1)
        groups = None if self.groups is None else rows(self.groups, train, "group")
        table = rows(self.features, train, "feature row")
        check_filled(table, list(self.features.columns))
        return Rows(train, table, labels, groups, list(self.features.columns))

    def _decide(
        self, binned: Binned, inside: np.ndarray | None, seed: int, report: jobs.Report
    ) -> Decided:
        if inside is None:
            return Decided(self.config.rounds, Calibration(), {})
        found = look_inside(binned, self.config, inside, seed, report=report)
        labels = binned.rows.labels
        figures = {
            "inner_log_loss": found.log_loss,
            "inner_auc": crossval.area_under_roc(labels, found.p),
        }
        calibration = fit_calibration(self.config.calibration, found.p, labels)
        return Decided(found.trees, calibration, figures, tuple(found.p.tolist()))

    def _grow(
        self, binned: Binned, trees: int, folder: Path, seed: int, report: jobs.Report
    ) -> None:
        """Train the models that are missing in `folder`."""
        count = self.config.models
        missing = [n for n in range(count) if not model_path(folder, n).exists()]
        for number in set(range(count)) - set(missing):
            known_digest(model_path(folder, number))
        report("models", count - len(missing), count, {})
        texts = grow(binned, self.config, trees, [seed + number for number in missing])
        for done, (number, text) in enumerate(zip(missing, texts, strict=True), start=1):
            save_model(model_path(folder, number), text)
            report("models", count - len(missing) + done, count, {})

    def _stamp(self, folder: Path, data: Rows, seed: int) -> None:
        made_from = jobs.digest(asdict(self.config), data.digest(), seed)
        stamp = {"made_from": made_from, "seed": seed, "models": self.config.models}
        claim(folder / STAMP, stamp, "models of")
