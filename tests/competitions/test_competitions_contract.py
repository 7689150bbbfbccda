"""What every folder under competitions/ must keep, whichever competition it is."""

import dataclasses
import importlib
import importlib.resources
import json

import numpy as np
import pandas as pd
import pytest

import contest
import rlemask

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
    assert callable(contest.module_of(spec.prepare).locate)
    assert callable(contest.module_of(spec.prepare).describe)


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


def test_a_competition_is_a_folder_with_its_notes(spec: contest.Spec) -> None:
    folder = importlib.resources.files("competitions").joinpath(spec.name)
    for file in ("competition.toml", "NOTES.md", "__init__.py"):
        assert folder.joinpath(file).is_file(), f"{spec.name} lacks {file}"
