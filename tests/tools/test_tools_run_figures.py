"""What `tools cv` says about a run: a learner without any pixels stands in."""

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import classifiers
import contest
import crossval
import jobs
import rlemask
from contest import Experiment, Networks, Trees
from tools.console.results import values_of
from tools.paths import Paths
from tools.usecases.context import source
from tools.usecases.context.workplace import Workplace
from tools.usecases.prepare.folds import make_folds
from tools.usecases.runs import run_figures
from tools.usecases.train import cv as cross_validation
from tools.usecases.train import tuning

N = 90
SHAPE = (64, 64)


def runs(area: int) -> rlemask.Runs:
    mask = np.zeros(SHAPE, np.uint8)
    mask.ravel()[:area] = 1
    return rlemask.runs_of(mask)


@pytest.fixture
def dataset() -> Any:
    rng = np.random.default_rng(0)
    ids = pd.Index([f"i{place:02d}" for place in range(N)], name="image_id")
    areas = pd.Series(np.where(rng.random(N) < 0.4, rng.integers(1, 900, N), 0), index=ids)
    facts = pd.DataFrame(
        {
            "view": np.resize(["PA", "AP"], N),
            "sex": np.resize(["F", "M", None], N),
            "age": np.resize([5.0, 30, 50, 70, np.nan, np.nan], N),
        },
        index=ids,
    )
    return SimpleNamespace(
        areas=areas,
        labels=(areas > 0).astype("int64"),
        truth={image_id: runs(area) for image_id, area in areas.items()},
        digest="toy",
        groups=pd.Series([f"p{place // 2}" for place in range(N)], index=ids),
        train=pd.DataFrame({"digest": [f"d{place}" for place in range(N)]}, index=ids),
        facts=facts,
        notes=(),
    )


@pytest.fixture
def place(dataset: Any, tmp_path: Path) -> Workplace:
    made = Workplace(Paths(tmp_path / "home", None, tmp_path / "submissions"))
    spec = SimpleNamespace(
        name="toy",
        shape=SHAPE,
        n_splits=3,
        fold_seed=0,
        experiments="toy",
        metric="competitions.siim_acr_pneumothorax.metric:dice",
        metric_name="Dice",
        bands={"age": (0, 18, 40, 60)},
    )
    made.__dict__.update(dataset=dataset, spec=spec)
    return made


@pytest.fixture
def table(dataset: Any) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    signal = dataset.labels + rng.normal(scale=0.7, size=N)
    noise = pd.DataFrame(rng.normal(size=(N, 3)), index=dataset.areas.index)
    return noise.add_prefix("noise_").assign(lines_signal=signal)


@pytest.fixture
def experiment(table: pd.DataFrame) -> Experiment:
    config = classifiers.LightGBMConfig(
        rounds=15, patience=5, learning_rate=0.1, feature_fraction=1.0, inner_folds=2, models=1
    )
    return Trees(config, image_size=64, families=("noise", "lines"), table=lambda *_: table)


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch, experiment: Experiment) -> None:
    """The toy competition has one experiment and its features are there."""

    def load(_: Workplace, name: str, settings: Sequence[str] = ()) -> Experiment:
        from contest.experiments.settings import with_settings

        return with_settings(experiment, settings)

    for module in (source, cross_validation, tuning):
        monkeypatch.setattr(module, "load_experiment", load)


FIGURES = {
    "auc", "auc_interval", "average_precision", "average_precision_interval", "brier", "log_loss",
    "calibration_error", "score", "score_interval", "score_in_sample", "score_empty",
    "score_positives", "folds", "subgroups",
}  # fmt: skip


def test_a_run_of_trees_says_all_this(place: Workplace, dataset: Any) -> None:
    result = cross_validation.cross_validate(place, "lightgbm")
    assert set(result.as_dict()) == FIGURES | {
        "run", "intervals", "families", "importances", "plot",
    }  # fmt: skip
    json.dumps(values_of(result), allow_nan=False, default=str)
    assert (
        result.metrics["auc_interval"][0]
        < result.metrics["auc"]
        < result.metrics["auc_interval"][1]
    )
    for row in result.metrics["folds"]:
        assert set(row) == {
            "fold", "images", "positives", "auc", "auc_interval", "average_precision",
            "average_precision_interval", "trees", "inner_auc", "inner_log_loss",
        }  # fmt: skip
    kinds = {row["kind"] for row in result.metrics["subgroups"]}
    assert kinds == {"view", "sex", "age", "mask area"}
    ages = {
        row["group"]: row["images"] for row in result.metrics["subgroups"] if row["kind"] == "age"
    }
    assert ages == {
        "0–17": 15, "18–39": 15, "40–59": 15, "60+": 15, "unknown": 30,
    }  # fmt: skip
    assert [row["family"] for row in result.metrics["families"]] == ["lines", "noise"]
    columns = pd.read_parquet(result.files["importances"]).set_index("feature")
    assert columns.index[0] == "lines_signal"
    assert result.files["plot"].read_bytes().startswith(b"\x89PNG")
    assert cross_validation.cross_validate(place, "lightgbm") == result, (
        "a complete run is shown as it was"
    )
    stored = jobs.read_json(place.paths.runs / result.run / "metrics.json")
    assert set(stored) == FIGURES | {"families"}
    run = crossval.Run(place.paths.runs / result.run)
    kept = jobs.read_table(run.file(run_figures.HONEST))
    assert set(kept) >= {"fold", "score", "predicted"}
    assert set(kept.index) == set(dataset.train.index)
    assert str(place.paths.home) not in json.dumps(stored), "a home may be moved"


def test_figures_need_no_facts_and_no_trees(
    place: Workplace, dataset: Any, experiment: Experiment
) -> None:
    """As for a segmenter: probabilities alone."""
    dataset.facts = dataset.facts[[]]
    folds = make_folds(place)
    run = crossval.Run.start(place.paths.runs, "net", {}, folds)
    for fold in (0, 1, 2):
        jobs.write_json(run.path / "parts" / f"fold{fold}.json", {"loss": 0.5})
    p = pd.Series(np.linspace(0.1, 0.9, N), index=folds.index)
    found = run_figures.metrics(place, run, pd.DataFrame({"fold": folds, "p": p}))
    assert set(found) == FIGURES
    assert {row["kind"] for row in found["subgroups"]} == {"mask area"}
    assert found["folds"][0]["loss"] == 0.5
    net = Networks(experiment.config)
    learner: Any = object()
    assert run_figures.explain(run, learner, net, jobs.silent) == {}
    assert [one.name for one in run.path.glob("*.p*")] == ["honest.parquet"]


def test_figures_are_shown_in_the_order_of_a_reader() -> None:
    shown = run_figures.in_order(
        {"zeta": 1, "auc": 2, "folds": [{"trees": 3, "fold": 0}], "alpha": 4}
    )
    assert list(shown) == ["auc", "folds", "alpha", "zeta"]
    assert list(shown["folds"][0]) == ["fold", "trees"]


def test_a_search_is_scored_on_folds_it_has_not_seen(
    place: Workplace, experiment: Experiment, dataset: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[str]] = []
    real = classifiers.tune

    def watched(learner: Any, train: Sequence[str], folder: Path, **choices: Any) -> Any:
        seen.append(set(train))
        return real(learner, train, folder, **choices)

    monkeypatch.setattr(classifiers, "tune", watched)
    result = tuning.tune(place, "lightgbm", trials=4)
    assert set(values_of(result)) >= {
        "study", "auc_honest", "interval", "auc_default", "auc_inner", "optimism", "settings",
        "command", "folds", "path",
    }  # fmt: skip
    json.dumps(values_of(result), allow_nan=False, default=str)
    folds = make_folds(place)
    assert seen == [*(set(folds.index[folds != fold]) for fold in (0, 1, 2)), set(folds.index)]
    assert result.interval[0] < result.auc_honest < result.interval[1]
    assert result.optimism == pytest.approx(result.auc_inner - result.auc_honest)
    assert result.auc_default == cross_validation.cross_validate(place, "lightgbm").metrics["auc"]
    assert tuning.tune(place, "lightgbm", trials=4) == result


def test_the_command_that_is_shown_gives_the_chosen_settings(
    place: Workplace, experiment: Experiment
) -> None:
    result = tuning.tune(place, "lightgbm", settings=["patience=4"], trials=5)
    words = result.command.split()
    assert words[:3] == ["tools", "cv", "lightgbm"]
    settings = [word for word in words[3:] if word != "--set"]
    assert "patience=4" in settings
    chosen = source.load_experiment(place, "lightgbm", settings).config
    written = jobs.read_json(result.path)
    assert written == json.loads(json.dumps(chosen.__dict__))


def test_labels_of_a_fold_change_nothing_that_was_chosen_for_it(
    place: Workplace, dataset: Any
) -> None:
    """Settings and probabilities of fold 0 are the same whatever its images show."""
    folds = make_folds(place)
    tuning.tune(place, "lightgbm", trials=3)
    study = next((place.paths.home / "tunings").glob("lightgbm-*/"))

    def files(folder: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted((folder / "fold0").rglob("*"))
            if path.is_file()
        }

    before = files(study)
    held_out = folds.index[folds == 0]
    dataset.labels = dataset.labels.copy()
    dataset.labels[held_out] = 1 - dataset.labels[held_out]
    search = contest.NestedTuning(
        experiment=source.load_experiment(place, "lightgbm"),
        build=lambda one: one.learner(source.Source(place)),
        labels=dataset.labels,
        folds=folds,
        folder=place.paths.home / "again",
        trials=3,
    )
    search.run()
    assert files(place.paths.home / "again") == before


def test_only_trees_are_tuned(
    place: Workplace, experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = Networks(experiment.config, image_size=64)
    monkeypatch.setattr(tuning, "load_experiment", lambda *_: net)
    with pytest.raises(tuning.NotTunable, match="'unet' has no settings to search"):
        tuning.tune(place, "unet", trials=1)
