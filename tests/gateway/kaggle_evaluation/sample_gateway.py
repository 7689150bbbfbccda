"""A gateway that asks for the images of a sample submission, in batches of several sizes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from kaggle_evaluation.core import templates

SIZES = (1, 5, 2, 1000)


class SampleGateway(templates.Gateway):
    """Asks for ids, or for paths of images if their folder is given too.

    `data_paths` is the folder of the data, or the sample submission, then the folder of images.
    """

    def generate_data_batches(self) -> Iterator[tuple[tuple[Any, ...], list[str]]]:
        """Yield a table of ids and the rows of the sample, or paths."""
        sample, *images = map(Path, self.data_paths or ("",))
        table = pd.read_csv(
            sample / "sample_submission.csv" if sample.is_dir() else sample, dtype=str
        )
        for size in SIZES:
            rows, table = table.iloc[:size], table.iloc[size:]
            ids = list(rows.iloc[:, 0])
            if not ids:
                return
            paths = [str(next(images[0].rglob(f"{one}.*"))) for one in ids] if images else []
            given = paths[0] if len(paths) == 1 else paths
            yield ((given,) if images else (rows.iloc[:, :1], rows)), ids
