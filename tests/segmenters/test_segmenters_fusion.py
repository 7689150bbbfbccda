"""Fused networks: each against the plain one."""

import pytest
import torch
from torch import nn

from segmenters import SegmenterConfig
from segmenters.inference import fusion
from segmenters.network.network import build_network
from segmenters.network.weights import grey_input
from tests.segmenters._trained import as_trained

NETWORKS = [
    ("mobilenetv3_small_050", "unet", (32, 16, 16)),
    ("mobilenetv3_small_050", "upernet", (32,)),
    ("resnet10t", "fpn", (32,)),
    ("tf_efficientnet_lite0", "unet", (16, 16)),
    ("convnext_atto", "segformer", (32,)),
]


def norms(network):
    return sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())


@torch.inference_mode()
def same(one, other, side=96):
    x = grey_input(torch.rand(3, side, side, generator=torch.Generator().manual_seed(2)))
    pairs = zip(one(x)[:2], other(x)[:2], strict=True)
    return all(torch.allclose(a, b, rtol=1e-5, atol=1e-4) for a, b in pairs)


@pytest.fixture
def plain(tiny):
    torch.manual_seed(0)
    return as_trained(build_network(tiny, load_weights=False))


@pytest.mark.parametrize(("encoder", "decoder", "widths"), NETWORKS)
def test_a_fused_network_computes_what_the_plain_one_does(encoder, decoder, widths):
    torch.manual_seed(0)
    config = SegmenterConfig().replace(
        encoder=encoder, decoder=decoder, decoder_channels=widths, encoder_weights="none", size=64
    )
    plain = as_trained(build_network(config, load_weights=False))
    fused = fusion.fused(plain, 64)
    assert fused is not plain
    assert same(plain, fused), "also at another size than that of the trial"
    assert norms(fused) == 0 < norms(plain)


class OutOfOrder(nn.Module):
    """A norm that is registered after a convolution and applied before it."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(2, 2, 3, padding=1), nn.BatchNorm2d(2)

    def forward(self, x):
        y = self.conv(self.norm(x))
        return y[:, 0], y.mean(dim=(1, 2, 3))


def test_where_the_order_of_registration_is_another_the_network_stays():
    torch.manual_seed(0)
    plain = as_trained(OutOfOrder())
    assert fusion.fused(plain, 32) is plain


def test_a_fused_network_that_differs_is_not_used(plain, monkeypatch):
    monkeypatch.setattr(fusion, "fuse_conv_bn_eval", lambda conv, norm: conv)
    assert fusion.fused(plain, 64) is plain


def test_fusing_leaves_the_network_and_the_random_state_alone(plain):
    before = {name: value.clone() for name, value in plain.state_dict().items()}
    torch.manual_seed(3)
    wanted = torch.rand(2)
    torch.manual_seed(3)
    fusion.fused(plain, 64)
    assert torch.equal(torch.rand(2), wanted)
    assert all(torch.equal(before[name], value) for name, value in plain.state_dict().items())
