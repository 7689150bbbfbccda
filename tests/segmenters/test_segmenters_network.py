"""Networks: every decoder and kind of encoder builds, frozen stages stay, errors say the name."""

import dataclasses

import pytest
import torch

from segmenters import SegmenterConfig, UnknownEncoder, UnknownStage, build_network, grey_input


@pytest.mark.parametrize("encoder", ["mobilenetv3_small_050", "resnet10t", "convnext_atto"])
@pytest.mark.parametrize(
    "change",
    [
        {"decoder_channels": (16, 8, 8)},
        {"decoder_channels": (32, 16, 16, 16, 16), "decoder_attention": "scse"},
        {"decoder": "fpn", "decoder_channels": (32,)},
        {"decoder_channels": (16, 8), "image_head": False, "presence": "map"},
    ],
)
def test_builds_and_gives_shapes(encoder, change):
    config = SegmenterConfig(encoder=encoder, encoder_weights="none", **change)
    network = build_network(config, load_weights=True).eval()
    with torch.inference_mode():
        logits, image_logits = network(grey_input(torch.rand(2, 64, 96)))
    assert logits.shape == (2, 64, 96)
    assert image_logits.shape == (2,)
    assert logits.dtype == image_logits.dtype == torch.float32


def test_untrained_maps_are_nearly_empty(tiny):
    network = build_network(tiny, load_weights=True).eval()
    with torch.inference_mode():
        logits, _ = network(grey_input(torch.rand(2, 64, 64)))
    assert torch.sigmoid(logits).mean() < 0.1


@pytest.mark.parametrize("encoder", ["mobilenetv3_small_050", "resnet10t", "efficientnet_lite0"])
def test_frozen_stages_do_not_move(tiny, encoder):
    config = dataclasses.replace(tiny, encoder=encoder, frozen_stages=2)
    network = build_network(config, load_weights=True).train()
    before = {k: v.clone() for k, v in network.encoder.state_dict().items()}
    optimizer = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=0.1)
    logits, image = network(grey_input(torch.rand(4, 64, 64)))
    (logits.square().mean() + image.square().mean()).backward()
    optimizer.step()
    still = [k for k, v in network.encoder.state_dict().items() if torch.equal(v, before[k])]
    moved = before.keys() - set(still)
    names = list(before)
    assert "conv" in names[0]
    assert names[0] in still
    first_moved = min(names.index(k) for k in moved)
    assert first_moved > 5
    assert names[-2] in moved or names[-3] in moved


@pytest.mark.parametrize(
    ("encoder", "stages", "first_trained", "parameters"),
    [
        ("resnet10t", 1, "layer1.0.conv1.weight", 9),
        ("resnet10t", 2, "layer2.0.conv1.weight", 15),
        ("vgg11_bn", 1, "features_4.weight", 4),
        ("efficientnet_lite0", 1, "blocks.1.0.conv_pw.weight", 9),
        ("efficientnet_lite0", 2, "blocks.2.0.conv_pw.weight", 27),
        ("efficientnet_lite0", 3, "blocks.3.0.conv_pw.weight", 45),
    ],
)
def test_frozen_is_all_up_to_the_end_of_a_stage(tiny, encoder, stages, first_trained, parameters):
    config = dataclasses.replace(tiny, encoder=encoder, frozen_stages=stages)
    model = build_network(config, load_weights=False).encoder.model
    trained = [parameter.requires_grad for parameter in model.parameters()]
    names = [name for name, _ in model.named_parameters()]
    assert names[trained.index(True)] == first_trained
    assert trained.index(True) == trained.count(False) == parameters


@pytest.mark.parametrize(("encoder", "stages"), [("convnext_atto", 5), ("hrnet_w18_small", 1)])
def test_a_stage_that_is_not_there_cannot_be_frozen(tiny, encoder, stages):
    config = dataclasses.replace(tiny, encoder=encoder, frozen_stages=stages)
    with pytest.raises(UnknownStage, match=f"no stage {stages} .*choose another frozen_stages"):
        build_network(config, load_weights=False)


def test_unknown_encoder_names_likely_ones(tiny):
    with pytest.raises(UnknownEncoder, match=r"efficientnet_lite9.*efficientnet_lite"):
        build_network(dataclasses.replace(tiny, encoder="efficientnet_lite9"), load_weights=False)


def test_encoder_without_pyramid_is_refused(tiny):
    config = dataclasses.replace(tiny, encoder="vit_tiny_patch16_224")
    with pytest.raises(UnknownEncoder, match="vit_tiny_patch16_224"):
        build_network(config, load_weights=False)
