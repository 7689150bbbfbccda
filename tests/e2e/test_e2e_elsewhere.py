"""All work on images can be done by a process that stands in another folder, and twice."""

import contextlib
import pickle
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import cxr.phantom
import imagefeatures
import imagestack
import jobs


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, dict[str, Any]]:
    """Replace `jobs.run` by a worker elsewhere that does all twice; return how it was called."""
    (tmp_path / "elsewhere").mkdir()
    calls: dict[str, dict[str, Any]] = {}

    def run(function: Callable[[Any], Any], items: Sequence[Any], **how: Any) -> Iterator[Any]:
        calls[how["label"]] = how
        for item in items:
            with contextlib.chdir(tmp_path / "elsewhere"):
                first, second = (pickled(function)(pickled(item)) for _ in range(2))
            assert pickled(first) == pickled(second)
            yield first

    monkeypatch.setattr(jobs, "run", run)
    return calls


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


def road(where: Path) -> pd.DataFrame:
    """From nothing to a table of features, all paths relative to `where`."""
    with contextlib.chdir(where):
        cxr.phantom.write_dataset("data", images=3, test=1, size=128, workers=2)
        frame = imagestack.read_table("data", workers=2)
        stack = imagestack.build_cache(frame, "data", 64, "cache", workers=2)
        return imagefeatures.extract(
            stack, families=[imagefeatures.Grid()], workers=2, cache_dir=Path("features")
        )


def test_relative_paths_reach_workers_that_stand_elsewhere(
    called: dict[str, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("far", "near"):
        (tmp_path / name).mkdir()
    table = road(tmp_path / "far")
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert set(called) == {"images", "headers", "pixels", "features"}
    monkeypatch.undo()
    pd.testing.assert_frame_equal(table, road(tmp_path / "near"))
    assert contents(tmp_path / "far") == contents(tmp_path / "near")


def contents(home: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()
    }


def test_every_kind_of_work_says_which_folders_it_needs(
    called: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    road(tmp_path)
    needs = {
        label: [[Path(folder).name for folder in how.get(kind, ())] for kind in ("reads", "writes")]
        for label, how in called.items()
    }
    assert needs["headers"] == [["data"], []]
    assert needs["pixels"] == [["data"], ["cache"]]
    assert needs["features"][0][0].startswith("pixels-64-")
    assert needs["features"][1] == ["features"]
    assert needs["images"][1][0].startswith(".data.")
