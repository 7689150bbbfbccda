"""Self-supervised pretraining: no annotation enters it, all trainings share it, it resumes."""

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

import rlemask
from segmenters import Segmenter, WrongModel
from segmenters.network.network import Prediction
from segmenters.training.pretraining import hidden_blocks, restoration_loss
from tests.segmenters.conftest import Stack


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def weights(folder):
    return load_file(folder / "model.safetensors")


def same(one, other, part=""):
    return all(torch.equal(one[name], other[name]) for name in one if name.startswith(part))


class Killed(Exception):
    """Stands for a kill in the middle of a training."""


@pytest.fixture
def config(tiny):
    return tiny.replace(pretrain_epochs=2, checkpoint_seconds=0)


@pytest.mark.parametrize("size", [32, 64, 256])
def test_half_of_the_blocks_are_hidden(size):
    hidden = hidden_blocks(5, size, generator(0))
    assert hidden.shape == (5, size, size)
    assert set(hidden.unique().tolist()) == {0.0, 1.0}
    assert hidden.mean(dim=(1, 2)).tolist() == [0.5] * 5
    side = size // 16
    blocks = hidden.view(5, 16, side, 16, side)
    assert (blocks.amax(dim=(2, 4)) == blocks.amin(dim=(2, 4))).all()
    assert torch.equal(hidden, hidden_blocks(5, size, generator(0)))
    assert not torch.equal(hidden, hidden_blocks(5, size, generator(1)))


def test_only_hidden_pixels_count():
    grey, hidden = torch.randn(2, 8, 8), torch.zeros(2, 8, 8)
    hidden[:, :4] = 1
    maps = grey.clone()
    maps[:, 4:] += 100
    prediction = Prediction(maps, torch.randn(2))
    assert restoration_loss(prediction, torch.stack([grey, hidden], 1)) == 0
    maps[:, :4] += 2
    assert restoration_loss(prediction, torch.stack([grey, hidden], 1)) == pytest.approx(4)


def test_it_learns_to_restore(tiny, squares, tmp_path):
    config = tiny.replace(pretrain_epochs=30, epochs=1, lr=0.01, encoder_lr=0.01)
    Segmenter(config, *squares).fit(squares[0].ids, tmp_path / "fold0", seed=0)
    losses = pd.read_csv(tmp_path / "pretrained" / "history.csv")["loss"]
    assert losses.iloc[-3:].mean() < 0.7 * losses.iloc[:3].mean()


def test_it_is_made_once_and_trainings_start_from_it(config, squares, tmp_path):
    still = config.replace(lr=0.0, encoder_lr=0.0, weight_decay=0.0)
    learner, seen = Segmenter(still, *squares), []
    for fold in range(2):
        learner.fit(squares[0].ids[fold:], tmp_path / f"fold{fold}", seed=fold,
                    report=lambda label, *_: seen.append(label))  # fmt: skip
    assert seen == ["train on all images"] * 6 + ["train"] * 8
    kernels = [name for name in weights(tmp_path / "pretrained")
               if name.startswith(("encoder", "decoder")) and name.endswith("weight")]  # fmt: skip
    first, fold = weights(tmp_path / "pretrained"), weights(tmp_path / "fold1")
    assert kernels
    assert all(torch.allclose(first[name], fold[name]) for name in kernels)
    assert not same(first, fold, "mask_head")


def test_annotations_do_not_enter_it(config, squares, tmp_path):
    images, targets = squares
    other = dict(zip(targets, reversed(targets.values()), strict=True))
    for name, masks in (("a", targets), ("b", other)):
        Segmenter(config, images, masks).fit(images.ids[:6], tmp_path / name / "fold0", seed=0)
    assert same(weights(tmp_path / "a" / "pretrained"), weights(tmp_path / "b" / "pretrained"))


def test_images_without_annotation_take_part(config, squares, tmp_path):
    rng = np.random.default_rng(1)
    more = Stack({f"t{k}": rng.integers(0, 255, (64, 64), dtype=np.uint8) for k in range(6)})
    Segmenter(config, *squares, unlabelled=more).fit(squares[0].ids, tmp_path / "fold0", seed=0)
    assert pd.read_csv(tmp_path / "pretrained" / "history.csv")["images"].tolist() == [18, 18]


@pytest.mark.parametrize("at", [1, 4, 8])
def test_a_resumed_training_is_bit_for_bit_the_unbroken_one(config, squares, tmp_path, at):
    def kill(*_):
        calls.append(1)
        if len(calls) == at:
            raise Killed

    learner, calls = Segmenter(config, *squares), []
    whole = learner.fit(squares[0].ids, tmp_path / "whole" / "fold0", seed=3)
    with pytest.raises(Killed):
        learner.fit(squares[0].ids, tmp_path / "broken" / "fold0", seed=3, report=kill)
    assert learner.fit(squares[0].ids, tmp_path / "broken" / "fold0", seed=3) == whole
    for name in ("pretrained", "fold0"):
        assert same(weights(tmp_path / "whole" / name), weights(tmp_path / "broken" / name))


def test_a_pretrained_network_of_other_images_is_refused(config, squares, tmp_path):
    images, targets = squares
    Segmenter(config, images, targets).fit(images.ids, tmp_path / "fold0", seed=0)
    changed = Stack(
        {i: image[::-1].copy() for i, image in zip(images.ids, images.pixels, strict=True)}
    )
    with pytest.raises(WrongModel, match="pretrained"):
        Segmenter(config, changed, targets).fit(images.ids, tmp_path / "fold1", seed=0)


def test_a_damaged_pretrained_network_is_named(config, squares, tmp_path):
    learner = Segmenter(config, *squares)
    learner.fit(squares[0].ids, tmp_path / "fold0", seed=0)
    (tmp_path / "pretrained" / "model.safetensors").write_bytes(b"torn")
    with pytest.raises(WrongModel, match=r"pretrained.*delete it and train again"):
        learner.fit(squares[0].ids, tmp_path / "fold1", seed=0)


def test_an_empty_object_is_no_fault_of_the_pretraining(config, squares, tmp_path):
    images, targets = squares
    few = {i: targets[i] if i in ("i1", "i3") else rlemask.empty((64, 64)) for i in images.ids}
    Segmenter(config, images, few).fit(images.ids, tmp_path / "fold0", seed=0)
    assert (tmp_path / "pretrained" / "model.safetensors").exists()
