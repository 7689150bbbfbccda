"""The search for settings: what it sees, what it keeps, that a kill changes nothing."""

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import jobs
from classifiers import LightGBMConfig, LightGBMLearner, WrongModel, tune
from classifiers._tuning import SPACE

TRIALS = 11
"""More than the random ones, so that the sampler and the pruner have learned."""


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "trials").iterdir())}


@pytest.fixture
def config() -> LightGBMConfig:
    return LightGBMConfig(
        rounds=40, patience=10, models=1, learning_rate=0.1, feature_fraction=1.0, inner_folds=2
    )


@pytest.fixture
def learner(config, features, labels, groups) -> LightGBMLearner:
    return LightGBMLearner(config, features, labels, groups)


def test_the_best_trial_is_chosen_and_the_default_is_among_them(
    learner, config, ids, tmp_path: Path
) -> None:
    found = tune(learner, ids, tmp_path, trials=TRIALS)
    records = [jobs.read_json(path) for path in sorted((tmp_path / "trials").iterdir())]
    complete = [record for record in records if record["state"] == "complete"]
    assert records[0]["settings"] == {}
    assert found.auc_default == records[0]["auc"]
    assert found.auc == max(record["auc"] for record in complete) >= found.auc_default
    best = max(complete, key=lambda record: record["auc"])
    assert found.config == dataclasses.replace(config, **best["settings"])
    assert (found.trials, found.pruned) == (TRIALS, TRIALS - len(complete))
    for record in records:
        for name, (low, high, _) in SPACE.items():
            assert low <= record["params"][name] <= high


def test_one_trial_is_the_default(learner, config, ids, tmp_path: Path) -> None:
    found = tune(learner, ids, tmp_path, trials=1)
    assert found.config == config
    assert found.auc == found.auc_default


def test_a_search_in_pieces_equals_one_in_a_single_call(learner, ids, tmp_path: Path) -> None:
    whole = tune(learner, ids, tmp_path / "whole", trials=TRIALS)
    for trials in (1, 6, 9, TRIALS):
        pieces = tune(learner, ids, tmp_path / "pieces", trials=trials)
    assert pieces == whole
    assert files(tmp_path / "pieces") == files(tmp_path / "whole")
    assert tune(learner, ids, tmp_path / "whole", trials=5).trials == 5, "later trials wait"


def test_another_seed_is_another_search(learner, ids, tmp_path: Path) -> None:
    tune(learner, ids, tmp_path / "a", trials=3, seed=0)
    tune(learner, ids, tmp_path / "b", trials=3, seed=1)
    a, b = (
        jobs.read_json(tmp_path / name / "trials" / "00002.json")["params"] for name in ("a", "b")
    )
    assert a != b
    with pytest.raises(WrongModel, match="other images, features, seed"):
        tune(learner, ids, tmp_path / "a", trials=3, seed=1)


def test_labels_of_other_images_change_nothing(
    config, features, labels, groups, ids, tmp_path: Path
) -> None:
    train, rest = ids[:160], ids[160:]
    turned = labels.copy()
    turned[rest] = 1 - turned[rest]
    found = [
        tune(LightGBMLearner(config, features, truth, groups), train, tmp_path / name, trials=4)
        for name, truth in (("as they are", labels), ("turned", turned))
    ]
    assert found[0] == found[1]
    assert files(tmp_path / "as they are") == files(tmp_path / "turned")


def test_time_ends_a_search_but_never_before_its_first_trial(learner, ids, tmp_path: Path) -> None:
    assert tune(learner, ids, tmp_path, trials=50, seconds=0).trials == 1
    assert tune(learner, ids, tmp_path, trials=3).trials == 3


def test_inner_folds_are_needed(config, features, labels, ids, tmp_path: Path) -> None:
    config = dataclasses.replace(config, inner_folds=0, calibration="none")
    with pytest.raises(ValueError, match="set inner_folds"):
        tune(LightGBMLearner(config, features, labels), ids, tmp_path, trials=1)


def test_nothing_is_ever_unpickled(learner, ids, tmp_path: Path) -> None:
    tune(learner, ids, tmp_path, trials=2)
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.suffix for path in kept} == {".json"}
    assert all(jobs.read_json(path) for path in kept)


SEARCH = """
import sys
import pandas as pd
from pathlib import Path
from classifiers import LightGBMConfig, LightGBMLearner, tune
folder = Path(sys.argv[1])
table = pd.read_parquet(folder / "table.parquet")
config = LightGBMConfig(
    rounds=40, patience=10, models=1, learning_rate=0.1, feature_fraction=1.0, inner_folds=2
)
learner = LightGBMLearner(
    config, table.drop(columns=["label", "patient"]), table["label"], table["patient"]
)
tune(learner, list(table.index), folder / "search", trials=int(sys.argv[2]))
"""


@pytest.mark.slow
def test_a_killed_search_ends_as_an_unbroken_one(
    learner, features, labels, groups, ids, tmp_path: Path
) -> None:
    """kill -9 after two trials, again after six, then to the end."""
    features.assign(label=labels, patient=groups).to_parquet(tmp_path / "table.parquet")
    command = [sys.executable, "-c", SEARCH, str(tmp_path), str(TRIALS)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for after in (2, 6):
        process = subprocess.Popen(command, env=environment)
        while len(list((tmp_path / "search" / "trials").glob("[0-9]*.json"))) < after:
            assert process.poll() is None, "it ended before it was killed"
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    subprocess.run(command, env=environment, check=True)
    tune(learner, ids, tmp_path / "unbroken", trials=TRIALS)
    assert files(tmp_path / "search") == files(tmp_path / "unbroken")
