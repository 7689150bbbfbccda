"""Inference: views, tiles, parts side by side; each against the plain network."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from segmenters import Inference, Segmenter
from segmenters.data.training_set import load_images
from segmenters.inference import inference as inference
from segmenters.inference.inference import (
    PIXELS,
    Ensemble,
    parts_of,
    side_by_side,
    spread,
)
from segmenters.inference.tta import View, in_tiles, resized, starts, views_of
from segmenters.network.checkpoint import load_model, save_model
from segmenters.network.network import build_network
from segmenters.network.weights import grey_input
from tests.segmenters._trained import as_trained

CPU = torch.device("cpu")


class Stack:
    """Images by number that remember how many were taken at once."""

    def __init__(self, pixels):
        self.pixels, self.ids, self.taken = pixels, [f"i{k}" for k in range(len(pixels))], []

    def take(self, ids):
        self.taken.append(len(ids))
        return self.pixels[[self.ids.index(i) for i in ids]]


@pytest.fixture
def model(tiny, tmp_path):
    torch.manual_seed(0)
    network = as_trained(build_network(tiny, load_weights=False))
    save_model(tmp_path / "model", network.state_dict(), tiny)
    return tmp_path / "model"


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (5, 64, 64), dtype=np.uint8)


def looked(model, images, side):
    """The plain network's map and head at one side, the map brought to 64 pixels."""
    network, _ = load_model(model)
    grey = torch.from_numpy(images).float() / 255
    with torch.inference_mode():
        logits, heads = network(grey_input(resized(grey, side)))[:2]
    return resized(logits.sigmoid(), 64).numpy(), heads.sigmoid().numpy()


# views


def test_views_are_each_side_once_and_their_mirror_images():
    config = Inference(tta_scales=(0.75, 1.0, 1.01, 1.25))
    assert views_of(256, config) == [View(s, f) for s in (256, 192, 320) for f in (False, True)]
    assert views_of(64, Inference(tta_flip=False)) == [View(64, False)]
    assert {v.side for v in views_of(32, Inference(tta_scales=(0.25,)))} == {32}


def test_scales_are_averaged_as_the_plain_network_sees_them(tiny, model, images):
    config = tiny.replace(tta_flip=False, tta_scales=(0.5, 1.5))
    maps, heads, *_ = Ensemble([model], config, CPU).predict(images)
    wanted = [looked(model, images, side) for side in (64, 32, 96)]
    np.testing.assert_allclose(maps, np.mean([m for m, _ in wanted], axis=0), atol=1e-5)
    np.testing.assert_allclose(heads, np.mean([h for _, h in wanted], axis=0), atol=1e-5)


def test_mirror_images_are_looked_at_at_every_scale(tiny, model, images):
    config = tiny.replace(tta_scales=(1.5,))
    ensemble = Ensemble([model], config, CPU)
    straight, mirrored = ensemble.predict(images), ensemble.predict(images[:, :, ::-1])
    np.testing.assert_allclose(straight[0], mirrored[0][:, :, ::-1], atol=1e-5)
    np.testing.assert_allclose(straight[1], mirrored[1], atol=1e-5)


def test_the_spread_is_between_the_views_of_a_model_where_it_is_probable(
    tiny, model, images, monkeypatch
):
    config = tiny.replace(tta_flip=False, tta_scales=(0.5,))
    views = np.stack([looked(model, images, side)[0] for side in (64, 32)])
    level = float(np.median(views.mean(axis=0)))
    monkeypatch.setattr(inference, "PROBABLE", level)
    high = views.mean(axis=0) >= level
    wanted = [np.abs(views[0, k] - views[1, k])[high[k]].mean() / 2 for k in range(len(images))]
    for models in ([model], [model, model]):
        seen = Ensemble(models, config, CPU).predict(images)
        np.testing.assert_allclose(seen.spreads, wanted, rtol=1e-3)
    alone = Ensemble([model], config.replace(tta_scales=()), CPU).predict(images)
    assert not alone.spreads.any()


def test_nothing_suspicious_has_no_spread():
    views = torch.tensor([0.0, 0.6]).reshape(2, 1, 1, 1).expand(2, 3, 4, 4)
    assert spread(views).tolist() == [0, 0, 0]


def test_larger_scales_see_detail_that_the_stack_holds(tiny, model):
    fine = np.random.default_rng(0).integers(0, 256, (3, 128, 128), dtype=np.uint8)
    config = tiny.replace(tta_flip=False, tta_scales=(2.0,), presence="head")
    p = Segmenter(config, Stack(fine), {}).predict(["i0", "i1", "i2"], [model])
    wanted = [looked(model, fine, side)[1] for side in (64, 128)]
    np.testing.assert_allclose(p, np.mean(wanted, axis=0), atol=1e-5)
    coarse = resized(torch.from_numpy(fine).float(), 64).round().byte().numpy()
    blurred = Segmenter(config, Stack(coarse), {}).predict(["i0", "i1", "i2"], [model])
    assert np.abs(p - blurred).max() > 1e-4


@pytest.mark.parametrize(("held", "side"), [(32, 64), (64, 64), (100, 100), (1024, 128)])
def test_images_are_wanted_as_large_as_the_largest_view_and_the_stack_allow(
    tiny, model, held, side
):
    config = tiny.replace(tta_scales=(0.5, 2.0))
    assert Ensemble([model], config, CPU).side(held) == side


def test_resizing_is_the_mean_over_areas_and_the_identity_at_its_own_size():
    planes = torch.rand(2, 64, 64)
    assert resized(planes, 64) is planes
    torch.testing.assert_close(resized(planes, 32), F.avg_pool2d(planes, 2))
    assert resized(torch.full((1, 32, 32), 0.25), 96).unique().tolist() == [0.25]


# tiles

SIDES = st.integers(1, 6).map(lambda k: 32 * k)


@given(SIDES, SIDES, st.floats(0, 0.9))
def test_tiles_cover_the_side_with_the_overlap_asked_for(one, other, overlap):
    tile, side = sorted((one, other))
    begins = starts(side, tile, overlap)
    assert begins[0] == 0
    assert begins[-1] + tile == side
    steps = np.diff(begins)
    assert (steps > 0).all()
    assert (steps <= np.ceil(tile * (1 - overlap))).all()


@given(SIDES, SIDES, st.floats(0, 0.9))
def test_what_each_tile_shows_is_put_together_again(tile, side, overlap):
    """Also says that a constant map comes back constant."""
    x = torch.rand(2, 1, side, side, generator=torch.Generator().manual_seed(0)) - 0.5

    def look(part):
        assert part.shape[-1] == min(tile, side)
        return part[:, 0], part.amax(dim=(1, 2, 3))

    maps, numbers = in_tiles(look, x, tile, overlap)
    torch.testing.assert_close(maps, x[:, 0], rtol=1e-5, atol=1e-6)
    assert torch.equal(numbers, x.amax(dim=(1, 2, 3)))
    constant, _ = in_tiles(lambda part: (part[:, 0] * 0 + 0.3, part[:, 0, 0, 0]), x, tile, overlap)
    torch.testing.assert_close(constant, torch.full_like(constant, 0.3))


def test_between_two_tiles_the_map_passes_smoothly_from_one_to_the_other():
    x = torch.zeros(1, 1, 96, 96)
    calls = iter(range(9))

    def look(part):
        return torch.full_like(part[:, 0], next(calls) % 2), torch.zeros(1)

    maps, _ = in_tiles(look, x, 64, 0.5)
    row = maps[0, 0]
    assert row[0] == 0
    assert row[-1] == 1
    assert (row.diff() >= -1e-6).all()
    assert row.diff().max() < 0.1


def test_a_tile_as_large_as_the_image_is_the_whole_image(tiny, model, images):
    whole = Ensemble([model], tiny, CPU).predict(images)
    tiled = Ensemble([model], tiny.replace(tile=64), CPU).predict(images)
    assert all(np.array_equal(a, b) for a, b in zip(whole, tiled, strict=True))


def test_the_most_suspicious_tile_speaks_for_the_image(tiny, model, images):
    config = tiny.replace(tile=32, tile_overlap=0.0, tta_flip=False)
    maps, heads, *_ = Ensemble([model], config, CPU).predict(images)
    corners = [(top, left) for top in (0, 32) for left in (0, 32)]
    network, _ = load_model(model)
    with torch.inference_mode():
        grey = torch.from_numpy(images).float() / 255
        seen = [network(grey_input(grey[:, t : t + 32, u : u + 32])) for t, u in corners]
    wanted = np.max([one.images.sigmoid().numpy() for one in seen], axis=0)
    np.testing.assert_allclose(heads, wanted, atol=1e-5)
    for (t, u), one in zip(corners, seen, strict=True):
        np.testing.assert_allclose(maps[:, t : t + 32, u : u + 32], one.maps.sigmoid(), atol=1e-5)


# memory


def test_images_are_read_batch_by_batch(tiny, model):
    stack = Stack(np.zeros((11, 64, 64), np.uint8))
    config = tiny.replace(predict_batch=4)
    assert Segmenter(config, stack, {}).predict(stack.ids, [model]).shape == (11,)
    assert stack.taken == [4, 4, 3]


def test_loaded_images_are_those_of_the_stack(images):
    stack = Stack(images)
    assert np.array_equal(load_images(stack, ["i1", "i0"], 64), images[[1, 0]])
    assert load_images(stack, stack.ids[:2], 32).shape == (2, 32, 32)


def test_images_that_cannot_be_written_to_are_fine(tiny, model, images):
    ensemble = Ensemble([model], tiny, CPU)
    wanted = ensemble.predict(images)[1]
    images.flags.writeable = False
    assert np.array_equal(ensemble.predict(images)[1], wanted)


# side by side


@given(st.integers(0, 70), st.sampled_from([32, 256, 512, 1024]), st.sampled_from(["cpu", "cuda"]))
def test_parts_are_all_images_in_order(count, side, device):
    parts = parts_of(count, side, torch.device(device))
    assert [k for part in parts for k in range(count)[part]] == list(range(count))
    assert len(parts) == 1 or device == "cpu" or not count
    largest = max((part.stop - part.start for part in parts), default=0)
    assert device == "cuda" or largest == 1 or largest * side**2 <= PIXELS


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_work_is_shared_out_among_the_threads_and_comes_back_in_order():
    seen = side_by_side(lambda k: (k, torch.get_num_threads()), range(5))
    assert seen == [(k, 1) for k in range(5)]
    assert torch.get_num_threads() == 2
    assert side_by_side(lambda k: torch.get_num_threads(), [0]) == [2]


@pytest.mark.usefixtures("two_threads")
def test_an_error_in_a_thread_is_raised_and_the_threads_are_as_before():
    def fail(number):
        raise RuntimeError(f"out of memory {number}")

    with pytest.raises(RuntimeError, match="out of memory 0"):
        side_by_side(fail, [0, 1, 2])
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
def test_two_threads_predict_what_one_does(tiny, model, images):
    ensemble = Ensemble([model], tiny, CPU)
    two = ensemble.predict(images)
    torch.set_num_threads(1)
    for one, other in zip(ensemble.predict(images), two, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
