"""Experiments by name, with settings, and as a run recorded them."""

import dataclasses
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import pandas as pd
import pytest

import contest
import jobs
import rlemask
import segmenters
from classifiers import LightGBMConfig, LightGBMLearner, SidedLearner
from contest.experiments.settings import with_settings


@dataclass(frozen=True)
class Config:
    """A learner's choices."""

    rate: float = 0.1
    rounds: int = 10
    flip: bool = False
    blocks: tuple[int, ...] = (1, 2)
    backbone: str = "small"
    sizes: tuple[int, ...] = ()
    shares: tuple[float, float] = (0, 1)
    attention: str | None = None
    size: int = 32
    models: int = 1
    sides: float = 0.0
    frame: float = 0.0
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise ValueError("rounds must be at least 1")


def table(source: contest.Source, side: int, families: Sequence[str]) -> pd.DataFrame:
    """One feature, always 1."""
    return pd.DataFrame({"grid_one": 1.0}, index=source.facts.index)


def small() -> contest.Trees:
    return contest.Trees(Config(), 64, families=("grid",), table=table)


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> str:
    made = ModuleType("invented_experiments")
    for function in (small,):
        copy = type(function)(function.__code__, function.__globals__, function.__name__)
        copy.__module__ = made.__name__
        setattr(made, function.__name__, copy)
    made.json_dumps = json.dumps  # imported from elsewhere: no experiment
    made._hidden = small
    monkeypatch.setitem(sys.modules, made.__name__, made)
    return made.__name__


def test_experiments_are_the_public_functions_of_the_module(module: str) -> None:
    assert contest.experiment_names(module) == ["small"]
    assert contest.load_experiment(module, "small") == small()


def test_a_wrong_name_lists_the_right_ones(module: str) -> None:
    with pytest.raises(contest.ContestError, match="did you mean small"):
        contest.load_experiment(module, "smal")


def test_settings_replace_fields_with_their_type(module: str) -> None:
    settings = ["rate=0.5", "rounds=3", "flip=true", "blocks=4,5", "backbone=large"]
    found = contest.load_experiment(module, "small", [*settings, "image_size=128", "seed=7"])
    assert found.config == Config(0.5, 3, True, (4, 5), "large")
    assert (found.image_size, found.seed) == (128, 7)


def test_a_tuple_is_read_by_its_annotation(module: str) -> None:
    settings = ["sizes=96,128", "shares=0.5,1", "families=grid,hog"]
    found = contest.load_experiment(module, "small", settings)
    assert found.config == Config(sizes=(96, 128), shares=(0.5, 1.0))
    assert found.families == ("grid", "hog")
    with pytest.raises(contest.ContestError, match="'sizes=a,b'"):
        contest.load_experiment(module, "small", ["sizes=a,b"])


@pytest.mark.parametrize(("text", "value"), [("scse", "scse"), ("5", "5"), ("null", None)])
def test_a_text_that_may_be_missing_stays_a_text(module: str, text: str, value: str | None) -> None:
    found = contest.load_experiment(module, "small", [f"attention={text}"])
    assert found.config.attention == value


def trees() -> contest.Trees:
    return contest.Trees(LightGBMConfig(), 64, table=table)


def test_faults_of_a_configuration_are_all_named_with_the_nearest_name() -> None:
    with pytest.raises(contest.ContestError) as caught:
        with_settings(
            trees(), ["round=3", "num_leaves=1", "models=many", "inner_folds=1", "seed=2"]
        )
    assert str(caught.value).split("; ") == [
        "'round=3' sets no known field: round is unknown, the nearest is rounds",
        "'models=many' must be a valid integer, unable to parse string as an integer",
        "'num_leaves=1', 'inner_folds=1': num_leaves must lie in 2..4096, not 1",
        "inner_folds must be 0 or at least 2, not 1",
    ]


def test_a_setting_is_named_whole_or_short() -> None:
    made = contest.Networks(segmenters.SegmenterConfig())
    settings = ["network.encoder=resnet34", "lr=0.1", "train_sizes=[64, 96]", "top_k=1"]
    settings += ["decoder_attention=null", "holdout=0.1", "restarts=true", "frame=0.2", "seed=3"]
    settings += ['stages=[{"epochs": 2, "size": 64}]', "training.train_sizes="]
    with pytest.raises(contest.ContestError, match=r"'training\.train_sizes=' sets no known field"):
        with_settings(made, settings)
    found = with_settings(made, [*settings[:2], *settings[3:-2], "tta_scales=0.5,1.5"])
    assert found.seed == 3
    assert found.config == segmenters.SegmenterConfig().replace(
        encoder="resnet34", lr=0.1, top_k=1, holdout=0.1, restarts=True, crop_margin=0.2,
        tta_scales=(0.5, 1.5),
    )  # fmt: skip
    staged = with_settings(made, [settings[-2]])
    assert staged.config.training.stages == (segmenters.Stage(2, 64),)


def test_an_ambiguous_setting_names_what_may_be_meant() -> None:
    @dataclass(frozen=True)
    class Part:
        rate: float = 0.1

    @dataclass(frozen=True)
    class Both:
        one: Part = Part()
        two: Part = Part()
        size: int = 8

    with pytest.raises(contest.ContestError, match=r"'rate=1' .* write one\.rate or two\.rate"):
        with_settings(contest.Experiment(Both()), ["rate=1"])
    found = with_settings(contest.Experiment(Both()), ["two.rate=1", "size=4"])
    assert found.config == Both(two=Part(1.0), size=4)


def test_a_run_of_networks_is_read_as_it_was_recorded() -> None:
    made = contest.Networks(segmenters.SegmenterConfig().replace(epochs=3))
    record = json.loads(json.dumps(made.as_dict()))
    assert (
        contest.restore_experiment(contest.Networks(segmenters.SegmenterConfig()), record) == made
    )
    former = {**record, "config": {"frame": 0.1, "batch": 4, "stages": [], "no_more": 1}}
    assert contest.restore_experiment(made, former).config == made.config.replace(
        crop_margin=0.1, batch=4
    )
    groups = {**record, "config": dataclasses.asdict(made.config)}
    assert (
        contest.restore_experiment(contest.Networks(segmenters.SegmenterConfig()), groups) == made
    )


def test_all_faulty_settings_are_named(module: str) -> None:
    settings = [
        "rouns=3",
        "rate=fast",
        "flip=maybe",
        "rounds=0",
        "kind=segmenter",
        "rate",
        "table=x",
    ]
    with pytest.raises(contest.ContestError) as caught:
        contest.load_experiment(module, "small", settings)
    for part in ("'rouns=3' sets no known field", "'rate=fast'", "'flip=maybe'", "'rounds=0'"):
        assert part in str(caught.value)
    assert str(caught.value).count("; ") == 6


def test_a_recorded_experiment_is_restored_as_it_was_made() -> None:
    made = dataclasses.replace(small(), config=Config(rate=0.7, blocks=(9,)), seed=3)
    record = json.loads(json.dumps(made.as_dict()))
    assert contest.restore_experiment(small(), {**record, "more": 1}) == made


def test_a_run_of_another_kind_is_refused() -> None:
    record = contest.Networks(segmenters.SegmenterConfig()).as_dict()
    with pytest.raises(contest.ContestError, match="kind segmenter, which is of kind class"):
        contest.restore_experiment(small(), record)


# what runs are named by may never change


@pytest.mark.parametrize(
    ("made", "kind", "families", "config"),
    [
        (small(), "classifier", ["grid"], dataclasses.asdict(Config())),
        (
            contest.Networks(
                segmenters.SegmenterConfig(), 64, crop="a:b", reader="c:d", suffix=".png"
            ),
            "segmenter", [], segmenters.SegmenterConfig().as_dict(),
        ),
    ],
)  # fmt: skip
def test_a_record_holds_choices_and_no_code(
    made: contest.Experiment, kind: str, families: list[str], config: dict[str, Any]
) -> None:
    config = json.loads(json.dumps(config))
    assert made.as_dict() == {
        "kind": kind, "config": config, "image_size": 64, "families": families, "seed": 0,
    }  # fmt: skip


# what an experiment can and cannot


@dataclass(frozen=True)
class Coins(contest.Experiment):
    """An experiment of a competition's own, with a choice of its own."""

    kind: ClassVar[str] = "coins"
    sides_of_a_coin: int = 2


def test_an_experiment_of_its_own_has_settings_and_a_record() -> None:
    made = Coins(Config(), sides_of_a_coin=3)
    assert (made.side, made.models, made.wants_gpu) == (32, 1, False)
    assert made.choices == ["image_size", "seed", "sides_of_a_coin"]
    assert contest.restore_experiment(Coins(Config()), made.as_dict()) == made


def test_what_an_experiment_does_not_offer_is_nothing_or_an_error(tmp_path: Path) -> None:
    made, source, learner = Coins(Config()), SOURCE, object()
    assert not made.tunable
    assert not made.exportable
    made.follow(source)
    made.dismiss()
    assert made.features(source) is None
    assert made.explain(learner, {}) is None
    with pytest.raises(NotImplementedError, match="Coins must build its learner"):
        made.learner(source)
    with pytest.raises(NotImplementedError, match="Coins has no settings to search"):
        made.tune(learner, [], tmp_path, trials=1)
    with pytest.raises(NotImplementedError, match="Coins has nothing to export"):
        made.export([], tmp_path, name="run", onnx=False, about={})


class Images:
    """Two images by id."""

    ids: ClassVar[list[str]] = ["a", "b"]
    digest = "two"

    def __init__(self, side: int) -> None:
        import numpy as np

        self.pixels = np.zeros((2, side, side), np.uint8)

    def take(self, ids: Sequence[str]) -> Any:
        return self.pixels[[self.ids.index(i) for i in ids]]


INDEX = pd.Index(Images.ids, name="image_id")
SOURCE: Any = SimpleNamespace(
    part="train",
    facts=pd.DataFrame(index=INDEX),
    dataset=SimpleNamespace(
        labels=pd.Series([0, 1], INDEX),
        groups=None,
        truth={one: rlemask.empty((32, 32)) for one in Images.ids},
    ),
    spec=SimpleNamespace(metric="competitions.siim_acr_pneumothorax.metric:dice"),
    stack=Images,
)


def test_the_run_of_the_defaults_of_trees_keeps_its_name() -> None:
    experiments = "competitions.siim_acr_pneumothorax.experiments"
    made = contest.load_experiment(experiments, "lightgbm")
    assert jobs.digest(made.as_dict()["config"]) == "a9874b208b1e9b57"


def test_trees_take_the_table_and_the_sides_that_they_are_given() -> None:
    asked: list[tuple[str, int]] = []

    def tables(source: contest.Source, side: int) -> dict[str, pd.DataFrame]:
        asked.append((source.part, side))
        return {"left": source.facts.assign(x=1.0), "right": source.facts.assign(x=2.0)}

    def labels(source: contest.Source) -> pd.DataFrame:
        return pd.DataFrame({"left": [0, 0], "right": [0, 1]}, index=source.facts.index)

    plain = contest.Trees(LightGBMConfig(), 64, table=table)
    assert type(plain.learner(SOURCE)) is LightGBMLearner
    assert plain.features(SOURCE).columns.tolist() == ["grid_one"]
    sided = dataclasses.replace(
        plain, config=LightGBMConfig(sides=0.5), sides=contest.Sides(tables, labels)
    )
    assert isinstance(sided.learner(SOURCE), SidedLearner)
    assert sided.features(SOURCE).columns.tolist() == ["grid_one"]
    assert asked == [("train", 64), ("train", 64)]
    without = dataclasses.replace(sided, sides=None)
    for build in (without.learner, without.features):
        with pytest.raises(contest.ContestError, match="define its sides, or set sides=0"):
            build(SOURCE)


def test_networks_take_the_crop_that_is_named(tmp_path: Path) -> None:
    config = segmenters.SegmenterConfig().replace(size=32, crop_margin=0.1)
    named = contest.Networks(config, crop="cxr:lung_box")
    assert named.learner(SOURCE).crop is segmenters.function_of("cxr:lung_box")
    assert named.wants_gpu
    assert not contest.Networks(config.replace(device="cpu")).wants_gpu
    assert (named.side, named.models) == (32, 1)
    words = "give the experiment a crop, or set crop_margin=0"
    with pytest.raises(segmenters.BadCrop, match=words):
        contest.Networks(config).learner(SOURCE)
    with pytest.raises(segmenters.UnknownFunction, match="'cxr:box' names no function"):
        contest.Networks(config, crop="cxr:box").learner(SOURCE)
    with pytest.raises(contest.ContestError, match=r"r1 cannot be exported.*give it reader="):
        named.export([], tmp_path / "out", name="r1", onnx=False, about={})
