"""Training images and masks as shares of pixels, what is refused, and the order of the images."""

import dataclasses
import gc
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rlemask
from segmenters import BadTargets, NothingToLearn, SegmenterConfig
from segmenters.data.training_set import (
    load_images,
    mask_coverage,
    source_digest,
    training_set,
    wanted,
)
from segmenters.training.schedule import epoch_order

POSITIVE = np.arange(100) < 22
CONFIG = SegmenterConfig().replace(samples=50, epochs=9, positive_share=(0.8, 0.4))


def test_the_coverage_is_the_covered_share():
    mask = np.zeros((1024, 1024), np.uint8)
    mask[0:6, 0:4] = 1
    soft = mask_coverage(rlemask.runs_of(mask), 256)
    assert soft[0, 0] == 255
    assert soft[1, 0] == round(255 * 0.5)
    assert soft.sum() == 255 + 128


def test_a_single_pixel_does_not_vanish():
    mask = np.zeros((1024, 1024), np.uint8)
    mask[700, 3] = 1
    soft = mask_coverage(rlemask.runs_of(mask), 32)
    assert soft[700 // 32, 0] == 1
    assert soft.sum() == 1


@pytest.mark.parametrize("columns", [True, False])
def test_a_mask_of_the_size_stays_as_it_is(squares, columns):
    _, targets = squares
    both = (targets["i1"] | targets["i3"]).in_order(columns)
    assert np.array_equal(mask_coverage(both, 64), 255 * both.mask())
    assert not mask_coverage(targets["i0"], 64).any()


def test_training_set_follows_the_ids(squares):
    stack, targets = squares
    data = training_set(stack, targets, ["i3", "i0"], size=64)
    assert len(data) == 2
    assert data.positive.tolist() == [True, False]
    images, masks = data.take(np.array([1, 0, 1]))
    assert np.array_equal(images, stack.pixels[[0, 3, 0]])
    assert masks.max() == 255
    assert np.array_equal(masks > 0, images > 120)


def test_stripes_and_small_masks_are_left_out_on_request():
    masks = {name: np.zeros((20, 20), np.uint8) for name in ("empty", "dot", "body", "stripe")}
    masks["dot"][3, 3], masks["body"][2:9, 5:9], masks["stripe"][:, 4:6] = 1, 1, 1
    targets = {name: rlemask.runs_of(mask) for name, mask in masks.items()}

    def kept(**choices):
        return wanted(list(masks), targets, SegmenterConfig().replace(**choices).training)

    assert kept() == list(masks)
    assert kept(skip_stripes=True) == ["empty", "dot", "body"]
    assert kept(skip_below=1 / 400) == list(masks)
    assert kept(skip_below=1.01 / 400) == ["empty", "body", "stripe"]
    assert kept(skip_below=0.08, skip_stripes=True) == ["empty"]


@pytest.mark.parametrize("size", [32, 64, 96])
@pytest.mark.parametrize("budget", [0, 2**31])
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(members=st.lists(st.integers(0, 11), max_size=14))
def test_batches_are_rows_of_the_whole_arrays(squares, monkeypatch, size, budget, members):
    stack, targets = squares
    monkeypatch.setattr("segmenters.data.training_set.RESIZED_BYTES", budget)
    data = training_set(stack, targets, stack.ids, size=size)
    images = load_images(stack, stack.ids, size)
    masks = np.stack([mask_coverage(targets[i], size) for i in stack.ids])
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
    with pytest.raises(NothingToLearn, match="empty"):
        training_set(stack, targets, [], size=64)
    with pytest.raises(NothingToLearn, match="is positive"):
        training_set(stack, targets, ["i0", "i2"], size=64)
    with pytest.raises(BadTargets, match="no annotation, first other"):
        training_set(stack, targets, ["i1", "other"], size=64)
    with pytest.raises(BadTargets, match="not in the pixel cache, first ghost"):
        training_set(stack, targets | {"ghost": targets["i0"]}, ["i1", "ghost"], size=64)


def test_order_depends_on_seed_and_epoch_alone():
    again = [epoch_order(POSITIVE, CONFIG.training, seed=3, epoch=4) for _ in range(2)]
    assert np.array_equal(*again)
    assert not np.array_equal(again[0], epoch_order(POSITIVE, CONFIG.training, seed=3, epoch=5))
    assert not np.array_equal(again[0], epoch_order(POSITIVE, CONFIG.training, seed=4, epoch=4))


@pytest.mark.parametrize(("epoch", "share"), [(0, 0.8), (4, 0.6), (8, 0.4)])
def test_share_of_positives_falls(epoch, share):
    order = epoch_order(POSITIVE, CONFIG.training, seed=0, epoch=epoch)
    assert len(order) == 50
    assert POSITIVE[order].sum() == round(50 * share)
    _, counts = np.unique(order[POSITIVE[order]], return_counts=True)
    assert counts.max() - counts.min() <= 1


def test_share_reaches_its_end_in_the_last_of_the_epochs():
    orders = [epoch_order(POSITIVE, CONFIG.training, seed=0, epoch=e, epochs=3) for e in range(3)]
    assert [POSITIVE[order].sum() for order in orders] == [40, 30, 20]
    assert np.array_equal(
        epoch_order(POSITIVE, CONFIG.training, seed=0, epoch=4, epochs=9),
        epoch_order(POSITIVE, CONFIG.training, seed=0, epoch=4),
    )


def test_samples_default_to_the_training_images():
    config = CONFIG.replace(samples=0)
    assert len(epoch_order(POSITIVE, config.training, seed=0, epoch=0)) == 100
    assert len(epoch_order(np.ones(7, bool), config.training, seed=0, epoch=0)) == 7


def test_digest_depends_on_all_that_is_read(squares):
    stack, targets = squares
    first = source_digest(stack, targets, ["i1", "i2"])
    assert source_digest(stack, targets, ["i1", "i2"]) == first
    rows = {image_id: mask.in_order(columns=False) for image_id, mask in targets.items()}
    assert source_digest(stack, rows, ["i1", "i2"]) == first
    reshaped = dataclasses.replace(targets["i1"], shape=(32, 128))
    others = {
        source_digest(stack, targets, ["i2", "i1"]),
        source_digest(stack, targets | {"i1": reshaped}, ["i1", "i2"]),
        source_digest(stack, targets | {"i1": ~targets["i1"]}, ["i1", "i2"]),
        source_digest(stack, targets | {"i1": targets["i0"]}, ["i1", "i2"]),
    }
    stack.pixels[2, 5, 5] += 1
    assert len({*others, source_digest(stack, targets, ["i1", "i2"]), first}) == 6


def test_digest_holds_one_image_at_a_time(squares):
    stack, targets = squares
    ids = stack.ids * 20
    source_digest(stack, targets, ids[:12])
    peak = peak_of(lambda: source_digest(stack, targets, ids))
    assert peak < 0.2 * len(ids) * stack.pixels[0].nbytes


def test_negatives_cost_no_memory(squares):
    stack, targets = squares
    few, many = stack.ids, stack.ids + stack.ids[::2] * 100
    training_set(stack, targets, few, size=64)
    small, large = (held_by(lambda k=k: training_set(stack, targets, k, size=64))
                    for k in (few, many))  # fmt: skip
    assert small < 6 * 64 * 64 * 2
    assert large - small < 16 * (len(many) - len(few))


def test_a_set_beyond_the_budget_holds_no_images(squares, monkeypatch):
    stack, targets = squares
    ids = stack.ids * 20

    def make():
        return training_set(stack, targets, ids, size=96)

    whole = len(ids) * 96 * 96
    monkeypatch.setattr("segmenters.data.training_set.RESIZED_BYTES", whole)
    assert held_by(make) > whole
    monkeypatch.setattr("segmenters.data.training_set.RESIZED_BYTES", whole - 1)
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
