"""What every folder under competitions/ must keep, whichever competition it is."""

import dataclasses
import importlib
import importlib.resources
import inspect
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import contest
import rlemask
from segmenters import function_of

NAMES = contest.names()


@pytest.fixture(params=NAMES)
def spec(request: pytest.FixtureRequest) -> contest.Spec:
    return contest.load(request.param)


def test_there_is_at_least_one() -> None:
    assert NAMES


def test_the_facts_are_whole(spec: contest.Spec) -> None:
    assert spec.name.isidentifier()
    assert spec.url.startswith("https://")
    assert spec.rules_url.startswith("https://")
    assert spec.slug in spec.url
    assert spec.dialect in rlemask.DIALECTS


def test_the_plugins_are_there(spec: contest.Spec) -> None:
    own = f"competitions.{spec.name}"
    for reference in (spec.metric, spec.prepare):
        assert reference.startswith(own)
        assert callable(contest.plugin(reference))
    assert contest.module_of(spec.experiments).__name__.startswith(own)


def test_its_code_follows_the_protocol(spec: contest.Spec) -> None:
    """`competition_of` refuses functions that are missing or take something else."""
    code = contest.competition_of(spec)
    assert spec.prepare.partition(":")[2] == "prepare"
    assert inspect.signature(code.prepare).parameters.keys() >= {"root", "spec"}


def test_an_empty_folder_is_described_and_not_located(spec: contest.Spec, tmp_path: Path) -> None:
    described = contest.describe(tmp_path, spec)
    assert described.keys() == {"layout", "train_images", "test_images", "lacks"}
    assert (described["train_images"], described["test_images"]) == (0, 0)
    assert described["lacks"]
    for test_only in (False, True):
        with pytest.raises(contest.DataError, match="test images"):
            contest.competition_of(spec).locate(tmp_path, spec, test_only=test_only)


def test_what_it_synthesizes_is_located_and_prepared(spec: contest.Spec, tmp_path: Path) -> None:
    try:
        synthesize = contest.optional(spec, "synthesize")
    except contest.NotOffered:
        pytest.skip("it has no synthetic data")
    positives = synthesize(tmp_path / "data", images=6, test=3, seed=0)
    code = contest.competition_of(spec)
    layout = code.locate(tmp_path / "data", spec)
    assert (layout.train, layout.test, layout.annotations) != (None, None, None)
    dataset = code.prepare(tmp_path / "data", spec, cache=tmp_path / "cache")
    assert (len(dataset.train), len(dataset.test), len(dataset.sample_ids)) == (6, 3, 3)
    assert int(dataset.labels.sum()) == positives
    assert set(dataset.facts.index) == {*dataset.train.index, *dataset.test.index}
    assert dataset.image(dataset.sample_ids[0], 32).shape == (32, 32)
    truth = contest.read_masks(tmp_path / "data" / "test-truth.csv", spec)
    assert set(truth) == set(dataset.sample_ids)
    again = tmp_path / "again"
    synthesize(again, images=6, test=3, seed=0)
    for path in (tmp_path / "data").rglob("*"):
        if path.is_file():
            same = again / path.relative_to(tmp_path / "data")
            assert same.read_bytes() == path.read_bytes(), "the seed says it all"


def test_its_demo_names_experiments_and_has_data(spec: contest.Spec) -> None:
    assert set(spec.demo) <= set(contest.experiment_names(spec.experiments))
    if spec.demo:
        assert contest.optional(spec, "synthesize")


def test_the_bands_are_of_known_facts(spec: contest.Spec) -> None:
    assert not spec.facts or spec.bands.keys() <= spec.facts.keys()


def masks_of(spec: contest.Spec, seed: int) -> np.ndarray:
    """Return bool `(6, h, w)`; the first two are empty."""
    rng = np.random.default_rng(seed)
    masks = np.zeros((6, *spec.shape), bool)
    for mask in masks[2:]:
        top, left = (rng.integers(0, side // 2) for side in spec.shape)
        mask[top : top + spec.shape[0] // 3, left : left + spec.shape[1] // 4] = True
    return masks


def rows(masks: np.ndarray, spec: contest.Spec) -> pd.DataFrame:
    texts = [rlemask.encode(mask, spec.dialect) for mask in masks]
    return pd.DataFrame({"image_id": [f"i{k}" for k in range(len(masks))], "rle": texts})


def test_the_metric_gives_one_for_the_truth_and_less_for_less(spec: contest.Spec) -> None:
    masks = masks_of(spec, 0)
    truth = rows(masks, spec)
    perfect = contest.score(spec, truth, truth)
    assert isinstance(perfect, contest.Score)
    assert (perfect.score, perfect.images, perfect.positives) == (1.0, 6, 4)
    shrunk = masks.copy()
    shrunk[2:, : spec.shape[0] // 3] = False
    empty = contest.score(spec, truth.assign(rle=spec.empty), truth)
    assert empty.score < contest.score(spec, rows(shrunk, spec), truth).score < 1
    assert (empty.score, empty.positive_score, empty.negative_accuracy) == (2 / 6, 0.0, 1.0)


def test_the_metric_stays_in_its_bounds_and_does_not_care_for_order(spec: contest.Spec) -> None:
    for seed in range(5):
        truth, given = rows(masks_of(spec, seed), spec), rows(masks_of(spec, seed + 50), spec)
        result = contest.score(spec, given, truth)
        assert 0 <= result.score <= 1
        assert result.per_image.between(0, 1).all()
        shuffled = contest.score(spec, given[::-1], truth.sample(frac=1, random_state=seed))
        assert shuffled.score == pytest.approx(result.score)


def experiments() -> list[tuple[str, str]]:
    return [
        (name, experiment)
        for name in NAMES
        for experiment in contest.experiment_names(contest.load(name).experiments)
    ]


@pytest.mark.parametrize(("name", "experiment"), experiments())
def test_an_experiment_says_what_it_costs_and_can_be_recorded(name: str, experiment: str) -> None:
    module = contest.load(name).experiments
    made = contest.load_experiment(module, experiment)
    assert dataclasses.is_dataclass(made.config)
    record = json.loads(json.dumps(made.as_dict(), allow_nan=False))
    assert contest.restore_experiment(made, record) == made
    text = getattr(importlib.import_module(module), experiment).__doc__ or ""
    assert f"tools cv {experiment}" in text


@pytest.mark.parametrize(("name", "experiment"), experiments())
def test_an_experiment_keeps_its_contract(name: str, experiment: str) -> None:
    module = contest.load(name).experiments
    made = contest.load_experiment(module, experiment)
    assert isinstance(made, contest.Experiment)
    assert set(made.code) <= {field.name for field in dataclasses.fields(made)}
    assert made.as_dict().keys() >= {"kind", "config", *made.choices}
    assert not made.as_dict().keys() & set(made.code)
    assert made.side > 0
    assert made.models > 0
    own, base = type(made), contest.Experiment
    assert own.learner is not base.learner
    assert made.tunable == (own.tune is not base.tune)
    assert made.exportable == (own.export is not base.export)
    changed = contest.load_experiment(module, experiment, ["seed=7", "image_size=64"])
    assert (changed.seed, changed.side) == (7, 64)
    with pytest.raises(contest.ContestError, match="sets no known field"):
        contest.load_experiment(module, experiment, ["kind=other"])


def networks() -> list[contest.Networks]:
    made = [contest.load_experiment(contest.load(name).experiments, e) for name, e in experiments()]
    return [one for one in made if isinstance(one, contest.Networks)]


@pytest.mark.parametrize("made", networks(), ids=lambda made: made.config.network.encoder)
def test_the_functions_that_networks_name_are_there(made: contest.Networks) -> None:
    assert callable(function_of(made.reader))
    if made.crop:
        box = function_of(made.crop)(np.zeros((64, 64), np.uint8), 0.1)
        assert tuple(box) == (0, 0, 256, 256), "the whole picture where nothing is found"


def test_a_competition_is_a_folder_with_its_notes(spec: contest.Spec) -> None:
    folder = importlib.resources.files(f"competitions.{spec.name}")
    for file in ("competition.toml", "NOTES.md", "__init__.py"):
        assert folder.joinpath(file).is_file(), f"{spec.name} lacks {file}"
