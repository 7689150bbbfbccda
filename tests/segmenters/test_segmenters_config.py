"""SegmenterConfig: JSON and refusals."""

import dataclasses
import json

import pytest

from segmenters import SegmenterConfig, Stage


def test_round_trip_through_json():
    config = SegmenterConfig(train_sizes=(128, 256), decoder_attention="scse", lr=1e-4)
    assert SegmenterConfig.from_dict(json.loads(json.dumps(config.as_dict()))) == config


def test_stages_survive_json():
    config = SegmenterConfig(stages=(Stage(2, 64, batch=4), Stage(1, 128, rate=0.5)))
    assert SegmenterConfig.from_dict(json.loads(json.dumps(config.as_dict()))) == config


def test_course_fills_in_every_choice():
    config = SegmenterConfig(
        batch=8, frozen_stages=2, stages=(Stage(3, 64, frozen_stages=5), Stage(1, 96))
    )
    assert config.course == (Stage(3, 64, 8, 1.0, 5), Stage(1, 96, 8, 1.0, 2))
    parts = SegmenterConfig(size=96, train_sizes=(64, 96), epochs=5).course
    assert [(part.size, part.epochs) for part in parts] == [(64, 3), (96, 2)]
    assert [
        part.size for part in SegmenterConfig(size=64, epochs=1, train_sizes=(32, 64)).course
    ] == [32]


def test_all_faults_are_named_at_once():
    with pytest.raises(ValueError, match=r"flip.*decoder.*250") as caught:
        SegmenterConfig(flip=2, decoder="vnet", size=250)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"positive_share": (0.5, 1.5)},
        {"decoder_channels": ()},
        {"decoder_channels": (8, 8, 8, 8, 8, 8)},
        {"train_sizes": (100,)},
        {"image_head": False},
        {"decoder_attention": "scse", "decoder_channels": (16, 8)},
        {"amp": "fp8"},
        {"decoder": "fpn", "decoder_attention": "scse"},
        {"decoder": "upernet", "deep_supervision": 0.5},
        {"deep_supervision": 0.5, "decoder_channels": (16,)},
        {"patience": 3},
        {"top_k": 3},
        {"tile": 100},
        {"tta_scales": (0.1,)},
        {"stages": (Stage(epochs=0, size=64),)},
        {"stages": (Stage(epochs=1, size=65),)},
        {"stages": (Stage(epochs=1, size=64),), "train_sizes": (64,)},
        {"epochs": 0},
        {"samples": 1, "batch": 2},
    ],
)
def test_refuses(change):
    with pytest.raises(ValueError, match=next(iter(change)).split("_")[0].rstrip("s")):
        dataclasses.replace(SegmenterConfig(), **change)


def test_unknown_field_is_named():
    with pytest.raises(ValueError, match="learning_rate"):
        SegmenterConfig.from_dict({"learning_rate": 1})


def test_a_single_sample_makes_a_batch_of_one():
    assert SegmenterConfig(samples=1, batch=1).samples == 1
