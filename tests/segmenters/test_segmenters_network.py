"""Networks: every decoder and kind of encoder builds, frozen stages stay, errors say the name."""

import pytest
import torch

from segmenters import SegmenterConfig, SegmenterError, UnknownEncoder
from segmenters.network.network import SegmentationNet, build_network
from segmenters.network.weights import grey_input


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
    config = SegmenterConfig().replace(encoder=encoder, encoder_weights="none", **change)
    network = build_network(config, load_weights=True).eval()
    with torch.inference_mode():
        found = network(grey_input(torch.rand(2, 64, 96)))
    assert found.maps.shape == (2, 64, 96)
    assert found.images.shape == (2,)
    assert found.coarse == ()
    assert found.maps.dtype == found.images.dtype == torch.float32
    if not config.network.image_head:
        assert torch.equal(found.images, found.maps.amax(dim=(1, 2)))


def test_untrained_maps_are_nearly_empty(tiny):
    network = build_network(tiny, load_weights=True).eval()
    with torch.inference_mode():
        maps = network(grey_input(torch.rand(2, 64, 64))).maps
    assert torch.sigmoid(maps).mean() < 0.1


@pytest.mark.parametrize("encoder", ["mobilenetv3_small_050", "resnet10t", "efficientnet_lite0"])
def test_frozen_stages_do_not_move(tiny, encoder):
    config = tiny.replace(encoder=encoder, frozen_stages=2)
    network = build_network(config, load_weights=True).train()
    before = {k: v.clone() for k, v in network.encoder.state_dict().items()}
    optimizer = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=0.1)
    found = network(grey_input(torch.rand(4, 64, 64)))
    (found.maps.square().mean() + found.images.square().mean()).backward()
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
    config = tiny.replace(encoder=encoder, frozen_stages=stages)
    model = build_network(config, load_weights=False).encoder.model
    trained = [parameter.requires_grad for parameter in model.parameters()]
    names = [name for name, _ in model.named_parameters()]
    assert names[trained.index(True)] == first_trained
    assert trained.index(True) == trained.count(False) == parameters


@pytest.mark.parametrize(
    ("encoder", "stages"), [("convnext_atto", 6), ("convnext_atto", -1), ("hrnet_w18_small", 1)]
)
def test_a_stage_that_is_not_there_cannot_be_frozen(tiny, encoder, stages):
    network = build_network(tiny.replace(encoder=encoder), load_weights=False)
    network.freeze(5)
    with pytest.raises(SegmenterError, match=f"no stage {stages} .*choose another frozen_stages"):
        network.freeze(stages)
    assert trainable(network) == {"decoder", "mask_head", "image_head"}


@pytest.mark.parametrize("encoder", ["resnet10t", "convnext_atto", "hrnet_w18_small", "pvt_v2_b0"])
def test_five_stages_are_the_whole_encoder(tiny, encoder):
    config = tiny.replace(encoder=encoder, frozen_stages=5, deep_supervision=1)
    network = build_network(config, load_weights=False).train()
    assert trainable(network) == {"decoder", "mask_head", "image_head", "coarse_heads"}
    assert not any(module.training for module in network.encoder.model.modules())
    assert all(module.training for module in network.decoder.modules())


def test_freezing_again_thaws_what_is_not_named(tiny):
    network = build_network(tiny, load_weights=False).train()
    fresh = {name for name, p in network.named_parameters() if p.requires_grad}
    seen = []
    for stages in (5, 3, 1, 0):
        network.freeze(stages)
        seen.append({name for name, p in network.named_parameters() if p.requires_grad})
        still = {name for name, m in network.named_modules() if not m.training}
        assert {name.split(".")[0] for name in still} <= {"encoder"}
        assert bool(still) == bool(stages)
    assert seen[0] < seen[1] < seen[2] < seen[3] == fresh


def test_freezing_in_inference_does_not_start_training(tiny):
    network = build_network(tiny, load_weights=False).eval()
    network.freeze(2)
    network.freeze(0)
    assert not any(module.training for module in network.modules())


def test_a_frozen_stage_drops_no_path(tiny):
    network = build_network(tiny.replace(encoder="convnext_atto"), load_weights=False)
    stage = network.encoder.model.stages_1
    stage.add_module("drop", torch.nn.Dropout(0.5))
    network.freeze(2)
    network.train()
    assert not stage.drop.training
    network.freeze(1)
    assert stage.drop.training


def test_an_optimiser_leaves_alone_what_was_frozen_meanwhile(tiny):
    network = build_network(tiny, load_weights=False).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.1)
    for stages in (0, 5):
        network.zero_grad()
        found = network(grey_input(torch.rand(4, 64, 64)))
        (found.maps.mean() + found.images.mean()).backward()
        network.freeze(stages)
        before = {k: v.clone() for k, v in network.encoder.state_dict().items()}
        optimizer.step()
        kept = [torch.equal(v, before[k]) for k, v in network.encoder.state_dict().items()]
        assert all(kept) == bool(stages)


def trainable(network: SegmentationNet) -> set[str]:
    """Return the parts of the network that learn."""
    return {name.split(".")[0] for name, p in network.named_parameters() if p.requires_grad}


def test_unknown_encoder_names_likely_ones(tiny):
    with pytest.raises(UnknownEncoder, match=r"efficientnet_lite9.*efficientnet_lite"):
        build_network(tiny.replace(encoder="efficientnet_lite9"), load_weights=False)


def test_encoder_without_pyramid_is_refused(tiny):
    config = tiny.replace(encoder="vit_tiny_patch16_224")
    with pytest.raises(UnknownEncoder, match="vit_tiny_patch16_224"):
        build_network(config, load_weights=False)


def test_encoders_that_torch_cannot_train_in_channels_last_are_refused(tiny):
    config = tiny.replace(encoder="mobileone_s0")
    with pytest.raises(UnknownEncoder, match="channels_last=false"):
        build_network(config, load_weights=False)
    build_network(config.replace(channels_last=False), load_weights=False)
