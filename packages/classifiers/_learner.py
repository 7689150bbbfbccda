"""Learns the probability of a lesion from a feature table."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

import jobs
from classifiers._boosting import Rows, grow
from classifiers._config import LightGBMConfig
from classifiers._errors import WrongModel
from classifiers._holdout import check_can_hold_out
from classifiers._model import STAMP, load_model, model_files, model_path, read_figures, save_model
from classifiers._table import (
    check_classes,
    check_filled,
    checked_labels,
    checked_once,
    checked_table,
    rows,
)

SEEDS_PER_FIT = 1000
"""Spacing of the model seeds of two fits, so that neighbouring fits share none."""


class LightGBMLearner:
    """Averages gradient-boosted trees with different seeds; one model text file each.

    Implements the learner protocol of cross-validation.

    Attributes:
        mask_size: None, it predicts probabilities only.
    """

    mask_size: int | None = None

    def __init__(
        self,
        config: LightGBMConfig,
        features: pd.DataFrame,
        labels: pd.Series,
        groups: pd.Series | None = None,
    ) -> None:
        """Hold the tables from which images are looked up by id.

        Args:
            config: the choices.
            features: numbers, one row per image id, for training and for prediction; NaN
                means unknown.
            labels: 0 or 1 per image id; needed for training images only.
            groups: patient per image id; keeps a patient's images on one side of the split for
                early stopping.

        Raises:
            BadTable: a table cannot be used; the message lists every fault.
        """
        self.config = config
        self.features = checked_table(features)
        self.labels = checked_labels(labels)
        self.groups = None if groups is None else checked_once(groups, "patients")

    def fit(
        self,
        train: Sequence[str],
        folder: Path,
        *,
        seed: int,
        report: jobs.Report = jobs.silent,
    ) -> dict[str, float]:
        """Train on `train` and leave ``model_seed0.txt``, ``model_seed1.txt``... in `folder`.

        Finished models in `folder` are kept, so a killed call goes on where it stopped. Early
        stopping looks at a share of `train` only.

        Returns:
            models: how many were averaged; trees: their mean number of trees;
            stopping_log_loss: their mean log loss on the held-out share that chose the number
            of trees, an optimistic figure (only with early stopping).

        Raises:
            BadTable: training images without features, label or patient, a column that is
                NaN in all of them, or too few patients for early stopping.
            OneClass: too few positive or negative training images.
            WrongModel: `folder` holds models of other data, another config or seed.
        """
        train, folder, seed = list(train), Path(folder), int(seed)
        labels = rows(self.labels, train, "label")
        check_classes(labels, least=2 if self.config.stopping_fraction else 1)
        groups = None if self.groups is None else rows(self.groups, train, "patient")
        if self.config.stopping_fraction:
            check_can_hold_out(labels, groups)
        table = rows(self.features, train, "feature row")
        check_filled(table, list(self.features.columns))
        data = Rows(table, labels, groups, list(self.features.columns))
        folder.mkdir(parents=True, exist_ok=True)
        self._stamp(folder, train, data, seed)
        figures = []
        for number in range(self.config.models):
            report("models", number, self.config.models, {})
            path = model_path(folder, number)
            if not path.exists():
                save_model(path, grow(data, self.config, SEEDS_PER_FIT * seed + number))
            figures.append(read_figures(path))
        report("models", self.config.models, self.config.models, {})
        means = pd.DataFrame(figures).mean().to_dict()
        return {"models": float(self.config.models)} | {str(k): float(v) for k, v in means.items()}

    def predict(
        self,
        ids: Sequence[str],
        folders: Sequence[Path],
        *,
        write_map: Callable[[str, np.ndarray], None] | None = None,
        report: jobs.Report = jobs.silent,
    ) -> np.ndarray:
        """Return p(non-empty), float64 `(len(ids),)`: the mean over all models in `folders`.

        `write_map` is never called: there are no maps.

        Raises:
            BadTable: images without features.
            WrongModel: a folder without all its models, a damaged file, or models of other
                columns.
        """
        table = rows(self.features, list(ids), "feature row")
        paths = [path for folder in folders for path in model_files(Path(folder))]
        if not paths:
            raise ValueError("no model folder was given: pass the folders that fit has written")
        total = np.zeros(len(ids))
        for number, path in enumerate(paths, start=1):
            booster = load_model(path)
            if booster.feature_name() != list(self.features.columns):
                raise WrongModel(
                    f"{path} was trained on other columns than this feature table has: build the "
                    "features with the same families or train again"
                )
            if len(ids):
                total += booster.predict(table, num_threads=self.config.num_threads)
            report("models", number, len(paths), {})
        return total / len(paths)

    def _stamp(self, folder: Path, train: list[str], data: Rows, seed: int) -> None:
        """Write what the models in `folder` are made from, or compare with what is written."""
        groups = None if data.groups is None else [str(group) for group in data.groups]
        table = np.ascontiguousarray(data.table).tobytes()
        made_from = jobs.digest(
            asdict(self.config), data.names, train, data.labels.tolist(), groups, seed, table
        )
        path = folder / STAMP
        stamp = {"made_from": made_from, "seed": seed, "models": self.config.models}
        if not path.exists():
            jobs.write_json(path, stamp)
        elif jobs.read_json(path) != stamp:
            raise WrongModel(
                f"{folder} holds models of other images, features, seed or config: delete the "
                "folder or choose another"
            )
