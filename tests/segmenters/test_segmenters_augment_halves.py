"""New chests from two halves."""

import numpy as np
import pytest

from segmenters.augmentation.augment import MIDLINE, mixed_halves

SIDE = 26


def take(members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return images whose every pixel is the member's number, and masks of ten times that."""
    images = np.repeat(members.astype(np.uint8), SIDE * SIDE).reshape(-1, SIDE, SIDE)
    return images, 10 * images


def mixed(share: float, part: slice = slice(0, 8), seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    return mixed_halves(take, np.arange(1, 9), part, share, np.random.default_rng(seed))


def test_no_share_changes_nothing() -> None:
    images, masks = mixed(0.0)
    assert np.array_equal(images, take(np.arange(1, 9))[0])
    assert np.array_equal(masks, take(np.arange(1, 9))[1])


def test_the_right_half_of_image_and_mask_come_from_one_other_member() -> None:
    images, masks = mixed(1.0)
    partners = images[:, 0, -1]
    assert sorted(partners) == list(range(1, 9))
    assert (partners != np.arange(1, 9)).any()
    for own, image, mask in zip(range(1, 9), images, masks, strict=True):
        cut = int((image[0] == own).sum()) if image[0, -1] != own else round(SIDE / 2)
        assert MIDLINE[0] * SIDE - 1 <= cut <= MIDLINE[1] * SIDE + 1
        assert (image[:, :cut] == own).all()
        assert (image[:, cut:] == image[0, -1]).all()
        assert np.array_equal(mask, 10 * image)


def test_about_the_share_is_changed() -> None:
    changed = [
        (images[:, 0, -1] != images[:, 0, 0]).mean()
        for images, _ in (mixed(0.5, seed=seed) for seed in range(2000))
    ]
    assert np.mean(changed) == pytest.approx(0.5 * 7 / 8, abs=0.03)


def test_processes_that_share_a_batch_make_the_same_images() -> None:
    whole = mixed(0.6)
    parts = [mixed(0.6, slice(first, last)) for first, last in ((0, 3), (3, 8))]
    for k in (0, 1):
        assert np.array_equal(np.concatenate([part[k] for part in parts]), whole[k])
