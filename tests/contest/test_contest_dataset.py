from pathlib import Path

import pandas as pd

import contest
import rlemask


def test_labels_follow_the_areas() -> None:
    areas = pd.Series({"a": 0, "b": 7})
    data = contest.Dataset(
        root=Path(),
        train_folder=Path(),
        test_folder=Path(),
        train=pd.DataFrame(),
        test=pd.DataFrame(),
        truth={"a": rlemask.empty((8, 10)), "b": rlemask.parse("0 7", (8, 10), "siim")},
        digest="",
        areas=areas,
        patients=None,
        sample_ids=[],
    )
    assert data.labels.to_dict() == {"a": 0, "b": 1}
    assert data.labels.dtype == "int64"
