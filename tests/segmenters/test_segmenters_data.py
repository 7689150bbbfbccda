"""Training images and soft masks, what is refused, and the order of the images."""

import dataclasses
import gc
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rlemask
from segmenters import (
    BadTargets,
    NothingToLearn,
    SegmenterConfig,
    epoch_order,
    soft_mask,
    training_set,
)
from segmenters._data import load_images, source_digest

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
    assert len(data) == 2
    assert data.positive.tolist() == [True, False]
    images, masks = data.take(np.array([1, 0, 1]))
    assert np.array_equal(images, stack.pixels[[0, 3, 0]])
    assert masks.max() == 255
    assert np.array_equal(masks > 0, images > 120)


@pytest.mark.parametrize("size", [32, 64, 96])
@pytest.mark.parametrize("budget", [0, 2**31])
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(members=st.lists(st.integers(0, 11), max_size=14))
def test_batches_are_rows_of_the_whole_arrays(squares, monkeypatch, size, budget, members):
    stack, targets = squares
    monkeypatch.setattr("segmenters._data.RESIZED_BYTES", budget)
    data = training_set(stack, targets, stack.ids, size=size, mask_shape=(64, 64))
    images = load_images(stack, stack.ids, size)
    masks = np.stack([soft_mask(targets[i], (64, 64), size) for i in stack.ids])
    found = data.take(np.array(members, np.int64))
    assert np.array_equal(found[0], images[members])
    assert np.array_equal(found[1], masks[members])
    assert np.array_equal(data.positive, masks.any(axis=(1, 2)))


def test_images_are_resized_by_area_or_between_pixels(squares):
    stack, _ = squares
    half = load_images(stack, ["i5"], 32)[0]
    means = stack.pixels[5].reshape(32, 2, 32, 2).mean(axis=(1, 3))
    assert np.abs(half - means).max() <= 0.5
    double = load_images(stack, ["i5"], 128)[0]
    assert double.max() <= stack.pixels[5].max()
    with pytest.raises(BadTargets, match="1 of 2 images are not in the pixel cache, first ghost"):
        load_images(stack, ["i5", "ghost"], 32)


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


def test_share_reaches_its_end_in_the_last_of_the_epochs():
    orders = [epoch_order(POSITIVE, CONFIG, seed=0, epoch=e, epochs=3) for e in range(3)]
    assert [POSITIVE[order].sum() for order in orders] == [40, 30, 20]
    assert np.array_equal(
        epoch_order(POSITIVE, CONFIG, seed=0, epoch=4, epochs=9),
        epoch_order(POSITIVE, CONFIG, seed=0, epoch=4),
    )


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
    assert np.array_equal(data.take(np.array([0]))[1][0], mask * 255)


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


def test_digest_holds_one_image_at_a_time(squares):
    stack, targets = squares
    ids, shape = stack.ids * 20, {"mask_shape": (64, 64)}
    source_digest(stack, targets, ids[:12], **shape)
    peak = peak_of(lambda: source_digest(stack, targets, ids, **shape))
    assert peak < 0.2 * len(ids) * stack.pixels[0].nbytes


def test_negatives_cost_no_memory(squares):
    stack, targets = squares
    shape = {"size": 64, "mask_shape": (64, 64)}
    few, many = stack.ids, stack.ids + stack.ids[::2] * 100
    training_set(stack, targets, few, **shape)
    small, large = (held_by(lambda k=k: training_set(stack, targets, k, **shape))
                    for k in (few, many))  # fmt: skip
    assert small < 6 * 64 * 64 * 2
    assert large - small < 16 * (len(many) - len(few))


def test_a_set_beyond_the_budget_holds_no_images(squares, monkeypatch):
    stack, targets = squares
    shape = {"size": 96, "mask_shape": (64, 64)}
    ids = stack.ids * 20

    def make():
        return training_set(stack, targets, ids, **shape)

    whole = len(ids) * 96 * 96
    monkeypatch.setattr("segmenters._data.RESIZED_BYTES", whole)
    assert held_by(make) > whole
    monkeypatch.setattr("segmenters._data.RESIZED_BYTES", whole - 1)
    assert held_by(make) < 0.5 * whole


def peak_of(call) -> int:
    """Return the most bytes that were in use during `call`."""
    return traced(call)[1]


def held_by(call) -> int:
    """Return the bytes in use after `call`, by what it returns."""
    return traced(call)[0]


def traced(call) -> tuple[int, int]:
    gc.collect()
    tracemalloc.start()
    try:
        result = call()
        gc.collect()
        used = tracemalloc.get_traced_memory()
        del result
    finally:
        tracemalloc.stop()
    return used
