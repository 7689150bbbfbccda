"""The training history, one row per epoch, as a CSV file and in experiment trackers."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

import jobs
from segmenters._errors import SegmenterError
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
            SegmenterError: the tracker's library is not installed.
        """
        self._tracker: Any = None
        if config.runtime.tracker == "none":
            return
        if importlib.util.find_spec(config.runtime.tracker) is None:
            raise SegmenterError(
                f"tracker={config.runtime.tracker} needs the package {config.runtime.tracker}: "
                f"pip install {config.runtime.tracker}, or set tracker=none"
            )
        from accelerate import tracking

        make = {"tensorboard": tracking.TensorBoardTracker, "mlflow": tracking.MLflowTracker}
        self._tracker = make[config.runtime.tracker](
            folder.name, logging_dir=str(folder / "tracker")
        )
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
