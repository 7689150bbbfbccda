"""A competition's own kind of experiment walks the use cases, and nothing outside knows of it."""

import dataclasses
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

import classifiers
import contest
import crossval
import ensembling
import jobs
import rlemask
from tools.console import runs as console_runs
from tools.paths import Paths
from tools.usecases.context import source
from tools.usecases.context.workplace import Workplace
from tools.usecases.ensemble import blending
from tools.usecases.look import runs as run_table
from tools.usecases.prepare import features
from tools.usecases.prepare.folds import make_folds
from tools.usecases.runs import prediction
from tools.usecases.submission import kernels
from tools.usecases.train import cv, export, label_study, trainings, tuning

N, SIDE = 48, 16
MODULE = "invented_competition"


@dataclass(frozen=True)
class Level:
    """Its configuration: what is taken off the brightness."""

    offset: float = 0.0
    size: int = SIDE


class Brightness:
    """A learner that takes the bright images for positive ones, and their pixels for the mask."""

    def __init__(self, source: contest.Source, config: Level) -> None:
        self.stack, self.config = source.stack(config.size), config
        self.mask_size: int | None = config.size

    def fit(
        self, train: Sequence[str], folder: Path, *, seed: int, report: jobs.Report
    ) -> dict[str, float]:
        level = float(self.stack.take(train).mean()) - self.config.offset
        jobs.write_json(folder / "level.json", level)
        return {"level": level}

    def predict(
        self,
        ids: Sequence[str],
        folders: Sequence[Path],
        *,
        write_map: Callable[[str, np.ndarray, float], None] | None,
        report: jobs.Report,
    ) -> np.ndarray:
        level = np.mean([jobs.read_json(folder / "level.json") for folder in folders])
        images = self.stack.take(ids)
        if write_map is not None:
            for image_id, image in zip(ids, images, strict=True):
                write_map(image_id, image, 0.0)
        return np.asarray(1 / (1 + np.exp(level - images.mean(axis=(1, 2)))))


@dataclass(frozen=True)
class Thresholds(contest.Experiment):
    """Brightness above that of the training images."""

    kind: ClassVar[str] = "thresholds"
    model_files: ClassVar[str] = "level.json"

    rounds: int = 1

    def learner(self, source: contest.Source) -> Brightness:
        """Return the learner over the images of `source`."""
        return Brightness(source, self.config)


def bright() -> contest.Experiment:
    """The competition's experiment."""
    return Thresholds(Level())


def means(source: contest.Source, side: int, families: Sequence[str]) -> pd.DataFrame:
    """One feature of a family of the competition's own."""
    stack = source.stack(side)
    return pd.DataFrame({"grey_mean": stack.pixels.mean(axis=(1, 2))}, index=source.facts.index)


def trees() -> contest.Experiment:
    """LightGBM on features of the competition's own."""
    config = classifiers.LightGBMConfig(
        rounds=9, patience=3, inner_folds=2, models=1, min_data_in_leaf=2, feature_fraction=1.0
    )
    return contest.Trees(config, SIDE, families=("grey",), table=means)


class Stack:
    """Images by id."""

    digest = "invented"

    def __init__(self, ids: Sequence[str], pixels: np.ndarray) -> None:
        self.ids, self.pixels = list(ids), pixels

    def take(self, ids: Sequence[str]) -> np.ndarray:
        return self.pixels[[self.ids.index(i) for i in ids]]


@pytest.fixture
def stacks() -> dict[str, Stack]:
    """Dark images; in every second one of "train" the upper half is bright."""
    rng = np.random.default_rng(0)
    made = {}
    for part, count in (("train", N), ("test", 8)):
        pixels = rng.integers(0, 60, (count, SIDE, SIDE), dtype=np.uint8)
        pixels[::2, : SIDE // 2] += 190
        made[part] = Stack([f"{part}{number}" for number in range(count)], pixels)
    return made


@pytest.fixture
def place(stacks: dict[str, Stack], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """The invented competition, with its images in memory."""
    module = ModuleType(MODULE)
    for function in (bright, trees):
        monkeypatch.setattr(function, "__module__", MODULE)
        setattr(module, function.__name__, function)
    monkeypatch.setitem(sys.modules, MODULE, module)
    monkeypatch.setattr(source.Source, "stack", lambda self, _side: stacks[self.part])
    masks = [(image > 120).astype(np.uint8) for image in stacks["train"].pixels]
    index = {part: pd.Index(stack.ids, name="image_id") for part, stack in stacks.items()}
    areas = pd.Series([int(mask.sum()) for mask in masks], index["train"])
    frames = {part: pd.DataFrame({"digest": list(ids)}, ids) for part, ids in index.items()}
    dataset = SimpleNamespace(
        areas=areas,
        labels=(areas > 0).astype("int64"),
        truth={i: rlemask.runs_of(mask) for i, mask in zip(areas.index, masks, strict=True)},
        digest="invented",
        groups=None,
        facts=pd.DataFrame(index=index["train"].append(index["test"])),
        **frames,
        notes=(),
    )
    spec = SimpleNamespace(
        name="invented", shape=(SIDE, SIDE), n_splits=3, fold_seed=0, experiments=MODULE,
        metric="competitions.siim_acr_pneumothorax.metric:dice", metric_name="Dice",
        bands={}, title="Invented",
    )  # fmt: skip
    made = Workplace(Paths(tmp_path / "home", None, tmp_path / "submissions"))
    made.__dict__.update(dataset=dataset, spec=spec)
    return made


def test_it_is_cross_validated_and_predicts(place: Workplace, stacks: dict[str, Stack]) -> None:
    result = cv.cross_validate(place, "bright", settings=["offset=3", "rounds=2"])
    assert result.metrics["auc"] == 1.0
    assert result.metrics["score"] > result.metrics["score_empty"]
    assert {row["level"] > 0 for row in result.metrics["folds"]} == {True}
    assert result.files == {}
    run = crossval.open_run(place.paths.runs, result.run)
    assert run.config["kind"] == "thresholds"
    assert source.experiment_of(place, run) == Thresholds(Level(3.0), rounds=2)
    assert cv.cross_validate(place, "bright", settings=["offset=3", "rounds=2"]) == result
    assert prediction.predict(place, result.run).images == 8
    assert kernels.member(place, run).missing_models() == []
    assert not kernels.member(place, run).wants_gpu
    (run.model_folder(1) / "level.json").unlink()
    (missing,) = kernels.member(place, run).missing_models()
    assert missing.endswith("models/fold1 contains 0 of 1 models")


def test_what_it_cannot_do_is_one_line(place: Workplace, tmp_path: Path) -> None:
    run = cv.cross_validate(place, "bright").run
    with pytest.raises(tuning.NotTunable, match="'bright' has no settings to search"):
        tuning.tune(place, "bright", trials=1)
    with pytest.raises(export.NoNetworks, match="has no networks to export"):
        export.export(place, run, tmp_path / "out", onnx=False)
    with pytest.raises(features.NoFeatures, match="'bright' uses no feature table"):
        features.features(place, "bright")


def test_a_run_of_given_masks_has_no_experiment(place: Workplace, tmp_path: Path) -> None:
    asked = {"kind": "votes", "competition": "invented"}
    run = crossval.Run.start(place.paths.runs, "votes-masks", asked, make_folds(place))
    run.finish({})
    assert source.experiment_of(place, run) is None
    assert kernels.member(place, run).missing_models() == [
        f"{run.name} contains imported masks and no models"
    ]
    with pytest.raises(export.NoNetworks, match="has no networks"):
        export.export(place, run.name, tmp_path / "out", onnx=False)


def test_trees_take_any_table_of_features(place: Workplace) -> None:
    made = features.features(place, "trees")
    assert (made.rows, made.columns, made.families) == (N + 8, 1, ["grey"])
    assert pd.read_parquet(made.test_path).columns.tolist() == ["grey_mean"]
    result = cv.cross_validate(place, "trees")
    assert [row["family"] for row in result.metrics["families"]] == ["grey"]
    assert result.metrics["auc"] == 1.0


@pytest.mark.parametrize("rank", [0, 1])
def test_several_processes_ask_the_experiment(
    place: Workplace, monkeypatch: pytest.MonkeyPatch, rank: int
) -> None:
    told: list[str] = []

    class Together(Thresholds):
        def follow(self, source: contest.Source) -> None:
            told.append(f"follow {source.part}")

        def dismiss(self) -> None:
            told.append("dismiss")

    for module in (cv, label_study):
        monkeypatch.setattr(module, "load_experiment", lambda *_: Together(Level()))
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", str(rank))
    for result in (
        cv.cv(place, "bright"),
        cv.cv(place, "bright", seeds=2),
        label_study.label_curve(place, "bright", shares=[50, 100]),
    ):
        assert bool(result) == (rank == 0)
    assert told == (["follow train"] if rank else ["dismiss"]) * 3, "once for all trainings"
    monkeypatch.setenv("WORLD_SIZE", "1")
    told.clear()
    with cv.leading(Together(Level())):
        pass
    assert told == []


def test_an_own_experiment_can_be_varied() -> None:
    assert dataclasses.replace(bright(), seed=4).as_dict() == {
        "kind": "thresholds", "config": {"offset": 0.0, "size": SIDE}, "image_size": 0, "seed": 4,
        "rounds": 1,
    }  # fmt: skip


def test_seeds_are_runs_with_mean_and_spread(place: Workplace) -> None:
    found = cv.cv(place, "trees", seeds=3)
    assert isinstance(found, trainings.Trainings)
    runs = [place.open_run(row["run"]) for row in found.trainings]
    assert [run.config["seed"] for run in runs] == [0, 1000, 2000]
    scores = [run.metrics()["score"] for run in runs]
    assert found.score == pytest.approx(np.mean(scores))
    assert found.score_sd == pytest.approx(np.std(scores, ddof=1))
    low, high = found.score_interval
    assert low <= found.score <= high
    assert found.blend.startswith(f"tools blend {runs[0].name} {runs[1].name} {runs[2].name}")
    assert cv.cv(place, "trees", seeds=3) == found, "complete ones are returned"
    assert cv.cv(place, "trees") == cv.cross_validate(place, "trees"), "the first is the usual run"


def test_the_table_of_runs_has_the_spread_over_seeds(place: Workplace) -> None:
    cv.cv(place, "trees", seeds=2)
    cv.cv(place, "bright")
    rows = {row.name: row for row in run_table.runs(place).runs}
    spread = {name.partition("-")[0]: (row.trainings, row.score_sd) for name, row in rows.items()}
    assert spread["bright"] == (1, None)
    scores = [row.score for name, row in rows.items() if name.startswith("trees")]
    assert spread["trees"] == (2, pytest.approx(np.std(np.array(scores, float), ddof=1)))
    assert "sd 0.0000 of 2" in console_runs.text(list(rows.values()), "invented")


@pytest.mark.parametrize("labels", [1.0, 0.25])
def test_a_run_of_an_older_version_gets_the_figures_it_lacks(
    place: Workplace, labels: float
) -> None:
    experiment, folds = source.load_experiment(place, "bright"), make_folds(place)
    made = cv.train(place, "bright", experiment, folds, labels)
    run = place.open_run(made.run)
    old = {name: value for name, value in run.metrics().items() if not name.startswith("score")}
    run.finish(old | {"families": "kept"})
    assert run_table.runs(place).runs[0].score is None
    again = cv.train(place, "bright", experiment, folds, labels)
    assert again.metrics == {**made.metrics, "families": "kept"}
    assert run_table.runs(place).runs[0].score == made.metrics["score"]


def test_growing_shares_of_the_annotations(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[set[str]] = []
    fit = Brightness.fit

    def noted(self: Brightness, train: Sequence[str], *rest: Any, **more: Any) -> Any:
        trained.append(set(train))
        return fit(self, train, *rest, **more)

    monkeypatch.setattr(Brightness, "fit", noted)
    found = label_study.label_curve(place, "bright", shares=[100, 25])
    assert found is not None
    small, large = found.shares
    assert [row["percent"] for row in found.shares] == [25, 100]
    for few, all_of_them in zip(trained[:3], trained[3:], strict=True):
        assert few < all_of_them
        assert len(few) == pytest.approx(len(all_of_them) / 4, abs=4)
    assert large["run"] == cv.cross_validate(place, "bright").run
    assert small["images"] == pytest.approx(np.mean([len(few) for few in trained[:3]]), abs=1)
    assert small["auc"] == 1
    table = pd.read_csv(found.table)
    assert table["score"].tolist() == [small["score"], large["score"]]
    page = found.page.read_text()
    assert str(small["run"]) in page
    assert "tools study labels bright --share 25 --share 100" in page
    assert found.picture.read_bytes().startswith(b"\x89PNG")
    count = len(trained)
    assert label_study.label_curve(place, "bright", shares=[25, 100]) == found, "it is resumed"
    assert len(trained) == count


def test_a_run_with_few_annotations_says_so_and_joins_no_blend_unasked(place: Workplace) -> None:
    found = label_study.label_curve(place, "bright", shares=[25])
    assert found is not None
    (row,) = run_table.runs(place).runs
    assert row.settings == ("labels=25%",)
    with pytest.raises(ensembling.BlendNameError, match="no complete run"):
        blending.blend(place, [], "all")
    made = blending.blend(place, [str(found.shares[0]["run"])], "one").blend
    assert made.runs == (row.name,)
    assert any("trained with 25 % of the annotations" in note for note in made.notes)
    other = label_study.label_curve(place, "bright", shares=[25], subset_seed=1)
    assert other is not None
    rows = {row.name: row.settings for row in run_table.runs(place, kind="run").runs}
    assert rows.pop(str(other.shares[0]["run"])) == ("labels=25%", "subset_seed=1")
    assert list(rows) == [row.name]
