"""Crops: masks and maps follow the boxes, and an export finds the same ones."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cxr.phantom
import jobs
import rlemask
from cxr import lung_box
from segmenters import (
    BadCrop,
    Segmenter,
    SegmenterConfig,
    UnknownFunction,
    WrongModel,
    export,
    function_of,
    load_export,
)
from segmenters.data.crop import Box, Crops, placed
from segmenters.data.training_set import mask_coverage, training_set
from tests.segmenters._kept_maps import keep_in

SIDE = 128
SHAPE = (SIDE, SIDE)
NAMED = {
    "name": "run",
    "image_side": SIDE,
    "reader": "dicomio:read_image",
    "crop": "cxr:lung_box",
}


def boxes() -> st.SearchStrategy[Box]:
    ends = st.tuples(st.integers(0, 255), st.integers(0, 255)).filter(lambda e: e[0] != e[1])
    return st.tuples(ends, ends).map(
        lambda e: Box(min(e[0]), min(e[1]), max(e[0]) + 1, max(e[1]) + 1)
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
def phantoms() -> list[cxr.phantom.Phantom]:
    """Eight synthetic radiographs of 128 px."""
    return [cxr.phantom.radiograph(np.random.default_rng(seed), size=SIDE) for seed in range(8)]


@pytest.fixture
def world(phantoms) -> tuple[Stack, dict[str, rlemask.Runs]]:
    """The phantoms with an object drawn in every second lung, and their masks."""
    stack, targets = Stack(np.stack([phantom.image for phantom in phantoms])), {}
    for number, phantom in enumerate(phantoms):
        mask = np.zeros(SHAPE, np.uint8)
        if number % 2:
            row, column = (int(np.median(k)) for k in np.nonzero(phantom.lungs[:, : SIDE // 2]))
            mask[row - 6 : row + 6, column - 6 : column + 6] = 1
        targets[stack.ids[number]] = rlemask.runs_of(mask)
    return stack, targets


@pytest.fixture
def cropped(tiny) -> SegmenterConfig:
    return tiny.replace(crop_margin=0.1, mask_size=SIDE)


@given(boxes(), st.sampled_from([(64, 64), (100, 60), (256, 256), (1000, 1024)]))
def test_a_box_is_never_empty_and_covers_its_share(box, shape):
    part = box.cut(np.zeros(shape, bool))
    for count, units, side in zip(
        part.shape, (box.bottom - box.top, box.right - box.left), shape, strict=True
    ):
        assert count >= 1
        assert units * side / 256 <= count <= units * side / 256 + 2


@given(boxes(), st.sampled_from([64, 256, 300]))
def test_a_map_lies_where_its_box_was(box, size):
    whole = placed(np.full((1, 32, 32), 0.5, np.float32), [box], size)[0]
    inside = np.zeros((size, size), bool)
    inside[box.inside(inside.shape)] = True
    np.testing.assert_allclose(whole, np.where(inside, 0.5, 0.0), atol=1e-6)


def test_what_was_cut_out_comes_back_to_its_place(phantoms):
    image = cv2.GaussianBlur(phantoms[0].image, (0, 0), 3).astype(np.float32)
    box = Box(40, 30, 200, 222)
    seen = cv2.resize(box.cut(image), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    back = placed(seen[None], [box], SIDE)[0]
    assert np.abs(box.cut(back) - box.cut(image)).mean() < 1.0


def test_each_box_is_found_once_and_shows_progress(world):
    stack, _ = world
    known, seen = Crops(lung_box, 0.1), []
    first = dict(known.of(stack, ["i1", "i0", "i1"], lambda *a: seen.append(a[:3])))
    assert seen == [("crops", 1, 2), ("crops", 2, 2)]
    assert sorted(stack.read) == ["i0", "i1"]
    again = known.of(stack, ["i0", "i1", "i2"])
    assert stack.read[2:] == ["i2"]
    assert {i: again[i] for i in first} == first
    assert first["i1"] == Box(*lung_box(stack.pixels[1], 0.1))


def test_masks_are_cut_with_their_images(world):
    stack, targets = world
    found = Crops(lung_box, 0.1).of(stack, stack.ids)
    for budget_free in (64, SIDE):
        data = training_set(stack, targets, stack.ids, size=budget_free, windows=found)
        images, masks = data.take(np.arange(len(stack.ids)))
        for number, image_id in enumerate(stack.ids):
            whole = targets[image_id].mask().astype(np.float32)
            part = found[image_id].cut(whole)
            how = cv2.INTER_AREA if budget_free <= min(part.shape) else cv2.INTER_LINEAR
            share = cv2.resize(part, (budget_free, budget_free), interpolation=how)
            assert np.abs(masks[number] / 255 - share).max() < 1 / 100
            shown = found[image_id].cut(stack.pixels[number])
            wanted = cv2.resize(shown, (budget_free, budget_free), interpolation=how)
            assert np.array_equal(images[number], wanted)


def test_an_object_outside_the_box_is_not_seen():
    mask = np.zeros(SHAPE, np.uint8)
    mask[:10, :10] = 1
    target = rlemask.runs_of(mask)
    assert mask_coverage(target, 64).any()
    assert not mask_coverage(target, 64, Box(64, 64, 256, 256)).any()


def test_maps_are_empty_outside_the_box_and_alive_inside(cropped, world, tmp_path):
    stack, targets = world
    learner = Segmenter(cropped, stack, targets, crop=lung_box)
    learner.fit(stack.ids, tmp_path, seed=0)
    maps: dict[str, np.ndarray] = {}
    learner.predict(stack.ids, [tmp_path], write_map=keep_in(maps))
    for number, image_id in enumerate(stack.ids):
        box = Box(*lung_box(stack.pixels[number], cropped.network.crop_margin))
        outside = np.ones(SHAPE, bool)
        outside[box.inside(SHAPE)] = False
        assert not maps[image_id][outside].any()
        assert maps[image_id].any()


def test_a_margin_makes_another_model(cropped, world, tmp_path):
    stack, targets = world
    Segmenter(cropped, stack, targets, crop=lung_box).fit(stack.ids, tmp_path / "a", seed=0)
    whole = cropped.replace(crop_margin=0.0)
    Segmenter(whole, stack, targets).fit(stack.ids, tmp_path / "b", seed=0)
    one, other = ((tmp_path / k / "model.safetensors").read_bytes() for k in "ab")
    assert one != other


def test_an_export_finds_the_same_boxes(cropped, world, tmp_path):
    stack, targets = world
    learner = Segmenter(cropped, stack, targets, crop=lung_box)
    learner.fit(stack.ids, tmp_path / "fold0", seed=0)
    maps: dict[str, np.ndarray] = {}
    p = learner.predict(stack.ids, [tmp_path / "fold0"], write_map=keep_in(maps))
    record = export([tmp_path / "fold0"], tmp_path / "out", cropped, **NAMED)
    assert "the box that crop finds" in record["preparation"]
    found, exported = load_export(tmp_path / "out").predict(stack.pixels)
    np.testing.assert_allclose(exported, p, atol=1e-6)
    for number, image_id in enumerate(stack.ids):
        assert np.array_equal(found[number], maps[image_id])
    other = load_export(tmp_path / "out", lambda *_: (0, 0, 256, 256)).predict(stack.pixels)
    assert not np.array_equal(other[0], found), "the crop that is passed comes first"


def test_a_margin_without_a_crop_is_refused(cropped, tmp_path):
    words = "give the experiment a crop, or set crop_margin=0"
    with pytest.raises(BadCrop, match=words):
        Segmenter(cropped, Stack(np.zeros((1, 8, 8), np.uint8)), {})
    with pytest.raises(BadCrop, match=words):
        export([tmp_path], tmp_path / "out", cropped, **(NAMED | {"crop": ""}))


def test_a_crop_without_a_margin_is_not_asked(tiny, world, tmp_path):
    stack, targets = world
    learner = Segmenter(tiny, stack, targets, crop=lung_box)
    learner.fit(stack.ids, tmp_path / "fold0", seed=0)
    record = export([tmp_path / "fold0"], tmp_path / "out", tiny, **NAMED)
    assert record["crop"] == ""
    assert "crop" not in record["preparation"]


@pytest.mark.parametrize("wrong", [(0, 0, 256), (9, 0, 9, 256), (0, -1, 9, 9), (0, 0, 256, 257)])
def test_a_crop_that_is_no_box_is_named(world, wrong):
    with pytest.raises(BadCrop, match=r"the crop of image i1 is \("):
        Crops(lambda *_: wrong, 0.1).of(world[0], ["i1"])


def test_an_export_from_before_crops_were_named_needs_one(cropped, world, tmp_path):
    stack, targets = world
    learner = Segmenter(cropped, stack, targets, crop=lung_box)
    learner.fit(stack.ids, tmp_path / "fold0", seed=0)
    record = export([tmp_path / "fold0"], tmp_path / "out", cropped, **NAMED)
    old = {k: v for k, v in record.items() if k not in ("crop", "reader", "suffix")}
    former = {"frame" if k == "crop_margin" else k: v for k, v in old["config"].items()}
    jobs.write_json(tmp_path / "out" / "export.json", old | {"config": former})
    with pytest.raises(WrongModel, match="export the run again, or pass the crop"):
        load_export(tmp_path / "out")
    model = load_export(tmp_path / "out", lung_box)
    assert model.predict(stack.pixels)[1] == pytest.approx(
        learner.predict(stack.ids, [tmp_path / "fold0"])
    )
    with pytest.raises(WrongModel, match="names no reader of image files: export the run again"):
        model.read(tmp_path / "any")
    jobs.write_json(tmp_path / "out" / "export.json", record | {"crop": "cxr:no_such"})
    with pytest.raises(UnknownFunction, match="cxr has none"):
        load_export(tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "write module:function"),
        ("cxr", "write module:function"),
        (":lung_box", "write module:function"),
        ("cxr:no_such", "cxr has none"),
        ("cxr:SIDES", "cxr has none"),
        ("no_such_package.inner:crop", "there is no module no_such_package"),
        ("cxr.no_such:crop", "there is no module cxr.no_such"),
    ],
)
def test_a_name_without_a_function_is_refused(name, words):
    with pytest.raises(UnknownFunction, match=f"^{name!r} names no function.*{words}"):
        function_of(name)


def test_a_module_that_lacks_another_one_is_no_wrong_name(tmp_path, monkeypatch):
    (tmp_path / "needs_more.py").write_text("import no_such_package\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        function_of("needs_more:crop")


def test_a_function_is_found_by_name():
    assert function_of("cxr:lung_box") is lung_box
