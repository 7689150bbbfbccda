"""Every network experiment, also those made for a GPU, trains and predicts in miniature here."""

import dataclasses

import numpy as np
import pytest

import contest
import rlemask
from segmenters import Segmenter, SegmenterConfig, function_of
from tests.segmenters._kept_maps import keep_in

SIDE = 64


def networks() -> list[tuple[str, str]]:
    every = [
        (name, contest.load(name).experiments, experiment)
        for name in contest.names()
        for experiment in contest.experiment_names(contest.load(name).experiments)
    ]
    return [
        (name, experiment)
        for name, module, experiment in every
        if isinstance(contest.load_experiment(module, experiment), contest.Networks)
    ]


def small(config: SegmenterConfig) -> SegmenterConfig:
    """Return the same recipe, stage by stage, for images of 64 px and a minute of a CPU."""
    scale = SIDE / config.network.size
    stages = tuple(
        dataclasses.replace(stage, epochs=1, size=max(32, round(stage.size * scale / 32) * 32),
                            batch=4)
        for stage in config.course
    )  # fmt: skip
    return config.replace(
        encoder_weights="none", size=SIDE, train_sizes=(), stages=stages, samples=8,
        batch=4, holdout=config.training.holdout and 0.34,
        loader_threads=min(1, config.runtime.loader_threads),
        mask_size=config.inference.mask_size and SIDE // 2, device="cpu", threads=1,
        pad_to=config.network.pad_to and SIDE + 16,
    )  # fmt: skip


class Stack:
    """Images by id."""

    def __init__(self, images: dict[str, np.ndarray]) -> None:
        self.ids, self.pixels = list(images), np.stack(list(images.values()))

    def take(self, ids):
        return self.pixels[[self.ids.index(i) for i in ids]]


@pytest.fixture(scope="module")
def squares() -> tuple[Stack, dict[str, rlemask.Runs]]:
    """Twenty-four noisy images, every second with a bright square as its lesion."""
    rng = np.random.default_rng(0)
    images, targets = {}, {}
    for number in range(24):
        image, mask = rng.integers(40, 80, (SIDE, SIDE), dtype=np.uint8), np.zeros((SIDE, SIDE))
        if number % 2:
            mask[10:30, 20 : 30 + number] = 1
        images[f"i{number}"] = np.where(mask > 0, image + 150, image).astype(np.uint8)
        targets[f"i{number}"] = rlemask.runs_of(mask.astype(np.uint8))
    return Stack(images), targets


@pytest.mark.slow
@pytest.mark.parametrize(("name", "experiment"), networks())
def test_the_recipe_trains_and_predicts_in_miniature(name, experiment, squares, tmp_path):
    spec = contest.load(name)
    made = contest.load_experiment(spec.experiments, experiment)
    config = small(made.config)
    crop = function_of(made.crop) if made.crop else None
    learner = Segmenter(config, *squares, crop=crop, metric=contest.metric_of(spec))
    figures = learner.fit(squares[0].ids, tmp_path / "once", seed=0)
    assert np.isfinite(figures["loss"])
    assert ("held_out_score" in figures) == (config.training.holdout > 0)
    maps: dict[str, np.ndarray] = {}
    p = learner.predict(squares[0].ids[:3], [tmp_path / "once"], write_map=keep_in(maps))
    assert ((p >= 0) & (p <= 1)).all()
    assert {one.shape for one in maps.values()} == {(learner.mask_size, learner.mask_size)}
    again = tmp_path / "again"
    learner.fit(squares[0].ids, again, seed=0)
    models = sorted(again.rglob("model.safetensors"))
    assert len(models) == config.training.models
    for path in models:
        first = tmp_path / "once" / path.relative_to(again)
        assert path.read_bytes() == first.read_bytes(), "the seed says it all"
