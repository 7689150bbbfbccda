"""The learner: it learns, resumes bit for bit, averages, and refuses foreign folders."""

import functools
import math
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

import jobs
import rlemask
from segmenters import BadTargets, Diverged, NothingToLearn, Segmenter, Stage, WrongModel
from segmenters.inference import inference
from segmenters.inference.inference import (
    Ensemble,
    EnsembleOutput,
    in_batches,
    presence,
    stored,
    top_mean,
)
from segmenters.network.checkpoint import load_model
from tests.metrics import dice
from tests.segmenters._kept_maps import keep_in


class Killed(Exception):
    """Stands for a kill in the middle of a training."""


def killing(at: int):
    def report(_label, done, _total, _figures):
        if done == at:
            raise Killed

    return report


def weights(folder):
    return load_file(folder / "model.safetensors")


def test_fit_leaves_a_model_and_reports(tiny, squares, tmp_path):
    seen = []
    learner = Segmenter(tiny, *squares)
    figures = learner.fit(
        squares[0].ids, tmp_path, seed=0, report=lambda *a: seen.append((a[0], a[1], a[2]))
    )
    assert seen == [("train", k, 4) for k in (1, 2, 3, 4)]
    assert figures["steps"] == 4
    assert figures["training_positives"] == 6
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"model.safetensors", "config.json", "history.csv", "speed.json", "fit.json"}
    history = pd.read_csv(tmp_path / "history.csv")
    assert list(history) == ["epoch", "size", "images", "rate", "loss", "score"]
    assert history["images"].tolist() == [8, 8]
    assert history["score"].isna().all()
    speed = jobs.read_json(tmp_path / "speed.json")
    assert speed["images_per_s"] > 0
    assert 0 <= speed["batch_share"] < 1


HARD = {
    "plain": {},
    "frozen": {"frozen_stages": 1},
    "stages": {"stages": (Stage(1, 32, frozen_stages=5), Stage(1, 64)), "restarts": True},
    "one cycle, shared gradients": {"schedule": "onecycle", "accumulate": 2},
    "best epochs": {"holdout": 0.5, "top_k": 2},
    "threads": {"loader_threads": 2, "augment_on": "cpu", "elastic": 0.05, "crop": 0.2},
    "all losses": {"lovasz": 1.0, "symmetric": True, "deep_supervision": 0.3, "hypercolumns": True},
    "bf16": {"amp": "bf16"},
    "frame": {"frame": 0.1},
}
"""Trainings whose resume has something of its own to remember."""


@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("change", HARD.values(), ids=HARD)
def test_resumed_training_is_bit_for_bit_the_unbroken_one(tiny, squares, tmp_path, change, at):
    config = tiny.replace(checkpoint_seconds=0, **change)
    learner = Segmenter(config, *squares, crop=lambda *_: (16, 0, 240, 256), metric=dice)
    whole = learner.fit(squares[0].ids, tmp_path / "whole", seed=7)
    with pytest.raises(Killed):
        learner.fit(squares[0].ids, tmp_path / "broken", seed=7, report=killing(at))
    assert not (tmp_path / "broken" / "model.safetensors").exists()
    torch.rand(3)
    seen = []
    resumed = learner.fit(
        squares[0].ids, tmp_path / "broken", seed=7, report=lambda *a: seen.append(a[1])
    )
    # gradients that had not changed the weights yet are gone
    assert seen[0] == (at + 1 if config.training.accumulate == 1 else at // 2 * 2 + 1)
    assert resumed == whole
    one, other = weights(tmp_path / "whole"), weights(tmp_path / "broken")
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
    history = [(tmp_path / n / "history.csv").read_bytes() for n in ("whole", "broken")]
    assert history[0] == history[1]


def test_finished_folder_is_not_trained_again(tiny, squares, tmp_path):
    learner = Segmenter(tiny, *squares)
    first = learner.fit(squares[0].ids, tmp_path, seed=0)
    assert learner.fit(squares[0].ids, tmp_path, seed=0, report=killing(1)) == first


def test_finished_folder_costs_no_masks(tiny, squares, tmp_path, monkeypatch):
    learner = Segmenter(tiny, *squares)
    first = learner.fit(squares[0].ids, tmp_path, seed=0)
    monkeypatch.delattr("segmenters.data.training_set.mask_coverage")
    assert learner.fit(squares[0].ids, tmp_path, seed=0) == first


def test_masks_are_stamped_however_their_pixels_are_numbered(tiny, squares, tmp_path):
    stack, targets = squares
    rows = {image_id: mask.in_order(columns=False) for image_id, mask in targets.items()}
    first = Segmenter(tiny, stack, targets).fit(stack.ids, tmp_path / "columns", seed=0)
    Segmenter(tiny, stack, rows).fit(stack.ids, tmp_path / "rows", seed=0)
    one, same = weights(tmp_path / "columns"), weights(tmp_path / "rows")
    assert all(torch.equal(one[name], same[name]) for name in one)
    again = Segmenter(tiny, stack, rows)
    assert again.fit(stack.ids, tmp_path / "columns", seed=0, report=killing(1)) == first
    other = Segmenter(tiny, stack, targets | {"i0": ~targets["i0"]})
    with pytest.raises(WrongModel, match="other images"):
        other.fit(stack.ids, tmp_path / "columns", seed=0)


def test_one_image_makes_no_batch(tiny, squares, tmp_path):
    learner = Segmenter(tiny.replace(samples=0), *squares)
    with pytest.raises(NothingToLearn, match="batch of two"):
        learner.fit(["i1"], tmp_path, seed=0)


def test_other_seed_other_weights(tiny, squares, tmp_path):
    learner = Segmenter(tiny, *squares)
    for seed in (0, 1):
        learner.fit(squares[0].ids, tmp_path / str(seed), seed=seed)
    one, other = weights(tmp_path / "0"), weights(tmp_path / "1")
    assert not torch.equal(one["mask_head.weight"], other["mask_head.weight"])


@pytest.mark.parametrize("finished", [True, False])
def test_folder_of_another_training_is_refused(tiny, squares, tmp_path, finished):
    learner = Segmenter(tiny.replace(checkpoint_seconds=0), *squares)
    if finished:
        learner.fit(squares[0].ids, tmp_path, seed=0)
    else:
        with pytest.raises(Killed):
            learner.fit(squares[0].ids, tmp_path, seed=0, report=killing(2))
    with pytest.raises(WrongModel, match="other images, seed, metric or config"):
        learner.fit(squares[0].ids, tmp_path, seed=1)
    with pytest.raises(WrongModel, match="other images, seed, metric or config"):
        learner.fit(squares[0].ids[:-1], tmp_path, seed=0)


def test_torn_resume_point_is_named(tiny, squares, tmp_path):
    (tmp_path / "state.safetensors").write_bytes(b"torn")
    with pytest.raises(WrongModel, match=r"state\.safetensors"):
        Segmenter(tiny, *squares).fit(squares[0].ids, tmp_path, seed=0)


def test_threads_and_random_state_are_left_alone(tiny, squares, tmp_path):
    torch.manual_seed(5)
    threads, expected = torch.get_num_threads(), torch.rand(3)
    torch.manual_seed(5)
    Segmenter(tiny, *squares).fit(squares[0].ids, tmp_path, seed=0)
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads


def test_divergence_is_named(tiny, squares, tmp_path):
    learner = Segmenter(tiny, *squares)

    def nan_loss(*_args):
        return torch.tensor(math.nan, requires_grad=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("segmenters.training.trainer.total_loss", nan_loss)
        with pytest.raises(Diverged, match="step 1 of 4"):
            learner.fit(squares[0].ids, tmp_path, seed=0)


@pytest.mark.slow
def test_learns_bright_squares(tiny, squares, tmp_path):
    config = tiny.replace(
        encoder="resnet10t", epochs=20, samples=12, lr=4e-3, encoder_lr=2e-3, rotate=0,
        ema_decay=0.9,
    )  # fmt: skip
    stack, targets = squares
    learner = Segmenter(config, stack, targets)
    learner.fit(stack.ids, tmp_path, seed=0)
    losses = pd.read_csv(tmp_path / "history.csv")["loss"]
    assert losses.iloc[-1] < 0.5 * losses.iloc[0]
    maps = {}
    p = learner.predict(stack.ids, [tmp_path], write_map=keep_in(maps))
    odd = np.arange(12) % 2 == 1
    assert p[odd].min() > p[~odd].max()
    truth, found = stack.pixels[1] > 120, maps["i1"] > 127
    assert 2 * (truth & found).sum() / (truth.sum() + found.sum()) > 0.7


@pytest.fixture
def two_models(tiny, squares, tmp_path):
    config = tiny.replace(epochs=1)
    learner = Segmenter(config, *squares)
    folders = [tmp_path / "a", tmp_path / "b"]
    for seed, folder in enumerate(folders):
        learner.fit(squares[0].ids, folder, seed=seed)
    return learner, folders


def test_predict_averages_models_and_does_not_depend_on_batches(two_models, squares):
    learner, folders = two_models
    ids = squares[0].ids[:5]
    maps: list[dict[str, np.ndarray]] = [{}, {}, {}]
    alone = [
        learner.predict(ids, [folder], write_map=keep_in(maps[k]))
        for k, folder in enumerate(folders)
    ]
    learner.config = learner.config.replace(predict_batch=2)
    both = learner.predict(ids, folders, write_map=keep_in(maps[2]))
    assert both.dtype == np.float64
    np.testing.assert_allclose(both, np.mean(alone, axis=0), atol=1e-6)
    for i in ids:
        assert maps[2][i].dtype == np.uint8
        mean = (maps[0][i].astype(float) + maps[1][i]) / 2
        assert np.abs(maps[2][i] - mean).max() <= 1


def test_networks_of_other_seeds_are_averaged(tiny, squares, tmp_path):
    config = tiny.replace(epochs=1, models=2, checkpoint_seconds=0)
    learner, ids = Segmenter(config, *squares), squares[0].ids
    seen = []

    def report(label, done, _total, _figures):
        seen.append((label, done))
        if len(seen) == 3:
            raise Killed

    with pytest.raises(Killed):
        learner.fit(ids, tmp_path, seed=5, report=report)
    figures = learner.fit(ids, tmp_path, seed=5)
    assert [label for label, _ in seen] == ["train network 0"] * 2 + ["train network 1"]
    assert figures["steps"] == 4
    assert figures["training_positives"] == 6
    one, other = weights(tmp_path / "net0"), weights(tmp_path / "net1")
    assert not torch.equal(one["mask_head.weight"], other["mask_head.weight"])
    single = Segmenter(config.replace(models=1), *squares)
    single.fit(ids, tmp_path / "alone", seed=5)
    assert torch.equal(one["mask_head.weight"], weights(tmp_path / "alone")["mask_head.weight"])
    both = learner.predict(ids, [tmp_path])
    parts = [single.predict(ids, [tmp_path / name]) for name in ("net0", "net1")]
    np.testing.assert_allclose(both, np.mean(parts, axis=0), atol=1e-6)


def test_models_are_loaded_once_and_again_where_they_changed(two_models, squares, monkeypatch):
    learner, folders = two_models
    loaded = []

    def load(folder):
        loaded.append(folder.name)
        return load_model(folder)

    monkeypatch.setattr(inference, "load_model", load)
    ids = squares[0].ids[:3]
    p = learner.predict(ids, folders)
    assert loaded == ["a", "b"]
    again = Segmenter(learner.config, *squares)
    assert (again.predict(ids, folders) == p).all()
    assert loaded == ["a", "b"], "another learner, as of the next batch of a server"
    shutil.copy(folders[1] / "model.safetensors", folders[0] / "copy")
    (folders[0] / "copy").replace(folders[0] / "model.safetensors")
    assert (learner.predict(ids, folders) != p).any()
    assert loaded == ["a", "b"] * 2
    (folders[0] / "model.safetensors").unlink()
    with pytest.raises(WrongModel, match="missing"):
        learner.predict(ids, folders)


def test_flip_average_is_symmetric(two_models, squares):
    learner, folders = two_models
    images = squares[0].pixels[:3]
    ensemble = Ensemble(folders[:1], learner.config, torch.device("cpu"))
    straight, mirrored = ensemble.predict(images), ensemble.predict(images[:, :, ::-1].copy())
    np.testing.assert_allclose(straight[0], mirrored[0][:, :, ::-1], atol=1e-6)
    np.testing.assert_allclose(straight[1], mirrored[1], atol=1e-6)


def test_mask_size_and_empty_request(two_models):
    learner, folders = two_models
    small = Segmenter(learner.config.replace(mask_size=32), learner.images, {})
    maps = {}
    small.predict(["i1"], folders, write_map=keep_in(maps))
    assert small.mask_size == 32
    assert maps["i1"].shape == (32, 32)
    assert small.predict([], folders).shape == (0,)


def test_batch_halves_when_memory_runs_out(two_models, squares, monkeypatch):
    learner, folders = two_models
    ensemble = Ensemble(folders[:1], learner.config, torch.device("cpu"))
    whole = Ensemble.predict
    sizes = []

    def small_memory(self, images):
        sizes.append(len(images))
        if len(images) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate")
        return whole(self, images)

    monkeypatch.setattr(Ensemble, "predict", small_memory)
    parts = [part for part, _ in in_batches(ensemble, squares[0].pixels.__getitem__, 7, 8)]
    assert sizes == [7, 4, 2, 2, 2, 1]
    assert [part.stop - part.start for part in parts] == [2, 2, 2, 1]


def test_other_errors_are_not_taken_for_memory(two_models, squares, monkeypatch):
    learner, folders = two_models
    ensemble = Ensemble(folders[:1], learner.config, torch.device("cpu"))

    def broken(_self, _images):
        raise RuntimeError("shape mismatch")

    monkeypatch.setattr(Ensemble, "predict", broken)
    with pytest.raises(RuntimeError, match="shape mismatch"):
        list(in_batches(ensemble, squares[0].pixels.__getitem__, 4, 4))


def test_folders_without_a_model_are_refused(two_models, tmp_path):
    learner, folders = two_models
    with pytest.raises(ValueError, match="no model folder"):
        learner.predict(["i1"], [])
    with pytest.raises(WrongModel, match="nothing"):
        learner.predict(["i1"], [tmp_path / "nothing"])
    (folders[0] / "model.safetensors").write_bytes(b"torn")
    with pytest.raises(WrongModel, match="no usable model"):
        learner.predict(["i1"], folders)
    jobs.write_json(folders[1] / "config.json", {"encoder": "none such"})
    with pytest.raises(WrongModel, match=str(folders[1])):
        learner.predict(["i1"], folders[1:])


def test_unknown_image_is_named(two_models):
    learner, folders = two_models
    with pytest.raises(BadTargets, match="ghost"):
        learner.predict(["ghost"], folders)


def test_presence_by_hand():
    none = np.zeros(2)
    seen = EnsembleOutput(none, np.array([0.2, 1.0]), np.array([0.6, 0.5]), none)
    assert presence(seen, "head").tolist() == [0.2, 1.0]
    assert presence(seen, "map").tolist() == [0.6, 0.5]
    assert presence(seen, "both").tolist() == [0.4, 0.75]


def test_top_mean_takes_the_highest_half_percent():
    maps = torch.zeros(1, 20, 20)
    maps[0, 3, 4], maps[0, 5, 6], maps[0, 0, 0] = 0.9, 0.5, 0.1
    assert top_mean(maps).item() == pytest.approx(0.7)


def test_stored_maps_are_area_means():
    maps = np.zeros((1, 4, 4), np.float32)
    maps[0, :2, :2] = [[1, 1], [0, 0]]
    assert stored(maps, 2)[0].tolist() == [[128, 0], [0, 0]]
    assert stored(np.ones((1, 4, 4), np.float32), 8).tolist() == [[[255] * 8] * 8]


@pytest.mark.parametrize("amp", ["bf16", "fp16"])
def test_half_precision_learns_nearly_the_same(tiny, squares, tmp_path, amp):
    learner = Segmenter(tiny.replace(amp="none"), *squares)
    whole = learner.fit(squares[0].ids, tmp_path / "none", seed=0)
    half = Segmenter(tiny.replace(amp=amp), *squares)
    figures = half.fit(squares[0].ids, tmp_path / amp, seed=0)
    assert figures["loss"] == pytest.approx(whole["loss"], rel=0.05)
    assert figures["loss"] != whole["loss"]


def test_a_compiled_network_learns_the_same_and_is_saved_as_an_ordinary_one(
    tiny, squares, tmp_path, monkeypatch
):
    # traced as for the real compiler, whose C++ would take minutes here
    monkeypatch.setattr(torch, "compile", functools.partial(torch.compile, backend="eager"))
    config = tiny.replace(epochs=1, dropout=0.0)
    plain = Segmenter(config, *squares).fit(squares[0].ids, tmp_path / "plain", seed=0)
    compiled = Segmenter(config.replace(compile=True), *squares)
    figures = compiled.fit(squares[0].ids, tmp_path / "compiled", seed=0)
    assert figures["loss"] == pytest.approx(plain["loss"], rel=1e-3)
    assert weights(tmp_path / "compiled").keys() == weights(tmp_path / "plain").keys()


def test_images_left_out_do_not_change_the_training(tiny, squares, tmp_path):
    images, targets = squares
    dot = np.zeros((64, 64), np.uint8)
    dot[5, 5] = 1
    targets = {**targets, "i1": rlemask.runs_of(dot)}
    learner = Segmenter(tiny.replace(skip_below=0.001), images, targets)
    learner.fit(images.ids, tmp_path / "some", seed=0)
    others = [i for i in images.ids if i != "i1"]
    Segmenter(tiny, images, targets).fit(others, tmp_path / "others", seed=0)
    one, other = weights(tmp_path / "some"), weights(tmp_path / "others")
    assert all(torch.equal(one[name], other[name]) for name in one)
