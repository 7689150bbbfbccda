"""Augmentation moves image and mask alike and is a function of its generator alone."""

import dataclasses
import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F
from torchvision import tv_tensors
from torchvision.transforms import v2

from segmenters import Augmentation
from segmenters.augmentation.augment import SHIFTS, BatchGrey, BatchWarp, Draws, augment, coverage
from segmenters.augmentation.distortion import draw_geometry, sampling_grid
from segmenters.network.weights import GREY_MEAN, GREY_STD, grey_input

STILL = Augmentation(flip=0, rotate=0, scale=0, shift=0, brightness=0, contrast=0, gamma=0, noise=0)
WILD = dataclasses.replace(Augmentation(), crop=0.3, elastic=0.1, grid=0.5)

seeds = st.integers(0, 2**40)
some = settings(max_examples=25, deadline=None)


def source(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def batch(n: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    images = torch.randint(0, 256, (n, 64, 64), generator=source(), dtype=torch.uint8)
    masks = torch.zeros(n, 64, 64, dtype=torch.uint8)
    masks[:, 10:30, 40:60] = 255
    return images, masks


def drawn(config: Augmentation, seed: int = 0, size: int = 64):
    return augment(*batch(), config, size=size, generator=source(seed))


def test_nothing_changes_without_changes():
    images, masks = batch()
    x, soft = drawn(STILL)
    expected = grey_input(images.float() / 255)
    torch.testing.assert_close(x, expected, atol=2e-3, rtol=0)
    torch.testing.assert_close(soft, masks.float() / 255, atol=1e-4, rtol=0)


def test_flip_flips_both():
    images, masks = batch()
    x, soft = drawn(dataclasses.replace(STILL, flip=1))
    torch.testing.assert_close(soft, masks.flip(-1).float() / 255, atol=1e-4, rtol=0)
    torch.testing.assert_close(x[:, 0], grey_input(images.flip(-1) / 255)[:, 0], atol=2e-3, rtol=0)


@some
@given(seed=seeds, size=st.sampled_from([32, 64, 96]), grid=st.floats(0, 0.9),
       elastic=st.floats(0, 0.2), crop=st.floats(0, 0.9))  # fmt: skip
def test_mask_follows_the_image_through_all_changes_of_geometry(seed, size, grid, elastic, crop):
    config = dataclasses.replace(
        STILL, flip=0.5, rotate=20, scale=0.2, shift=0.1, grid=grid, elastic=elastic, crop=crop
    )
    _, masks = batch()
    x, soft = augment(masks, masks, config, size=size, generator=source(seed))
    assert x.shape == (3, 2, size, size)
    assert soft.shape == (3, size, size)
    inside = x[:, 1] > 0.999
    grey = x[:, 0] * GREY_STD + GREY_MEAN
    torch.testing.assert_close(grey[inside], soft[inside], atol=2e-3, rtol=0)
    assert soft.min() >= 0
    assert soft.max() <= 1 + 1e-6


def test_outside_is_zero_in_both_channels():
    x, _ = drawn(dataclasses.replace(STILL, rotate=45))
    outside = x[:, 1] == 0
    assert outside.any()
    assert not x[:, 0][outside].any()


def test_without_changes_reflection_is_the_image_itself():
    plain, shares = drawn(STILL)
    x, reflected = augment(*batch(), STILL, size=64, generator=source(), reflect=True)
    torch.testing.assert_close(x, plain, atol=2e-3, rtol=0)
    torch.testing.assert_close(reflected, shares, atol=1e-4, rtol=0)
    assert (x[:, 1] == 1).all()


@pytest.mark.parametrize("flip", [0, 1])
@pytest.mark.parametrize(("across", "down"), [(0, 0), (5, 0), (0, -7), (-20, 13), (32, 32)])
def test_a_shift_is_filled_with_the_reflection_about_the_edge(monkeypatch, across, down, flip):
    """`np.pad` with "symmetric" repeats the pixel at the edge, as reflection about it does."""

    def shifted(n: int, *_: object) -> torch.Tensor:
        rows = torch.tensor([[1.0 - 2 * flip, 0, -2 * across / 64], [0, 1, -2 * down / 64]])
        return rows.expand(n, 2, 3)

    monkeypatch.setattr("segmenters.augmentation.distortion.affine_maps", shifted)
    images, masks = batch()
    x, shares = augment(images, masks, STILL, size=64, generator=source(), reflect=True)
    window = (slice(None), slice(64 - down, 128 - down))
    columns = np.arange(64)[:: 1 - 2 * flip] + 64 - across
    wide = [np.pad(k, ((0, 0), (64, 64), (64, 64)), mode="symmetric") for k in (images, masks)]
    grey, covered = (torch.from_numpy(k[window][:, :, columns]).float() / 255 for k in wide)
    torch.testing.assert_close(x[:, 0], grey_input(grey)[:, 0], atol=2e-3, rtol=0)
    torch.testing.assert_close(shares, covered, atol=1e-4, rtol=0)


@some
@given(seed=seeds, size=st.sampled_from([32, 64, 96]))
def test_with_reflection_all_pixels_are_valid_and_the_inside_stays(seed, size):
    _, masks = batch()
    config = dataclasses.replace(WILD, brightness=0, contrast=0, gamma=0, noise=0, rotate=45)
    x, shares = augment(masks, masks, config, size=size, generator=source(seed), reflect=True)
    assert (x[:, 1] == 1).all()
    grey = x[:, 0] * GREY_STD + GREY_MEAN
    torch.testing.assert_close(grey, shares, atol=2e-3, rtol=0)
    zeros, plain = augment(masks, masks, config, size=size, generator=source(seed))
    inside = zeros[:, 1] == 1
    torch.testing.assert_close(x[:, 0][inside], zeros[:, 0][inside], atol=2e-3, rtol=0)
    torch.testing.assert_close(shares[inside], plain[inside], atol=1e-3, rtol=0)


def test_reflection_is_asked_for():
    config = dataclasses.replace(STILL, rotate=45)
    plain, off, on = (
        augment(*batch(), config, size=64, generator=source(1), **options)
        for options in ({}, {"reflect": False}, {"reflect": True})
    )
    assert all(map(torch.equal, plain, off))
    assert (off[0][:, 1] == 0).any()
    assert not torch.equal(off[0], on[0])


@pytest.mark.parametrize("channels_last", [True, False])
def test_the_input_has_the_layout_of_the_network(channels_last):
    x, soft = augment(
        *batch(), Augmentation(), size=64, generator=source(0), channels_last=channels_last
    )
    layout = torch.channels_last if channels_last else torch.contiguous_format
    assert x.is_contiguous(memory_format=layout)
    assert soft.is_contiguous()


@some
@given(seed=seeds)
def test_draws_depend_on_the_generator_alone(seed):
    torch.manual_seed(seed % 7)
    before = torch.get_rng_state()
    first, second, third = drawn(WILD, seed), drawn(WILD, seed), drawn(WILD, seed + 1)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(map(torch.equal, first, second))
    assert not torch.equal(first[0], third[0])
    assert not torch.equal(first[1], third[1])


@some
@given(seed=seeds, cuts=st.lists(st.integers(0, 5), max_size=3))
def test_parts_of_a_batch_are_those_of_the_whole(seed, cuts):
    images, masks = batch(5)
    masks[2] = 0
    whole = augment(images, masks, WILD, size=64, generator=source(seed))
    bounds = [0, *sorted(cuts), 5]
    parts = [
        augment(images[a:b], masks[a:b], WILD, size=64, generator=source(seed), count=5, first=a)
        for a, b in itertools.pairwise(bounds)
    ]
    for number, expected in enumerate(whole):
        union = torch.cat([part[number] for part in parts])
        torch.testing.assert_close(union, expected, atol=2e-4, rtol=0)


@pytest.mark.parametrize("first", [-1, 1])
def test_a_part_that_is_not_of_the_batch_is_refused(first):
    with pytest.raises(ValueError, match="a batch of 3 has no images"):
        augment(*batch(3), STILL, size=64, generator=source(), count=3, first=first)


def test_the_images_of_a_batch_change_each_in_its_own_way():
    images = torch.full((4, 64, 64), 100, dtype=torch.uint8)
    config = dataclasses.replace(Augmentation(), noise=0)
    x, _ = augment(images, images, config, size=64, generator=source())
    centres = x[:, 0, 28:36, 28:36].mean(dim=(1, 2))
    assert len(set(centres.tolist())) == 4


def test_noise_is_white_and_of_another_kind_in_each_image():
    images = torch.full((16, 64, 64), 128, dtype=torch.uint8)
    config = dataclasses.replace(STILL, noise=0.05)
    x, _ = augment(images, images, config, size=64, generator=source())
    noise = x[:, 0] * GREY_STD + GREY_MEAN - 128 / 255
    spread = noise.std(dim=(1, 2))
    assert 0 < spread.min() < 0.02
    assert 0.03 < spread.max() < 0.055
    assert noise.mean(dim=(1, 2)).abs().max() < 0.05 * 4 / 64
    like = torch.corrcoef(noise.flatten(1)).fill_diagonal_(0)
    neighbours = (noise[:, :, 1:] * noise[:, :, :-1]).mean(dim=(1, 2)) / spread**2
    assert like.abs().max() < 0.1
    assert neighbours.abs().max() < 0.1


def test_grey_values_change_by_the_formulas():
    images = torch.rand(2, 1, 8, 8, generator=source()) * 0.6 + 0.2
    config = dataclasses.replace(STILL, gamma=0.3, contrast=0.2, brightness=0.1, noise=0.01)
    grey = BatchGrey(config, Draws(source(1)))
    params = grey.make_params([images])
    power = images ** params["gamma"][:, None]
    mean = power.mean(dim=(2, 3), keepdim=True)
    light = (power - mean) * params["contrast"][:, None] + mean + params["brightness"][:, None]
    noise = torch.stack([
        scale * params["pattern"][place : place + 64].view(1, 8, 8)
        for scale, place in zip(params["noise"], params["places"], strict=True)
    ])  # fmt: skip
    assert len(params["pattern"]) == 64 + SHIFTS
    expected = (light + noise).clamp(0, 1)
    torch.testing.assert_close(grey.transform(images, params), expected, atol=1e-5, rtol=0)


@some
@given(seed=seeds, shape=st.sampled_from([(64, 64), (48, 80)]))
def test_coverage_is_a_resampled_image_of_ones(seed, shape):
    grid = sampling_grid(draw_geometry(3, WILD, source(seed)), 64)
    ones = F.grid_sample(torch.ones(3, 1, *shape), grid, align_corners=False)[:, 0]
    torch.testing.assert_close(coverage(grid, shape), ones, atol=1e-4, rtol=0)


@some
@given(seed=seeds, crop=st.floats(0.01, 0.4))
def test_a_crop_enlarges_what_lies_in_its_window(seed, crop):
    masks = torch.zeros(8, 128, 128, dtype=torch.uint8)
    masks[:, 60:68, 54:74] = 255  # inside every window that keeps 60 %
    config = dataclasses.replace(STILL, crop=crop)
    x, soft = augment(masks, masks, config, size=128, generator=source(seed))
    kept = crop_windows_of(config, seed, 8)
    expected = 8 * 20 / kept.prod(dim=1)
    torch.testing.assert_close(soft.sum(dim=(1, 2)), expected, rtol=0.03, atol=0)
    # half of an enlarged pixel at the border may lie outside
    assert x[:, 1].min() >= (1 - crop / 2) ** 2 - 1e-4


def crop_windows_of(config: Augmentation, seed: int, n: int) -> torch.Tensor:
    """Return the shares of width and height that `augment` keeps with this seed."""
    return draw_geometry(n, config, source(seed))["windows"][:, :, 0]


def test_changes_that_are_off_draw_nothing():
    assert set(draw_geometry(2, STILL, source())) == {"maps"}
    assert set(draw_geometry(2, WILD, source())) == {"maps", "windows", "edges", "nodes"}
    off, on = drawn(STILL)[1], drawn(dataclasses.replace(STILL, elastic=0.1))[1]
    assert not torch.allclose(off, on, atol=0.1)


def test_a_single_image_moves_as_torchvision_moves_it():
    """v2's affine rotates about the centre and scales by the inverse of our factor."""
    images, _ = batch()
    image = tv_tensors.Image(images[:1, None].float() / 255)
    angle, factor, shift = torch.tensor([17.0]), torch.tensor([1.1]), 4
    cos, sin = (f(torch.deg2rad(angle)) * factor for f in (torch.cos, torch.sin))
    theta = torch.stack([cos, -sin, torch.zeros(1), sin, cos, torch.zeros(1)], 1).view(1, 2, 3)
    ours = BatchWarp(STILL, 64, Draws(source())).transform(
        image, {"grid": sampling_grid({"maps": theta}, 64)}
    )
    theirs = v2.functional.affine(
        image, -17.0, [0, 0], 1 / 1.1, [0.0, 0.0], v2.InterpolationMode.BILINEAR
    )
    inside = (slice(None), slice(None), slice(shift, -shift), slice(shift, -shift))
    torch.testing.assert_close(ours[inside], theirs[inside], atol=2e-3, rtol=0)
    assert isinstance(ours, tv_tensors.Image)


def test_they_mix_with_the_stock_transforms():
    images, masks = batch()
    draws = Draws(source())
    chain = v2.Compose([BatchWarp(STILL, 32, draws), v2.GaussianBlur(3), BatchGrey(STILL, draws)])
    planes = torch.stack([images, images], 1).float() / 255
    x, soft = chain(tv_tensors.Image(planes), tv_tensors.Mask(masks[:, None].float() / 255))
    assert x.shape == (3, 2, 32, 32)
    assert soft.shape == (3, 1, 32, 32)
    assert soft.max() == 1


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_gives_the_same_up_to_rounding():
    here = drawn(WILD, 3)
    there = augment(*(t.cuda() for t in batch()), WILD, size=64, generator=source(3))
    for one, other in zip(here, there, strict=True):
        torch.testing.assert_close(one, other.cpu(), atol=1e-3, rtol=0)
