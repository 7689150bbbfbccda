"""Augmentation moves image and mask alike and is a function of torch's seed."""

import dataclasses

import torch
from torchvision import tv_tensors
from torchvision.transforms import v2

from segmenters import SegmenterConfig
from segmenters._augment import BatchAffine, BatchGrey, affine_maps, augment
from segmenters._weights import GREY_MEAN, GREY_STD, grey_input

STILL = SegmenterConfig(
    flip=0, rotate=0, scale=0, shift=0, brightness=0, contrast=0, gamma=0, noise=0
)


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (3, 64, 64), generator=generator, dtype=torch.uint8)
    masks = torch.zeros(3, 64, 64, dtype=torch.uint8)
    masks[:, 10:30, 40:60] = 255
    return images, masks


def drawn(config: SegmenterConfig, seed: int = 0, size: int = 64):
    torch.manual_seed(seed)
    return augment(*batch(), config, size=size)


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


def test_mask_follows_the_image():
    config = dataclasses.replace(STILL, flip=0.5, rotate=20, scale=0.2, shift=0.1)
    _, masks = batch()
    torch.manual_seed(5)
    x, soft = augment(masks, masks, config, size=96)
    assert x.shape == (3, 2, 96, 96)
    inside = x[:, 1] > 0.999
    grey = x[:, 0] * GREY_STD + GREY_MEAN
    torch.testing.assert_close(grey[inside], soft[inside], atol=2e-3, rtol=0)


def test_outside_is_zero_in_both_channels():
    x, _ = drawn(dataclasses.replace(STILL, rotate=45))
    outside = x[:, 1] == 0
    assert outside.any()
    assert not x[:, 0][outside].any()


def test_same_seed_same_batch():
    config = SegmenterConfig()
    first, second, third = drawn(config, 1), drawn(config, 1), drawn(config, 2)
    assert torch.equal(first[0], second[0])
    assert not torch.equal(first[0], third[0])


def test_rotation_keeps_angles_and_flip_keeps_rows():
    config = dataclasses.replace(STILL, rotate=30, scale=0.3, flip=0.5)
    torch.manual_seed(0)
    maps = affine_maps(50, config)[:, :, :2]
    columns = (maps[:, :, 0] * maps[:, :, 1]).sum(1)
    torch.testing.assert_close(columns, torch.zeros(50), atol=1e-6, rtol=0)
    signs = torch.sign(torch.linalg.det(maps))
    assert set(signs.tolist()) == {-1.0, 1.0}


def test_the_images_of_a_batch_change_each_in_its_own_way():
    images = torch.full((4, 64, 64), 100, dtype=torch.uint8)
    torch.manual_seed(0)
    x, _ = augment(images, images, dataclasses.replace(SegmenterConfig(), noise=0), size=64)
    centres = x[:, 0, 28:36, 28:36].mean(dim=(1, 2))
    assert len(set(centres.tolist())) == 4


def test_a_single_image_moves_as_torchvision_moves_it():
    """v2's affine rotates about the centre and scales by the inverse of our factor."""
    images, _ = batch()
    image = tv_tensors.Image(images[:1, None].float() / 255)
    angle, factor, shift = torch.tensor([17.0]), torch.tensor([1.1]), 4
    cos, sin = (f(torch.deg2rad(angle)) * factor for f in (torch.cos, torch.sin))
    theta = torch.stack([cos, -sin, torch.zeros(1), sin, cos, torch.zeros(1)], 1).view(1, 2, 3)
    grid = torch.nn.functional.affine_grid(theta, [1, 1, 64, 64], align_corners=False)
    ours = BatchAffine(STILL, 64).transform(image, {"grid": grid})
    theirs = v2.functional.affine(
        image, -17.0, [0, 0], 1 / 1.1, [0.0, 0.0], v2.InterpolationMode.BILINEAR
    )
    inside = (slice(None), slice(None), slice(shift, -shift), slice(shift, -shift))
    torch.testing.assert_close(ours[inside], theirs[inside], atol=2e-3, rtol=0)
    assert isinstance(ours, tv_tensors.Image)


def test_they_mix_with_the_stock_transforms():
    images, masks = batch()
    chain = v2.Compose([BatchAffine(STILL, 32), v2.GaussianBlur(3), BatchGrey(STILL)])
    planes = torch.stack([images, images], 1).float() / 255
    x, soft = chain(tv_tensors.Image(planes), tv_tensors.Mask(masks[:, None].float() / 255))
    assert x.shape == (3, 2, 32, 32)
    assert soft.shape == (3, 1, 32, 32)
    assert soft.max() == 1
