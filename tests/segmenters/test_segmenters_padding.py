"""Padding: pixels keep their places, masks and maps follow, and an export pads alike."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import ensembling
import rlemask
from segmenters import BadCrop, Segmenter, SegmenterConfig, WrongModel, export, load_export
from segmenters.data.crop import Crops, Padding, Paddings, placed, windows_of
from segmenters.data.training_set import load_images, mask_coverage, training_set
from segmenters.export import predict_script
from segmenters.inference.inference import Ensemble, stored
from segmenters.network.checkpoint import save_model
from segmenters.network.network import build_network
from segmenters.network.weights import grey_input
from segmenters.training import trainer
from segmenters.training.holdout import held_out_score
from tests.metrics import METRICS, dice
from tests.pixel_stacks import FakeStack
from tests.segmenters._kept_maps import keep_in
from tests.segmenters._trained import as_trained

HELD, SIDE = 101, 128
SIDES = [(101, 128), (101, 129), (100, 128), (100, 127), (101, 102), (101, 101), (101, 201)]


@pytest.fixture
def padded(tiny) -> SegmenterConfig:
    return tiny.replace(pad_to=SIDE, size=SIDE, mask_size=HELD, epochs=1)


@pytest.fixture
def world() -> tuple[FakeStack, dict[str, rlemask.Runs]]:
    """Eight images of 101 px, every second with a bright object that may touch the edge."""
    rng = np.random.default_rng(0)
    images = rng.integers(40, 80, (8, HELD, HELD), dtype=np.uint8)
    masks = np.zeros_like(images)
    for mask in masks[1::2]:
        top, left = rng.integers(-15, 90, 2)
        mask[max(top, 0) : top + 30, max(left, 0) : left + 30] = 1
    stack = FakeStack(images + 150 * masks)
    return stack, {i: rlemask.runs_of(mask) for i, mask in zip(stack.ids, masks, strict=True)}


def write_network(folder: Path, config: SegmenterConfig, seed: int) -> None:
    """Write a network with random weights whose maps differ from pixel to pixel."""
    torch.manual_seed(seed)
    network = as_trained(build_network(config, load_weights=False))
    network.mask_head.weight.data *= 100
    network.mask_head.bias.data[:] = 5.0 - 3.0 * seed
    save_model(folder, network.state_dict(), config)


def paddings(stack: FakeStack, side: int = SIDE):
    return Paddings(side).of(stack, stack.ids)


def reflected(image: np.ndarray, side: int) -> np.ndarray:
    """Return the padded image pixel by pixel: the edge is the mirror and is not repeated."""
    held = len(image)
    away = np.abs(np.arange(side) - (side - held) // 2)
    source = np.where(away < held, away, 2 * (held - 1) - away)
    return image[source][:, source]


@pytest.mark.parametrize(("held", "side"), SIDES)
def test_the_image_lies_inside_its_reflection_and_comes_back_bit_for_bit(held, side):
    rng = np.random.default_rng(held + side)
    image = rng.integers(0, 256, (held, held), dtype=np.uint8)
    padding = Padding(held, side)
    wide = padding.cut(image)
    assert wide.dtype == np.uint8
    assert np.array_equal(wide, reflected(image, side))
    before, behind = padding.before, side - held - padding.before
    assert behind - before == (side - held) % 2
    assert np.array_equal(wide[before : side - behind, before : side - behind], image)
    map_ = rng.random((side, side), np.float32)
    back = placed(map_[None], [padding], held)[0]
    assert np.array_equal(back, map_[before : side - behind, before : side - behind])


@pytest.mark.parametrize("side", [102, 127, SIDE, 201])
def test_images_become_maps_of_the_same_pixels(world, side):
    stack, _ = world
    windows = paddings(stack, side)
    seen = load_images(stack, stack.ids, side, windows)
    assert np.array_equal(seen, np.stack([reflected(one, side) for one in stack.pixels]))
    maps = stored(seen.astype(np.float32) / 255, HELD, [windows[i] for i in stack.ids])
    assert np.array_equal(maps, stack.pixels)


@given(st.sampled_from(SIDES), st.integers(8, 600), st.integers(8, 600))
def test_an_image_of_another_size_has_a_border_of_the_same_share(sides, height, width):
    held, side = sides
    image = np.zeros((height, width), np.uint8)
    image[1:-1, 1:-1] = 1
    wide = Padding(held, side).cut(image)
    assert wide.shape == (round(height * side / held), round(width * side / held))
    top, left = (round((side - held) // 2 * length / held) for length in image.shape)
    assert np.array_equal(wide[top : top + height, left : left + width], image)


@pytest.mark.parametrize("size", [32, 64, 96, 160, 192, 256])
@pytest.mark.parametrize("edge", [1, 30, 50, 77, 100])
def test_edges_keep_their_places_at_another_size_of_the_network(size, edge):
    padding = Padding(HELD, SIDE)
    mask = np.zeros((HELD, HELD), np.uint8)
    mask[:edge] = 1
    for turns in range(4):
        turned = np.rot90(mask, turns)
        seen = mask_coverage(rlemask.runs_of(turned), size, padding).astype(np.float32) / 255
        back = np.rot90(placed(seen[None], [padding], HELD)[0], -turns)
        pixel = max(1.0, SIDE / size)
        # the border is rounded to half a pixel of the network
        np.testing.assert_allclose(back.sum(axis=0), edge, atol=0.55 * pixel)
        assert back[edge + int(2 * pixel) :].max(initial=0) < 0.5
        assert back[: max(0, edge - int(2 * pixel))].min(initial=1) > 0.5


@pytest.mark.parametrize("budget", [0, 2**31])
def test_masks_are_padded_as_their_images(world, monkeypatch, budget):
    monkeypatch.setattr("segmenters.data.training_set.RESIZED_BYTES", budget)
    stack, targets = world
    drawn = FakeStack(np.stack([255 * targets[i].mask() for i in stack.ids]).astype(np.uint8))
    for size in (64, SIDE, 192):
        data = training_set(drawn, targets, stack.ids, size=size, windows=paddings(drawn))
        images, masks = data.take(np.arange(len(stack.ids)))
        assert np.abs(images.astype(int) - masks).max() <= 1
        assert data.positive.tolist() == [False, True] * 4
        if size == SIDE:
            assert np.array_equal(masks, [reflected(one, SIDE) for one in drawn.pixels])


def test_a_configuration_pads_or_crops_or_shows_whole_images():
    crop = lambda *_: (0, 0, 256, 256)  # noqa: E731
    plain = SegmenterConfig()
    assert windows_of(crop, plain.network) is None
    assert isinstance(windows_of(crop, plain.replace(crop_margin=0.1).network), Crops)
    assert isinstance(windows_of(crop, plain.replace(pad_to=SIDE).network), Paddings)
    assert isinstance(windows_of(None, plain.replace(pad_to=SIDE).network), Paddings)
    with pytest.raises(ValueError, match="padded or cropped: set pad_to=0 or crop_margin=0") as no:
        plain.replace(pad_to=SIDE, crop_margin=0.1)
    assert "\n" not in str(no.value)


@pytest.mark.parametrize("pad_to", [64, 100, 202])
def test_a_side_that_cannot_be_reached_is_refused_in_one_line(padded, world, tmp_path, pad_to):
    learner = Segmenter(padded.replace(pad_to=pad_to), *world)
    with pytest.raises(BadCrop) as no:
        learner.fit(world[0].ids, tmp_path, seed=0)
    assert str(no.value) == (
        f"images of 101 pixels cannot be padded to {pad_to}: set pad_to to 101..201, or 0"
    )
    assert not list(tmp_path.rglob("*.safetensors"))


def test_batches_are_augmented_with_reflection_if_images_are_padded(
    padded, world, tmp_path, monkeypatch
):
    seen: list[bool] = []

    def spy(*args, **options):
        seen.append(options["reflect"])
        return augment(*args, **options)

    augment = trainer.augment
    monkeypatch.setattr(trainer, "augment", spy)
    for pad_to, reflect in ((SIDE, True), (0, False)):
        config = padded.replace(pad_to=pad_to, size=64)
        Segmenter(config, *world).fit(world[0].ids, tmp_path / str(pad_to), seed=0)
        assert seen == [reflect] * 2
        seen.clear()
    with pytest.raises(WrongModel, match="other images, seed, metric or config"):
        Segmenter(config.replace(pad_to=136), *world).fit(world[0].ids, tmp_path / "0", seed=0)


def test_predicted_maps_are_cut_back_to_the_image(padded, world, tmp_path):
    stack, targets = world
    write_network(tmp_path, padded, 0)
    maps: dict[str, np.ndarray] = {}
    learner = Segmenter(padded, stack, targets)
    learner.predict(stack.ids, [tmp_path], write_map=keep_in(maps))
    wide = np.stack([reflected(one, SIDE) for one in stack.pixels])
    with torch.inference_mode():
        seen = Ensemble([tmp_path], padded, torch.device("cpu")).predict(wide).maps
    first, last = 13, 13 + HELD
    for image_id, one in zip(stack.ids, seen, strict=True):
        assert maps[image_id].shape == (HELD, HELD)
        wanted = (torch.from_numpy(one) * 255).round().to(torch.uint8).numpy()
        assert np.array_equal(maps[image_id], wanted[first:last, first:last])
        assert len(np.unique(wanted)) > 20


class Shown(torch.nn.Module):
    """A network whose logits are the image."""

    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.tensor(1.0))

    def forward(self, x):
        return self.scale * x[:, 0], None


@pytest.mark.parametrize("name", METRICS)
def test_epochs_are_scored_on_padded_maps_and_masks(padded, world, name):
    stack, targets = world
    data = training_set(stack, targets, stack.ids, size=SIDE, windows=paddings(stack))
    found = held_out_score(Shown(), data, padded, METRICS[name])
    wide = np.stack([reflected(one, SIDE) for one in stack.pixels])
    logits = grey_input(torch.from_numpy(wide).float() / 255)[:, 0]
    maps = (torch.sigmoid(logits) * 255).round().to(torch.uint8).numpy()
    truth = [rlemask.runs_of(reflected(targets[i].mask(), SIDE)) for i in stack.ids]
    assert found == ensembling.best_score(list(maps), truth, METRICS[name])
    assert found == 1.0, "the objects are brighter than everything else"


def test_a_training_holds_out_padded_images(padded, world, tmp_path):
    stack, targets = world
    config = padded.replace(holdout=0.5, top_k=1, size=64)
    figures = Segmenter(config, stack, targets, metric=dice).fit(stack.ids, tmp_path, seed=0)
    assert 0 <= figures["held_out_score"] <= 1
    assert figures["training_positives"] == 2


# export


@pytest.fixture(params=[(SIDE, ()), (64, (1.5,))], ids=["at pad_to", "smaller, with scales"])
def exported(request, padded, tmp_path):
    """Configuration and model folders of two padded networks, and their export."""
    size, scales = request.param
    config = padded.replace(size=size, tta_scales=scales, predict_batch=3)
    models = [tmp_path / "models" / str(seed) for seed in (0, 1)]
    for seed, folder in enumerate(models):
        write_network(folder, config, seed)
    record = export(
        models, tmp_path / "out", config, name="run", image_side=HELD,
        reader="imagestack:read_image", suffix=".png",
    )  # fmt: skip
    assert "padded by reflection to config.network.pad_to; resized" in record["preparation"]
    assert (record["crop"], record["config"]["pad_to"]) == ("", SIDE)
    return config, models, tmp_path / "out"


def test_an_export_predicts_the_maps_of_the_learner(exported, world):
    (config, models, out), (stack, targets) = exported, world
    maps: dict[str, np.ndarray] = {}
    p = Segmenter(config, stack, targets).predict(stack.ids, models, write_map=keep_in(maps))
    model = load_export(out)
    found, probabilities = model.predict(stack.pixels)
    assert np.array_equal(found, np.stack([maps[i] for i in stack.ids]))
    assert found.shape[1:] == (HELD, HELD)
    assert all(len(np.unique(one)) > 20 for one in found)
    assert np.array_equal(probabilities, p)
    assert model.predict(stack.pixels[:0])[0].shape == (0, HELD, HELD)
    with pytest.raises(BadCrop, match=r"images of 129 pixels cannot be padded to 128: set pad_to"):
        model.predict(np.zeros((1, 129, 129), np.uint8))


def test_the_script_of_an_export_writes_the_same_maps(exported, world, tmp_path, monkeypatch):
    (_, _, out), (stack, _) = exported, world
    (tmp_path / "in").mkdir()
    for image_id, image in zip(stack.ids, stack.pixels, strict=True):
        cv2.imwrite(str(tmp_path / "in" / f"{image_id}.png"), image)
    monkeypatch.setattr(predict_script, "HERE", out)
    table, maps = tmp_path / "p.csv", tmp_path / "maps"
    arguments = ["predict.py", str(table), str(tmp_path / "in"), "--maps", str(maps)]
    monkeypatch.setattr(sys, "argv", arguments)
    predict_script.main()
    found, p = load_export(out).predict(stack.pixels)
    rows = [row.split(",") for row in table.read_text().splitlines()[1:]]
    assert [float(value) for _, value in rows] == p.tolist()
    for image_id, one in zip(stack.ids, found, strict=True):
        written = cv2.imread(str(maps / f"{image_id}.png"), cv2.IMREAD_UNCHANGED)
        assert np.array_equal(written, one)
