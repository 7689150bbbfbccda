"""Decoders: each feeds on each kind of encoder, and every weight learns."""

from typing import Any

import pytest
import timm
import torch
import torch.distributed as dist
from safetensors.torch import save_file
from segmentation_models_pytorch.decoders.unet.decoder import UnetDecoder
from segmentation_models_pytorch.decoders.unetplusplus.decoder import UnetPlusPlusDecoder
from torch import Tensor, nn
from torch.nn import functional as F

from segmenters import SegmenterConfig, UnknownEncoder
from segmenters.network.decoders import UNet, UNetPlusPlus
from segmenters.network.network import Prediction, SegmentationNet, build_network
from segmenters.network.weights import grey_input
from segmenters.training.losses import total_loss

NARROW = {"decoder_channels": (32,)}
DEEP = {"decoder_attention": "scse", "deep_supervision": 0.5}
CHOICES: list[dict[str, Any]] = [
    {"decoder": "unet", "decoder_channels": (16, 8, 8), "image_head": False, "presence": "map"},
    {"decoder": "unet", "decoder_channels": (32, 16, 16, 16, 16), **DEEP},
    {"decoder": "unet", "decoder_channels": (16, 8, 8), "hypercolumns": True},
    {"decoder": "unetpp", "decoder_channels": (16,)},
    {"decoder": "unetpp", "decoder_channels": (32, 16, 16, 16), "deep_supervision": 1.0},
    {"decoder": "unetpp", "decoder_channels": (32, 16, 16, 16, 16), **DEEP, "hypercolumns": True},
    {"decoder": "fpn", "decoder_channels": (100,)},
    {"decoder": "deeplabv3plus", **NARROW},
    {"decoder": "segformer", **NARROW},
    {"decoder": "upernet", **NARROW, "image": 0.0},
]
TRANSFORMER = "efficientvit_b0"
"""A small one whose first map has stride 4, as those of all transformers."""

CHANNELS = [2, 8, 12, 16, 20, 24]


def configured(encoder: str = "mobilenetv3_small_050", **choices: Any) -> SegmenterConfig:
    return SegmenterConfig().replace(encoder=encoder, encoder_weights="none", size=64, **choices)


def built(encoder: str = "mobilenetv3_small_050", **choices: Any) -> SegmentationNet:
    torch.manual_seed(0)
    return build_network(configured(encoder, **choices), load_weights=False)


def image(count: int = 2) -> tuple[Tensor, Tensor]:
    """Return input and masks of 64 x 96 pixels, the last empty."""
    torch.manual_seed(1)
    masks = (torch.rand(count, 64, 96) > 0.8).float()
    masks[-1] = 0
    return grey_input(torch.rand(count, 64, 96)), masks


def pyramid() -> list[Tensor]:
    torch.manual_seed(2)
    return [torch.randn(2, c, 64 >> k, 96 >> k) for k, c in enumerate(CHANNELS)]


@pytest.mark.parametrize(
    ("encoder", "choices"),
    [
        *((encoder, c) for c in CHOICES for encoder in ("mobilenetv3_small_050", TRANSFORMER)),
        *(("pvt_v2_b0", CHOICES[k]) for k in (1, 7)),
        *(("vgg11_bn", CHOICES[k]) for k in (0, 7)),  # its first map has the size of the image
    ],
)
def test_maps_have_the_shape_of_the_image_and_all_weights_learn(encoder, choices):
    network = built(encoder, **choices).train()
    x, masks = image()
    found = network(x)
    assert found.maps.shape == (2, 64, 96)
    assert found.images.shape == (2,)
    assert {t.dtype for t in (found.maps, found.images, *found.coarse)} == {torch.float32}
    total_loss(found, masks, configured(encoder, **choices)).backward()
    idle = [n for n, p in network.named_parameters() if p.requires_grad and p.grad is None]
    assert idle == []
    assert all(torch.isfinite(p.grad).all() for p in network.parameters() if p.grad is not None)


@pytest.mark.parametrize("decoder", ["unet", "unetpp"])
@pytest.mark.parametrize("blocks", [1, 2, 3, 4, 5])
def test_each_block_doubles_the_resolution(decoder, blocks):
    config = configured(decoder=decoder, decoder_channels=(24, 20, 18, 17, 16)[:blocks])
    decoder_class = UNet if decoder == "unet" else UNetPlusPlus
    levels = decoder_class(CHANNELS, config.network).levels(pyramid())
    wanted = [(2, c, 4 << k, 6 << k) for k, c in enumerate(config.network.decoder_channels)]
    assert [tuple(level.shape) for level in levels] == wanted


@pytest.mark.parametrize(
    ("ours", "theirs"), [(UNet, UnetDecoder), (UNetPlusPlus, UnetPlusPlusDecoder)]
)
def test_five_blocks_compute_what_the_library_computes(ours, theirs):
    config = configured(decoder_channels=(24, 20, 18, 17, 16))
    one, other = ours(CHANNELS, config.network), theirs(CHANNELS, config.network.decoder_channels)
    other.load_state_dict(one.state_dict())
    torch.testing.assert_close(one(pyramid()), other(pyramid()))


@pytest.mark.parametrize("decoder_class", [UNet, UNetPlusPlus])
def test_maps_are_enlarged_outside_autocast(decoder_class, monkeypatch):
    """On a GPU it would enlarge in float32, and join the skip connections to that."""
    seen, enlarge = [], F.interpolate

    def watched(*args: Any, **choices: Any) -> Tensor:
        seen.append(torch.is_autocast_enabled("cpu"))
        return enlarge(*args, **choices)

    monkeypatch.setattr(F, "interpolate", watched)
    decoder = decoder_class(CHANNELS, configured(decoder_channels=(24, 20, 18, 17, 16)).network)
    features = [feature.bfloat16() for feature in pyramid()]
    with torch.autocast("cpu", torch.bfloat16):
        assert decoder(features).dtype == torch.bfloat16
    assert len(seen) >= 5
    assert not any(seen)


def test_enlarging_under_autocast_compiles_whole():
    decoder = UNet(CHANNELS, configured(decoder_channels=(24, 20, 18, 17, 16)).network)
    torch._dynamo.reset()
    compiled = torch.compile(decoder, backend="eager", fullgraph=True)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(compiled(pyramid()), decoder(pyramid()))


def test_four_blocks_of_unetpp_see_the_features_of_stride_two():
    decoder = UNetPlusPlus(
        CHANNELS, configured(decoder="unetpp", decoder_channels=(16,) * 4).network
    )
    features = pyramid()
    features[1].requires_grad_()
    decoder(features).sum().backward()
    assert features[1].grad is not None
    assert features[1].grad.any()


@pytest.mark.parametrize("decoder", ["unet", "unetpp"])
def test_deep_supervision_adds_maps_in_training_only(decoder):
    choices = {"decoder": decoder, "decoder_channels": (16, 16, 8, 8)}
    deep, plain = built(**choices, deep_supervision=0.3), built(**choices)
    x, _ = image()
    trained = deep.train()(x)
    assert [tuple(level.shape) for level in trained.coarse] == [(2, 4, 6), (2, 8, 12), (2, 16, 24)]
    assert plain.train()(x).coarse == ()
    assert deep.eval()(x).coarse == ()
    plain.eval().load_state_dict(deep.state_dict(), strict=False)
    assert torch.equal(deep(x).maps, plain(x).maps)
    extra = deep.state_dict().keys() - plain.state_dict().keys()
    assert {name.split(".")[0] for name in extra} == {"coarse_heads"}


@pytest.mark.parametrize("decoder", ["unet", "unetpp"])
def test_hypercolumns_use_all_blocks(decoder):
    choices = {"decoder": decoder, "decoder_channels": (16, 16, 8, 8)}
    network = built(**choices, hypercolumns=True, deep_supervision=0.3).eval()
    assert network.mask_head.in_channels == 48
    x, _ = image()
    before = network(x)
    assert before.maps.shape == (2, 64, 96)
    assert before.coarse == ()
    with torch.no_grad():
        network.mask_head.weight[:, :40] = 0  # the finest level alone is left
    plain = built(**choices).eval()
    shared = {name: v for name, v in network.state_dict().items() if "head" not in name}
    plain.load_state_dict(shared, strict=False)
    with torch.no_grad():
        plain.mask_head.weight.copy_(network.mask_head.weight[:, 40:])
    assert torch.allclose(network(x).maps, plain(x).maps, atol=1e-6)
    assert not torch.allclose(network(x).maps, before.maps, atol=1e-3)


@pytest.mark.parametrize(
    ("encoder", "stride"),
    [("mobilenetv3_small_050", 16), ("resnet10t", 16), ("pvt_v2_b0", 32)],
)
def test_deeplab_dilates_the_encoders_that_can_be_dilated(encoder, stride):
    network = built(encoder, decoder="deeplabv3plus", **NARROW).eval()
    with torch.inference_mode():
        assert network.encoder(image()[0])[-1].shape[2:] == (64 // stride, 96 // stride)
    rates = [m.dilation[0] for m in network.decoder.modules() if isinstance(m, nn.Conv2d)]
    assert sorted({rate * stride for rate in rates if rate > 1}) == [96, 192, 288]


def test_a_dilated_encoder_takes_the_weights_of_the_plain_one_and_freezes(tmp_path):
    path = tmp_path / "w.safetensors"
    save_file(timm.create_model("resnet10t", pretrained=False).state_dict(), path)
    dilated, plain = (
        build_network(
            configured("resnet10t", **choices).replace(encoder_weights=str(path)),
            load_weights=True,
        ).eval()
        for choices in ({"decoder": "deeplabv3plus", **NARROW}, NARROW)
    )
    x, _ = image()
    ours, theirs = dilated.encoder(x), plain.encoder(x)
    torch.testing.assert_close(ours[:-1], theirs[:-1])
    torch.testing.assert_close(ours[-1][:, :, ::2, ::2], theirs[-1])
    dilated.freeze(4)
    assert not dilated.encoder.model.layer3[0].conv1.weight.requires_grad
    assert dilated.encoder.model.layer4[0].conv1.weight.requires_grad


@pytest.mark.parametrize("decoder", ["deeplabv3plus", "upernet"])
def test_pooling_to_one_cell_learns_from_a_single_image(decoder):
    network = built(decoder=decoder, **NARROW).train()
    x, masks = image(1)
    config = configured(decoder=decoder, **NARROW)
    assert torch.isfinite(total_loss(network(x), masks, config))


@pytest.mark.parametrize(
    "encoder", ["swin_tiny_patch4_window7_224", "nest_tiny", "deit_tiny_patch16_224"]
)
def test_encoders_of_one_size_or_without_pyramid_are_refused(encoder):
    with pytest.raises(UnknownEncoder, match=f"{encoder}.*choose a") as caught:
        built(encoder, decoder="segformer", **NARROW)
    assert "\n" not in str(caught.value)


def test_an_encoder_of_one_size_is_tried_at_all_sizes():
    config = configured("maxvit_rmlp_pico_rw_256", decoder="segformer", **NARROW)
    fits = config.replace(size=256)
    build_network(fits, load_weights=False)
    for change in ({"tile": 160}, {"train_sizes": (160, 256)}, {"tta_scales": (0.625,)}):
        with pytest.raises(UnknownEncoder, match="cannot take images of 160 x 160"):
            build_network(fits.replace(**change), load_weights=False)


@pytest.mark.slow
def test_it_compiles_whole():
    choices: dict[str, Any] = {"decoder_channels": (16, 8, 8), "deep_supervision": 1.0}
    network = built(TRANSFORMER, **choices).train()
    torch._dynamo.reset()
    compiled = torch.compile(network, backend="eager", fullgraph=True)
    x, masks = image()
    found = compiled(x)
    assert isinstance(found, Prediction)
    assert len(found.coarse) == 2
    total_loss(found, masks, configured(TRANSFORMER, **choices)).backward()
    network.eval()
    torch.testing.assert_close(compiled(x).maps, network(x).maps)


@pytest.mark.slow
def test_it_exports_for_any_number_of_images():
    network = built(TRANSFORMER, decoder="unetpp", decoder_channels=(16, 8, 8)).eval()
    exported = torch.export.export(
        network, (image()[0],), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},)
    )
    x, _ = image(3)
    torch.testing.assert_close(exported.module()(x).maps, network(x).maps)


def test_it_learns_in_parallel():
    choices: dict[str, Any] = {"decoder": "unet", "decoder_channels": (32, 16, 16, 16, 16), **DEEP}
    network = built(**choices).train()
    x, masks = image()
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    try:
        parallel = nn.parallel.DistributedDataParallel(network)
        for _ in range(2):  # the second step fails if a weight took no part in the first
            found = parallel(x)
            assert isinstance(found, Prediction)
            total_loss(found, masks, configured(**choices)).backward()
    finally:
        dist.destroy_process_group()
