"""The inference server of a competition, found among its files and asked over a socket."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import notebooks
from notebooks import BundleError

GATEWAY = Path(__file__).parents[1] / "gateway"
IDS = [f"i{n}" for n in range(9)]
ASKS = """\
import sys
from kaggle_evaluation.sample_gateway import SampleGateway
SampleGateway((sys.argv[1],)).run()
"""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a competition's files with a gateway; what is imported from them is forgotten."""
    data = tmp_path / "data"
    shutil.copytree(GATEWAY, data)
    pd.DataFrame({"id": IDS, "rle": "1 1"}).to_csv(data / "sample_submission.csv", index=False)
    with socket.socket() as free:
        free.bind(("localhost", 0))
        monkeypatch.setenv("GATEWAY_PORT", str(free.getsockname()[1]))
    monkeypatch.delenv("KAGGLE_IS_COMPETITION_RERUN", raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    yield data
    for name in [name for name in sys.modules if name.startswith("kaggle_evaluation")]:
        del sys.modules[name]


def predict(batch: pd.DataFrame, *more: pd.DataFrame) -> pd.DataFrame:
    """Return a mask that depends on the image."""
    assert list(more[0].columns) == ["id", "rle"]
    return batch.assign(rle=[f"{one[1:]} 1" for one in batch["id"]])


def written(folder: Path) -> list[str]:
    return list(pd.read_csv(folder / "submission.csv")["rle"])


def test_a_local_gateway_gets_the_answers_and_writes_the_submission(
    data: Path, tmp_path: Path
) -> None:
    notebooks.answer_gateway(predict, data)
    assert written(tmp_path) == [f"{n} 1" for n in range(9)]
    (tmp_path / "submission.csv").unlink()
    notebooks.answer_gateway(predict, data, ["sample_submission.csv"])
    assert len(written(tmp_path)) == 9


def test_an_error_of_predict_is_an_error_of_the_local_run(data: Path, tmp_path: Path) -> None:
    def predict(*_: object) -> pd.DataFrame:
        raise ValueError("no such image")

    with pytest.raises(Exception, match="no such image"):
        notebooks.answer_gateway(predict, data)
    assert not (tmp_path / "submission.csv").exists()


def test_where_kaggle_scores_it_a_gateway_of_another_process_asks(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAGGLE_IS_COMPETITION_RERUN", "1")
    threading.Thread(target=notebooks.answer_gateway, args=(predict, data), daemon=True).start()
    environment = {**os.environ, "PYTHONPATH": str(GATEWAY)}
    command = [sys.executable, "-P", "-c", ASKS, str(data)]
    asked = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert asked.returncode == 0, asked.stderr
    assert written(tmp_path) == [f"{n} 1" for n in range(9)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: shutil.rmtree(folder), "has 0 files kaggle_evaluation/"),
        (lambda folder: (folder / "b_inference_server.py").touch(), "has 2 files"),
        (lambda folder: (folder / "sample_inference_server.py").write_text(""), "has 0 classes"),
    ],
)
def test_files_without_one_server_are_refused(data: Path, change: object, said: str) -> None:
    assert callable(change)
    change(data / "kaggle_evaluation")
    with pytest.raises(BundleError, match=said):
        notebooks.answer_gateway(predict, data)


def test_a_path_that_does_not_exist_is_refused(data: Path) -> None:
    with pytest.raises(BundleError, match=r"cannot read .*none\.csv: correct --gateway-path"):
        notebooks.answer_gateway(predict, data, ["none.csv"])
