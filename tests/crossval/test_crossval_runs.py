from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import crossval
import jobs


class Memory:
    """A learner that records what it was given; p is the share of ids it has been fitted on."""

    mask_size: int | None = 4

    def __init__(self, die_in: str | None = None) -> None:
        self.fitted: list[tuple[str, int, int]] = []
        self.die_in = die_in

    def fit(
        self, train: Sequence[str], folder: Path, *, seed: int, report: jobs.Report
    ) -> dict[str, float]:
        if folder.name == self.die_in:
            raise KeyboardInterrupt
        self.fitted.append((folder.name, len(train), seed))
        jobs.write_json(folder / "seen.json", sorted(train))
        report("train", 1, 1, {})
        return {"rounds": float(len(train))}

    def predict(
        self,
        ids: Sequence[str],
        folders: Sequence[Path],
        *,
        write_map: Callable[[str, np.ndarray, float], None] | None,
        report: jobs.Report,
    ) -> np.ndarray:
        seen = [set(jobs.read_json(folder / "seen.json")) for folder in folders]
        assert write_map is not None
        for image_id in ids:
            write_map(image_id, np.full((4, 4), int(image_id[1:]), np.uint8), 0.25)
        return np.array([np.mean([image_id in group for group in seen]) for image_id in ids])


@pytest.fixture
def folds() -> pd.Series:
    labels = pd.Series([0, 1] * 15, index=[f"i{k:02d}" for k in range(30)])
    return crossval.make_folds(labels, n_splits=3)


def start(tmp_path: Path, folds: pd.Series, **config: object) -> crossval.Run:
    return crossval.Run.start(tmp_path, "memory", config, folds)


def test_no_image_is_predicted_by_a_model_that_saw_it(tmp_path: Path, folds: pd.Series) -> None:
    run = start(tmp_path, folds)
    oof = crossval.cross_validate(run, Memory(), seed=10)
    assert (oof["p"] == 0).all()
    assert (oof["spread"] == 0.25).all()
    assert oof["fold"].equals(folds)
    run.finish({"auc": 0.5})
    maps = run.maps("oof")
    assert maps is not None
    assert maps.read("i07").max() == 7


def test_every_fold_is_trained_on_the_others_with_its_own_seed(
    tmp_path: Path, folds: pd.Series
) -> None:
    learner = Memory()
    crossval.cross_validate(start(tmp_path, folds), learner, seed=10)
    assert learner.fitted == [("fold0", 20, 10), ("fold1", 20, 11), ("fold2", 20, 12)]


def test_an_interrupted_run_resumes_and_ends_as_an_unbroken_one(
    tmp_path: Path, folds: pd.Series
) -> None:
    whole = crossval.cross_validate(start(tmp_path / "a", folds), Memory())
    run = start(tmp_path / "b", folds)
    with pytest.raises(KeyboardInterrupt):
        crossval.cross_validate(run, Memory(die_in="fold1"))
    with pytest.raises(crossval.CrossvalError, match="repeat its `tools cv` command"):
        run.oof()
    learner = Memory()
    resumed = crossval.cross_validate(run, learner)
    assert [name for name, _, _ in learner.fitted] == ["fold1", "fold2"]
    pd.testing.assert_frame_equal(resumed, whole)


def test_the_name_depends_on_configuration_and_folds(tmp_path: Path, folds: pd.Series) -> None:
    assert start(tmp_path, folds, lr=1).name == start(tmp_path, folds, lr=1).name
    assert start(tmp_path, folds, lr=1).name != start(tmp_path, folds, lr=2).name
    moved = folds.copy()
    moved.iloc[0] = (moved.iloc[0] + 1) % 3
    assert start(tmp_path, moved, lr=1).name != start(tmp_path, folds, lr=1).name


def test_test_images_are_predicted_by_all_folds_in_the_asked_order(
    tmp_path: Path, folds: pd.Series, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crossval._cross_validation.BLOCK", 4)
    run = start(tmp_path, folds)
    crossval.cross_validate(run, Memory())
    images = digests("i05", "i00", "i29", "i11", "i03", "i04")
    key = crossval.test_key(images)
    assert run.test(key) is None
    test = crossval.predict_test(run, Memory(), images)
    assert list(test.index) == list(images.index)
    assert np.allclose(test["p"], 2 / 3)
    again = run.test(key)
    assert again is not None
    pd.testing.assert_frame_equal(again, test)


def digests(*ids: str, **changed: str) -> pd.Series:
    return pd.Series({image_id: changed.get(image_id, "d") for image_id in ids})


def assert_maps_are_there(run: crossval.Run, images: pd.Series) -> None:
    maps = run.maps("test")
    assert maps is not None
    assert [maps.read(i).max() for i in images.index] == [int(i[1:]) for i in images.index]


def test_other_test_images_replace_maps_and_table_together(
    tmp_path: Path, folds: pd.Series, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks that both lists share are predicted again, for their maps went with the store."""
    monkeypatch.setattr("crossval._cross_validation.BLOCK", 2)
    run = start(tmp_path, folds)
    crossval.cross_validate(run, Memory())
    few, more = digests("i01", "i02", "i03"), digests("i01", "i02", "i03", "i04")
    crossval.predict_test(run, Memory(), few)
    assert_maps_are_there(run, few)
    crossval.predict_test(run, Memory(), more)
    assert_maps_are_there(run, more)
    assert run.test(crossval.test_key(few)) is None
    mended = digests("i01", "i02", "i03", "i04", i04="other")
    assert run.test(crossval.test_key(mended)) is None, "another file under the same id is new"


def test_an_interrupted_prediction_of_other_images_is_no_finished_one(
    tmp_path: Path, folds: pd.Series, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Memory):
        def predict(self, *_: object, **__: object) -> np.ndarray:
            raise KeyboardInterrupt

    monkeypatch.setattr("crossval._cross_validation.BLOCK", 2)
    run = start(tmp_path, folds)
    crossval.cross_validate(run, Memory())
    few, more = digests("i01", "i02", "i03"), digests("i01", "i02", "i03", "i04")
    crossval.predict_test(run, Memory(), few)
    with pytest.raises(KeyboardInterrupt):
        crossval.predict_test(run, Killed(), more)
    assert run.test(crossval.test_key(few)) is None
    crossval.predict_test(run, Memory(), few)
    assert_maps_are_there(run, few)
    crossval.predict_test(run, Memory(), more)
    assert_maps_are_there(run, more)


def test_probabilities_that_are_none_are_refused(tmp_path: Path, folds: pd.Series) -> None:
    class Broken(Memory):
        def predict(self, ids, folders, *, write_map, report):  # type: ignore[no-untyped-def]
            return np.full(len(ids), np.nan)

    with pytest.raises(crossval.CrossvalError, match="10 of 10 predicted probabilities"):
        crossval.cross_validate(start(tmp_path, folds), Broken())


def test_runs_are_found_by_name_or_its_beginning(tmp_path: Path, folds: pd.Series) -> None:
    with pytest.raises(crossval.UnknownRun, match="none yet; `tools cv EXPERIMENT` creates one"):
        crossval.open_run(tmp_path, "x")
    run = start(tmp_path, folds)
    with pytest.raises(crossval.CrossvalError, match="has not finished"):
        crossval.open_run(tmp_path, run.name)
    crossval.cross_validate(run, Memory())
    run.finish({})
    assert crossval.open_run(tmp_path, "memory") == run
    assert crossval.list_runs(tmp_path) == [run]
    with pytest.raises(crossval.UnknownRun, match=f"'memry' is not a run .*choose from {run.name}"):
        crossval.open_run(tmp_path, "memry")
    other = start(tmp_path, folds, lr=2)
    other.finish({})
    with pytest.raises(crossval.UnknownRun, match="'memory' matches several runs"):
        crossval.open_run(tmp_path, "memory")


def test_changed_folds_of_a_run_are_noticed(tmp_path: Path, folds: pd.Series) -> None:
    run = start(tmp_path, folds)
    path = run.path / "folds.csv"
    path.write_text(path.read_text().replace("i01,", "i99,"))
    with pytest.raises(crossval.CrossvalError, match="was changed after it was written"):
        _ = run.folds
