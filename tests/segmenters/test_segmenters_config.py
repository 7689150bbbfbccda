"""SegmenterConfig: groups, JSON of now and before, and refusals."""

import dataclasses
import json
import re

import pytest

from segmenters import Network, SegmenterConfig, Stage, Training
from segmenters.config.segmenter_config import ADDED

RECORDED: dict = {
    "encoder": "efficientnet_lite0",
    "encoder_weights": "imagenet",
    "frozen_stages": 0,
    "decoder": "unet",
    "decoder_channels": [64, 32, 16, 16],
    "decoder_attention": None,
    "deep_supervision": 0.0,
    "image_head": True,
    "dropout": 0.2,
    "models": 1,
    "frame": 0.0,
    "size": 256,
    "train_sizes": [],
    "epochs": 40,
    "stages": [],
    "restarts": False,
    "samples": 400,
    "positive_share": [0.8, 0.4],
    "batch": 16,
    "accumulate": 1,
    "lr": 0.0015,
    "encoder_lr": 0.0005,
    "schedule": "cosine",
    "weight_decay": 0.02,
    "warmup": 0.05,
    "clip_norm": 5.0,
    "ema_decay": 0.995,
    "holdout": 0.0,
    "check_every": 1,
    "patience": 0,
    "top_k": 0,
    "bce": 3.0,
    "dice": 1.0,
    "focal": 4.0,
    "lovasz": 0.0,
    "image": 0.5,
    "symmetric": False,
    "halves": 0.0,
    "flip": 0.5,
    "rotate": 12.0,
    "scale": 0.15,
    "shift": 0.06,
    "crop": 0.0,
    "elastic": 0.0,
    "grid": 0.0,
    "brightness": 0.1,
    "contrast": 0.2,
    "gamma": 0.25,
    "noise": 0.02,
    "amp": "auto",
    "channels_last": True,
    "compile": False,
    "loader_threads": 0,
    "augment_on": "device",
    "tracker": "none",
    "tta_flip": True,
    "tta_scales": [],
    "tile": 0,
    "tile_overlap": 0.25,
    "presence": "both",
    "mask_size": 0,
    "predict_batch": 16,
    "checkpoint_seconds": 30.0,
    "device": "auto",
    "threads": 0,
}
"""The default configuration as runs of version 0.1.0 recorded it."""


def test_round_trip_through_json():
    config = SegmenterConfig(
        network=Network(decoder_attention="scse"), training=Training(train_sizes=(128, 256))
    ).replace(lr=1e-4)
    assert SegmenterConfig.from_dict(json.loads(json.dumps(config.as_dict()))) == config
    assert SegmenterConfig.from_dict(json.loads(json.dumps(dataclasses.asdict(config)))) == config


def test_stages_survive_json():
    config = SegmenterConfig().replace(stages=(Stage(2, 64, batch=4), Stage(1, 128, rate=0.5)))
    assert SegmenterConfig.from_dict(json.loads(json.dumps(config.as_dict()))) == config


def test_what_was_recorded_before_is_read():
    assert SegmenterConfig.from_dict(RECORDED) == SegmenterConfig()
    changed = {**RECORDED, "frame": 0.12, "encoder": "resnet34", "train_sizes": [192, 256]}
    wanted = SegmenterConfig().replace(crop_margin=0.12, encoder="resnet34", train_sizes=(192, 256))
    assert SegmenterConfig.from_dict(changed) == wanted
    stage = {"epochs": 2, "size": 512, "batch": 0, "rate": 1.0, "frozen_stages": 5}
    staged = SegmenterConfig.from_dict({**RECORDED, "stages": [stage]})
    assert staged.training.stages == (Stage(2, 512, frozen_stages=5),)


def test_a_record_has_the_names_and_values_that_it_always_had():
    recorded = {**RECORDED, "crop_margin": RECORDED["frame"]}
    del recorded["frame"]
    assert SegmenterConfig().as_dict() == recorded
    changed = SegmenterConfig().replace(pad_to=320, lovasz_elu=True)
    assert changed.as_dict() == recorded | {"pad_to": 320, "lovasz_elu": True}
    assert SegmenterConfig.from_dict(changed.as_dict()) == changed


def test_every_field_has_one_name_a_range_and_a_meaning():
    names = []
    for group in dataclasses.fields(SegmenterConfig):
        kind = type(getattr(SegmenterConfig(), group.name))
        for name, field in kind.__pydantic_fields__.items():
            names.append(name)
            assert field.description, name
            assert field.annotation not in (int, float) or len(field.metadata) >= 2, name
    assert len(names) == len(set(names)) == len(RECORDED) + len(ADDED)


def test_course_fills_in_every_choice():
    config = SegmenterConfig().replace(
        batch=8, frozen_stages=2, stages=(Stage(3, 64, frozen_stages=5), Stage(1, 96))
    )
    assert config.course == (Stage(3, 64, 8, 1.0, 5), Stage(1, 96, 8, 1.0, 2))
    parts = SegmenterConfig().replace(size=96, train_sizes=(64, 96), epochs=5).course
    assert [(part.size, part.epochs) for part in parts] == [(64, 3), (96, 2)]
    short = SegmenterConfig().replace(size=64, epochs=1, train_sizes=(32, 64))
    assert [part.size for part in short.course] == [32]


def test_all_faults_are_named_at_once():
    with pytest.raises(ValueError, match=r"decoder.*250.*flip") as caught:
        SegmenterConfig().replace(flip=2, decoder="vnet", size=250, patience=3, encodr="x")
    assert str(caught.value).split("; ") == [
        "encodr is unknown, the nearest is network.encoder",
        "network.decoder must be 'unet', 'unetpp', 'fpn', 'deeplabv3plus', 'segformer' or "
        "'upernet', not 'vnet'",
        "network.size must be a multiple of 32, not 250",
        "patience and top_k compare epochs on images held out: set holdout=0.1",
        "augmentation.flip must lie in 0..1, not 2",
    ]


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
        {"decoder": "segformer", "hypercolumns": True},
        {"patience": 3},
        {"top_k": 3},
        {"tile": 100},
        {"tta_scales": (0.1,)},
        {"stages": ({"epochs": 0, "size": 64},)},
        {"stages": ({"epochs": 1, "size": 65},)},
        {"stages": (Stage(epochs=1, size=64),), "train_sizes": (64,)},
        {"epochs": 0},
        {"samples": 1, "batch": 2},
    ],
)
def test_refuses(change):
    with pytest.raises(ValueError, match=next(iter(change)).split("_")[0].rstrip("s")) as caught:
        SegmenterConfig().replace(**change)
    assert "\n" not in str(caught.value)


def test_the_place_of_a_fault_in_a_tuple_is_named():
    with pytest.raises(ValueError, match=re.escape("training.stages[1].epochs must be greater")):
        SegmenterConfig().replace(stages=(Stage(1, 64), {"epochs": 0, "size": 64}))
    with pytest.raises(ValueError, match=re.escape("epochs must lie in 1..10000, not 0")):
        Stage(epochs=0, size=64)


def test_a_copy_of_a_group_is_checked():
    with pytest.raises(ValueError, match="size must be a multiple of 32, not 10"):
        dataclasses.replace(Network(), size=10)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Network().size = 64


def test_unknown_field_is_named():
    with pytest.raises(ValueError, match="learning_rate"):
        SegmenterConfig.from_dict({"learning_rate": 1})


def test_a_single_sample_makes_a_batch_of_one():
    assert SegmenterConfig().replace(samples=1, batch=1).training.samples == 1


def test_scripts_of_earlier_exports_find_the_batch():
    assert SegmenterConfig().replace(predict_batch=3).predict_batch == 3
