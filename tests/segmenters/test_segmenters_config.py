"""SegmenterConfig: JSON and refusals."""

import dataclasses
import json

import pytest

from segmenters import SegmenterConfig


def test_round_trip_through_json():
    config = SegmenterConfig(train_sizes=(128, 256), decoder_attention="scse", lr=1e-4)
    assert SegmenterConfig.from_dict(json.loads(json.dumps(config.as_dict()))) == config


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
        {"amp": "fp16"},
        {"epochs": 0},
        {"samples": 1, "batch": 2},
    ],
)
def test_refuses(change):
    with pytest.raises(ValueError, match=next(iter(change)).split("_")[0]):
        dataclasses.replace(SegmenterConfig(), **change)


def test_unknown_field_is_named():
    with pytest.raises(ValueError, match="learning_rate"):
        SegmenterConfig.from_dict({"learning_rate": 1})


def test_a_single_sample_makes_a_batch_of_one():
    assert SegmenterConfig(samples=1, batch=1).samples == 1
