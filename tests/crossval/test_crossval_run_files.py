"""Runs are renamed and deleted whole, and found again by their configuration."""

from pathlib import Path

import pytest

import crossval
import jobs
from tests.crossval.test_crossval_runs import Memory, folds, start

__all__ = ["folds"]


def finished(tmp_path: Path, folds: object, **config: object) -> crossval.Run:
    run = start(tmp_path, folds, **config)
    crossval.cross_validate(run, Memory())
    run.finish({"auc": 0.5})
    return run


def test_a_renamed_run_is_found_by_its_configuration(tmp_path: Path, folds: object) -> None:
    run = finished(tmp_path, folds, lr=1)
    oof = run.oof()
    renamed = crossval.rename_run(run, "mine")
    assert (renamed.name, renamed.complete) == ("mine", True)
    assert renamed.oof().equals(oof)
    assert not run.path.exists()
    assert start(tmp_path, folds, lr=1).name == "mine"
    assert start(tmp_path, folds, lr=2).name != "mine"


def test_an_unfinished_run_keeps_its_place_under_another_name(
    tmp_path: Path, folds: object
) -> None:
    run = start(tmp_path, folds)
    with pytest.raises(KeyboardInterrupt):
        crossval.cross_validate(run, Memory(die_in="fold1"))
    renamed = crossval.rename_run(run, "mine")
    assert renamed.folds_done == 1
    learner = Memory()
    crossval.cross_validate(start(tmp_path, folds), learner)
    assert [name for name, _, _ in learner.fitted] == ["fold1", "fold2"]


def test_a_taken_or_impossible_name_changes_nothing(tmp_path: Path, folds: object) -> None:
    first, second = finished(tmp_path, folds, lr=1), finished(tmp_path, folds, lr=2)
    with pytest.raises(crossval.CrossvalError, match="exists: choose another name"):
        crossval.rename_run(first, second.name)
    with pytest.raises(jobs.BadName):
        crossval.rename_run(first, "a/b")
    assert first.complete
    assert second.complete


def test_a_deleted_run_is_gone_and_one_in_use_stays(tmp_path: Path, folds: object) -> None:
    run = finished(tmp_path, folds)
    with jobs.lock(run.path), pytest.raises(jobs.Busy):
        crossval.delete_run(run)
    assert run.complete
    crossval.delete_run(run)
    assert list(run.path.parent.iterdir()) == []
    assert crossval.all_runs(run.path.parent) == []


def test_what_an_interrupted_deletion_leaves_is_no_run(
    tmp_path: Path, folds: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = finished(tmp_path, folds)

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("shutil.rmtree", interrupted)
    with pytest.raises(KeyboardInterrupt):
        crossval.delete_run(run)
    (left,) = run.path.parent.glob(".*.tmp")
    assert (left / "config.json").exists()
    assert crossval.all_runs(run.path.parent) == crossval.list_runs(run.path.parent) == []
    assert start(tmp_path, folds).name == run.name, "it does not go on in what is left"
    with pytest.raises(crossval.UnknownRun):
        crossval.open_run(run.path.parent, left.name)


def test_an_error_of_the_training_is_told_where_the_clock_cannot_be_written(
    tmp_path: Path, folds: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = jobs.write_json

    def full(path: Path, value: object) -> None:
        if path.name.endswith("-time.json"):
            raise jobs.DiskFull("the clock")
        write(path, value)

    monkeypatch.setattr("jobs.write_json", full)
    run = start(tmp_path, folds)
    with pytest.raises(KeyboardInterrupt):
        crossval.cross_validate(run, Memory(die_in="fold0"))
    with pytest.raises(jobs.DiskFull, match="the clock"):
        crossval.cross_validate(run, Memory())


def test_the_time_of_all_sessions_is_kept(tmp_path: Path, folds: object) -> None:
    run = start(tmp_path, folds)
    assert run.seconds is None
    with pytest.raises(KeyboardInterrupt):
        crossval.cross_validate(run, Memory(die_in="fold0"))
    clock = run.path / "parts" / "fold0-time.json"
    jobs.write_json(clock, {"seconds": 100.0})
    crossval.cross_validate(run, Memory())
    assert run.seconds is not None
    assert 100 < run.seconds < 160
    clock.write_text("no number")
    assert run.seconds < 60, "a damaged clock counts nothing"


def test_a_damaged_record_is_of_no_configuration(tmp_path: Path, folds: object) -> None:
    run = start(tmp_path, folds)
    assert run.is_of(run.config)
    (run.path / "config.json").write_text("{")
    assert not run.is_of({})
