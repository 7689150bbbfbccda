"""Frames: they hold the lungs, masks and maps follow them, and an export finds the same ones."""

import dataclasses

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cxrphantom
import rlemask
from cxrlungs import LungFields
from segmenters import (
    Frame,
    Segmenter,
    SegmenterConfig,
    export,
    frame_of,
    load_export,
    soft_mask,
    training_set,
)
from segmenters._frame import WHOLE, Frames, placed
from tests.segmenters._kept_maps import keep_in

SIDE = 128
SHAPE = (SIDE, SIDE)


def frames() -> st.SearchStrategy[Frame]:
    ends = st.tuples(st.integers(0, 255), st.integers(0, 255)).filter(lambda e: e[0] != e[1])
    return st.tuples(ends, ends).map(
        lambda e: Frame(min(e[0]), min(e[1]), max(e[0]) + 1, max(e[1]) + 1)
    )


class Stack:
    """Images by id that counts how often each is read."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.ids, self.pixels = [f"i{k}" for k in range(len(pixels))], pixels
        self.read: list[str] = []

    def take(self, ids):
        self.read += ids
        return self.pixels[[self.ids.index(i) for i in ids]]


@pytest.fixture(scope="module")
def phantoms() -> list[cxrphantom.Phantom]:
    """Eight synthetic radiographs of 128 px."""
    return [cxrphantom.radiograph(np.random.default_rng(seed), size=SIDE) for seed in range(8)]


@pytest.fixture
def world(phantoms) -> tuple[Stack, dict[str, list[str]]]:
    """The phantoms with a lesion drawn in every second lung, and their texts."""
    stack, targets = Stack(np.stack([phantom.image for phantom in phantoms])), {}
    for number, phantom in enumerate(phantoms):
        mask = np.zeros(SHAPE, np.uint8)
        if number % 2:
            row, column = (int(np.median(k)) for k in np.nonzero(phantom.lungs[:, : SIDE // 2]))
            mask[row - 6 : row + 6, column - 6 : column + 6] = 1
        targets[stack.ids[number]] = [rlemask.encode(mask)]
    return stack, targets


@pytest.fixture
def framed(tiny) -> SegmenterConfig:
    return dataclasses.replace(tiny, frame=0.1, mask_size=SIDE)


def lungs(left: slice, right: slice, rows: slice) -> LungFields:
    masks = np.zeros((2, 256, 256), bool)
    masks[0, rows, left] = masks[1, rows, right] = True
    return LungFields(masks[0], masks[1], 1.0)


@pytest.mark.parametrize(
    ("found", "margin", "wanted"),
    [
        (lungs(slice(40, 110), slice(140, 200), slice(50, 210)), 0.1, (24, 34, 216, 226)),
        (lungs(slice(5, 110), slice(140, 251), slice(50, 250)), 0.1, (0, 30, 256, 256)),
        # white bases: 100 high but 160 wide, so it goes on to 128
        (lungs(slice(40, 110), slice(140, 200), slice(50, 150)), 0.0, (40, 50, 200, 178)),
        (lungs(slice(80, 120), slice(130, 160), slice(50, 200)), 0.1, WHOLE),
        (dataclasses.replace(lungs(slice(9), slice(9), slice(9)), quality=0.0), 0.1, WHOLE),
    ],
)
def test_a_frame_holds_both_lungs_and_a_margin(monkeypatch, found, margin, wanted):
    monkeypatch.setattr("segmenters._frame.lung_fields", lambda _: found)
    assert frame_of(np.zeros(SHAPE, np.uint8), margin) == wanted


def test_frames_of_phantoms_hold_their_lungs_and_leave_much_out(phantoms):
    held, shares = [], []
    for phantom in phantoms:
        frame = frame_of(phantom.image, 0.12)
        held.append(frame.cut(phantom.lungs > 0).sum() / (phantom.lungs > 0).sum())
        shares.append(frame.cut(phantom.image).size / phantom.image.size)
    assert np.median(held) > 0.97
    assert 0.3 < np.median(shares) < 0.9


@given(frames(), st.sampled_from([(64, 64), (100, 60), (256, 256), (1000, 1024)]))
def test_a_frame_is_never_empty_and_covers_its_share(frame, shape):
    part = frame.cut(np.zeros(shape, bool))
    for count, units, side in zip(
        part.shape, (frame.bottom - frame.top, frame.right - frame.left), shape, strict=True
    ):
        assert count >= 1
        assert units * side / 256 <= count <= units * side / 256 + 2


@given(frames(), st.sampled_from([64, 256, 300]))
def test_a_map_lies_where_its_frame_was(frame, size):
    whole = placed(np.full((1, 32, 32), 0.5, np.float32), [frame], size)[0]
    inside = np.zeros((size, size), bool)
    inside[frame.inside(inside.shape)] = True
    np.testing.assert_allclose(whole, np.where(inside, 0.5, 0.0), atol=1e-6)


def test_what_was_cut_out_comes_back_to_its_place(phantoms):
    image = cv2.GaussianBlur(phantoms[0].image, (0, 0), 3).astype(np.float32)
    frame = Frame(40, 30, 200, 222)
    seen = cv2.resize(frame.cut(image), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    back = placed(seen[None], [frame], SIDE)[0]
    assert np.abs(frame.cut(back) - frame.cut(image)).mean() < 1.0


def test_each_frame_is_found_once_and_shows_progress(world):
    stack, _ = world
    known, seen = Frames(0.1), []
    first = dict(known.of(stack, ["i1", "i0", "i1"], lambda *a: seen.append(a[:3])))
    assert seen == [("frames", 1, 2), ("frames", 2, 2)]
    assert sorted(stack.read) == ["i0", "i1"]
    again = known.of(stack, ["i0", "i1", "i2"])
    assert stack.read[2:] == ["i2"]
    assert {i: again[i] for i in first} == first
    assert first["i1"] == frame_of(stack.pixels[1], 0.1)


def test_masks_are_cut_with_their_images(world):
    stack, targets = world
    found = Frames(0.1).of(stack, stack.ids)
    for budget_free in (64, SIDE):
        data = training_set(
            stack, targets, stack.ids, size=budget_free, mask_shape=SHAPE, frames=found
        )
        images, masks = data.take(np.arange(len(stack.ids)))
        for number, image_id in enumerate(stack.ids):
            whole = rlemask.decode(targets[image_id], SHAPE).astype(np.float32)
            part = found[image_id].cut(whole)
            how = cv2.INTER_AREA if budget_free <= min(part.shape) else cv2.INTER_LINEAR
            share = cv2.resize(part, (budget_free, budget_free), interpolation=how)
            assert np.abs(masks[number] / 255 - share).max() < 1 / 100
            shown = found[image_id].cut(stack.pixels[number])
            wanted = cv2.resize(shown, (budget_free, budget_free), interpolation=how)
            assert np.array_equal(images[number], wanted)


def test_a_lesion_outside_the_frame_is_not_seen():
    mask = np.zeros(SHAPE, np.uint8)
    mask[:10, :10] = 1
    text = [rlemask.encode(mask)]
    assert soft_mask(text, SHAPE, 64).any()
    assert not soft_mask(text, SHAPE, 64, frame=Frame(64, 64, 256, 256)).any()


def test_maps_are_empty_outside_the_frame_and_alive_inside(framed, world, tmp_path):
    stack, targets = world
    learner = Segmenter(framed, stack, targets, mask_shape=SHAPE)
    learner.fit(stack.ids, tmp_path, seed=0)
    maps: dict[str, np.ndarray] = {}
    learner.predict(stack.ids, [tmp_path], write_map=keep_in(maps))
    for number, image_id in enumerate(stack.ids):
        frame = frame_of(stack.pixels[number], framed.frame)
        outside = np.ones(SHAPE, bool)
        outside[frame.inside(SHAPE)] = False
        assert not maps[image_id][outside].any()
        assert maps[image_id].any()


def test_a_margin_makes_another_model(framed, world, tmp_path):
    stack, targets = world
    Segmenter(framed, stack, targets, mask_shape=SHAPE).fit(stack.ids, tmp_path / "a", seed=0)
    whole = dataclasses.replace(framed, frame=0.0)
    Segmenter(whole, stack, targets, mask_shape=SHAPE).fit(stack.ids, tmp_path / "b", seed=0)
    one, other = ((tmp_path / k / "model.safetensors").read_bytes() for k in "ab")
    assert one != other


def test_an_export_finds_the_same_frames(framed, world, tmp_path):
    stack, targets = world
    learner = Segmenter(framed, stack, targets, mask_shape=SHAPE)
    learner.fit(stack.ids, tmp_path / "fold0", seed=0)
    maps: dict[str, np.ndarray] = {}
    p = learner.predict(stack.ids, [tmp_path / "fold0"], write_map=keep_in(maps))
    record = export([tmp_path / "fold0"], tmp_path / "out", framed, name="run", image_side=SIDE)
    assert "frame_of" in record["preparation"]
    found, exported = load_export(tmp_path / "out").predict(stack.pixels)
    np.testing.assert_allclose(exported, p, atol=1e-6)
    for number, image_id in enumerate(stack.ids):
        assert np.array_equal(found[number], maps[image_id])
