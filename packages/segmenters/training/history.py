"""The training history, one row per epoch, as a CSV file and in experiment trackers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

import jobs
from segmenters.config.segmenter_config import SegmenterConfig

SPEED = "speed.json"
COLUMNS = ["epoch", "size", "images", "rate", "loss", "score"]


def write_history(folder: Path, rows: list[dict[str, float]]) -> None:
    """Write ``history.csv`` with epoch, size, images, rate, loss and hold-out score."""
    jobs.write_text(folder / "history.csv", pd.DataFrame(rows, columns=COLUMNS).to_csv(index=False))


class Tracker:
    """Records the history in TensorBoard or MLflow through accelerate, if configured."""

    def __init__(self, config: SegmenterConfig, folder: Path) -> None:
        """Start the tracker, which writes to `folder`/tracker.

        Raises:
            jobs.NotInstalled: the tracker's library is missing.
        """
        self._tracker: Any = None
        name = config.runtime.tracker
        if name == "none":
            return
        jobs.require(name)
        from accelerate import tracking

        make = {"tensorboard": tracking.TensorBoardTracker, "mlflow": tracking.MLflowTracker}
        self._tracker = make[name](folder.name, logging_dir=str(folder / "tracker"))
        self._tracker.start()
        self._tracker.store_init_configuration(
            {name: str(value) for name, value in config.as_dict().items()}
        )

    def log(self, row: Mapping[str, float]) -> None:
        """Record a row of the history."""
        if self._tracker is not None:
            self._tracker.log({k: v for k, v in row.items() if k != "epoch"}, step=row["epoch"])

    def close(self) -> None:
        """Write pending records and close the tracker."""
        if self._tracker is not None:
            self._tracker.finish()
