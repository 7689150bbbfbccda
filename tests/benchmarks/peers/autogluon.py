"""AutoGluon on the features of an experiment, in a Python environment of its own."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

import jobs

SCRIPT = Path(__file__).with_name("autogluon_script.py")


class AutoGluon:
    """AutoGluon's TabularPredictor; it gets the features, the labels and the time.

    Attributes:
        mask_size: None, it predicts probabilities only.
    """

    mask_size = None

    def __init__(
        self, features: pd.DataFrame, labels: pd.Series, groups: pd.Series | None, *,
        minutes: float, presets: str, python: Path,
    ) -> None:  # fmt: skip
        self.features, self.labels, self.groups = features, labels, groups
        self.minutes, self.presets, self.python = minutes, presets, python

    def fit(
        self, train: Sequence[str], folder: Path, *, seed: int, report: jobs.Report
    ) -> dict[str, float]:
        """Train for the given time; the groups are those of its inner folds."""
        folder.mkdir(parents=True, exist_ok=True)
        table = self.features.loc[list(train)].assign(label=self.labels)
        if self.groups is not None:
            table["group"] = self.groups
        table.to_parquet(folder / "train.parquet")
        self._call("fit", folder, str(60 * self.minutes), self.presets)
        return {}

    def predict(
        self, ids: Sequence[str], folders: Sequence[Path], *,
        write_map: Callable[[str, np.ndarray, float], None] | None, report: jobs.Report,
    ) -> np.ndarray:  # fmt: skip
        """Return the mean probability of the models in `folders`."""
        parts = []
        for folder in folders:
            self.features.loc[list(ids)].to_parquet(folder / "ask.parquet")
            self._call("predict", folder)
            parts.append(pd.read_csv(folder / "answer.csv")["p"].to_numpy())
        return np.mean(parts, axis=0)

    def _call(self, *words: object) -> None:
        subprocess.run([self.python, "-P", SCRIPT, *map(str, words)], check=True)
