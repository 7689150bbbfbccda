"""The history goes to TensorBoard when asked, and a missing library is named."""

import importlib.util

import pandas as pd
import pytest

import jobs
from segmenters import Segmenter


def test_tensorboard_gets_every_epoch(tiny, squares, tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    config = tiny.replace(tracker="tensorboard")
    Segmenter(config, *squares).fit(squares[0].ids, tmp_path, seed=0)
    history = pd.read_csv(tmp_path / "history.csv")
    [events] = {path.parent for path in (tmp_path / "tracker").rglob("*tfevents*")
                if path.stat().st_size > 0 and path.parent.name == tmp_path.name}  # fmt: skip
    found = accumulator.EventAccumulator(str(events)).Reload().Scalars("loss")
    assert [event.step for event in found] == [0, 1]
    assert [event.value for event in found] == pytest.approx(history["loss"].tolist())


def test_a_missing_tracker_is_named(tiny, squares, tmp_path, monkeypatch):
    whole = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "mlflow" else whole(name, *a)
    )
    config = tiny.replace(tracker="mlflow")
    with pytest.raises(jobs.NotInstalled, match=r"lab\[mlflow\]"):
        Segmenter(config, *squares).fit(squares[0].ids, tmp_path, seed=0)
