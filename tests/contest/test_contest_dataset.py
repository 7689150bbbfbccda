from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import contest
import rlemask


def test_labels_follow_the_areas_and_images_are_found() -> None:
    areas = pd.Series({"a": 0, "b": 7})
    data = contest.Dataset(
        root=Path("root"),
        train=pd.DataFrame({"file": ["in/a.png", "in/b.png"]}, areas.index),
        test=pd.DataFrame({"file": ["out/c.png"]}, ["c"]),
        truth={"a": rlemask.empty((8, 10)), "b": rlemask.parse("0 7", (8, 10), "siim")},
        digest="",
        areas=areas,
        facts=pd.DataFrame(index=["a", "b", "c"]),
        groups=None,
        sample_ids=["c"],
        read=lambda path, size: np.full((size or 1, size or 1), len(path.name), np.uint8),
    )
    assert data.labels.to_dict() == {"a": 0, "b": 1}
    assert data.labels.dtype == "int64"
    assert [data.path(one) for one in "bc"] == [Path("root/in/b.png"), Path("root/out/c.png")]
    assert data.image("c", 3).tolist() == [[5] * 3] * 3
    with pytest.raises(KeyError):
        data.path("d")
