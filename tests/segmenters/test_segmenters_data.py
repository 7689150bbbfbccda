"""Soft masks, refusals, and the order of the images."""

import dataclasses
import tracemalloc

import numpy as np
import pytest

import rlemask
from segmenters import (
    BadTargets,
    NothingToLearn,
    SegmenterConfig,
    epoch_order,
    soft_mask,
    training_set,
)
from segmenters._data import source_digest

POSITIVE = np.arange(100) < 22
CONFIG = SegmenterConfig(samples=50, epochs=9, positive_share=(0.8, 0.4))


def test_soft_mask_is_the_covered_share():
    mask = np.zeros((1024, 1024), np.uint8)
    mask[0:6, 0:4] = 1
    text = rlemask.encode(mask)
    soft = soft_mask([text], (1024, 1024), 256)
    assert soft[0, 0] == 255
    assert soft[1, 0] == round(255 * 0.5)
    assert soft.sum() == 255 + 128


def test_a_single_pixel_does_not_vanish():
    mask = np.zeros((1024, 1024), np.uint8)
    mask[700, 3] = 1
    soft = soft_mask([rlemask.encode(mask)], (1024, 1024), 32)
    assert soft[700 // 32, 0] == 1
    assert soft.sum() == 1


def test_several_rows_are_united(squares):
    _, targets = squares
    both = [*targets["i1"], *targets["i3"]]
    one, other = (soft_mask(targets[i], (64, 64), 64) for i in ("i1", "i3"))
    assert np.array_equal(soft_mask(both, (64, 64), 64), np.maximum(one, other))


def test_training_set_follows_the_ids(squares):
    stack, targets = squares
    data = training_set(stack, targets, ["i3", "i0"], size=64, mask_shape=(64, 64))
    assert data.positive.tolist() == [True, False]
    assert np.array_equal(data.images[1], stack.pixels[0])
    assert data.masks.max() == 255
    assert np.array_equal(data.masks[0] > 0, data.images[0] > 120)


def test_what_cannot_be_learned_is_refused(squares):
    stack, targets = squares
    shape = {"size": 64, "mask_shape": (64, 64)}
    with pytest.raises(NothingToLearn, match="empty"):
        training_set(stack, targets, [], **shape)
    with pytest.raises(NothingToLearn, match="lesion"):
        training_set(stack, targets, ["i0", "i2"], **shape)
    with pytest.raises(BadTargets, match="no annotation, first other"):
        training_set(stack, targets, ["i1", "other"], **shape)
    with pytest.raises(BadTargets, match="not in the pixel cache, first ghost"):
        training_set(stack, targets | {"ghost": ["-1"]}, ["i1", "ghost"], **shape)
    with pytest.raises(BadTargets, match="image i1"):
        training_set(stack, {"i1": ["5 nonsense"]}, ["i1"], **shape)


def test_order_depends_on_seed_and_epoch_alone():
    again = [epoch_order(POSITIVE, CONFIG, seed=3, epoch=4) for _ in range(2)]
    assert np.array_equal(*again)
    assert not np.array_equal(again[0], epoch_order(POSITIVE, CONFIG, seed=3, epoch=5))
    assert not np.array_equal(again[0], epoch_order(POSITIVE, CONFIG, seed=4, epoch=4))


@pytest.mark.parametrize(("epoch", "share"), [(0, 0.8), (4, 0.6), (8, 0.4)])
def test_share_of_positives_falls(epoch, share):
    order = epoch_order(POSITIVE, CONFIG, seed=0, epoch=epoch)
    assert len(order) == 50
    assert POSITIVE[order].sum() == round(50 * share)
    _, counts = np.unique(order[POSITIVE[order]], return_counts=True)
    assert counts.max() - counts.min() <= 1


def test_samples_default_to_the_training_images():
    config = dataclasses.replace(CONFIG, samples=0)
    assert len(epoch_order(POSITIVE, config, seed=0, epoch=0)) == 100
    assert len(epoch_order(np.ones(7, bool), config, seed=0, epoch=0)) == 7


def test_other_dialects_are_read(squares):
    stack, targets = squares
    mask = rlemask.decode(targets["i1"], (64, 64))
    text = rlemask.encode(mask, "kaggle")
    assert np.array_equal(soft_mask([text], (64, 64), 64, dialect="kaggle"), mask * 255)
    shape = {"size": 64, "mask_shape": (64, 64)}
    data = training_set(stack, {"i1": [text]}, ["i1"], dialect="kaggle", **shape)
    assert np.array_equal(data.masks[0], mask * 255)


def test_digest_depends_on_all_that_is_read(squares):
    stack, targets = squares
    shape = {"mask_shape": (64, 64)}
    first = source_digest(stack, targets, ["i1", "i2"], **shape)
    assert source_digest(stack, targets, ["i1", "i2"], **shape) == first
    others = {
        source_digest(stack, targets, ["i2", "i1"], **shape),
        source_digest(stack, targets, ["i1", "i2"], mask_shape=(32, 128)),
        source_digest(stack, targets, ["i1", "i2"], dialect="kaggle", **shape),
        source_digest(stack, targets | {"i1": ["-1"]}, ["i1", "i2"], **shape),
    }
    stack.pixels[2, 5, 5] += 1
    assert len({*others, source_digest(stack, targets, ["i1", "i2"], **shape), first}) == 6


def test_memory_is_that_of_the_result(squares):
    stack, targets = squares
    ids, shape = stack.ids * 20, {"mask_shape": (64, 64)}
    image = stack.pixels[0].nbytes
    source_digest(stack, targets, ids[:12], **shape)
    tracemalloc.start()
    try:
        source_digest(stack, targets, ids, **shape)
        peak_digest = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        training_set(stack, targets, ids, size=64, **shape)
        peak_set = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_digest < 0.2 * len(ids) * image
    assert peak_set < 2.3 * len(ids) * image
