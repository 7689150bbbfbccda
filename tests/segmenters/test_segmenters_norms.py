"""Batch norm in one piece with its activation: as torch's own, wherever it is used."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from timm.layers.norm_act import BatchNormAct2d
from torch import Tensor, nn

from segmenters import SegmenterConfig, build_network
from segmenters.network import norms as norms

ACTS = [nn.Identity, nn.ReLU, nn.ReLU6]


@pytest.fixture(autouse=True)
def small_maps_too(monkeypatch):
    monkeypatch.setattr(norms, "LEAST_ROWS", 2)


def timm_norm(channels: int, act: type[nn.Module]) -> BatchNormAct2d:
    torch.manual_seed(0)
    norm = BatchNormAct2d(channels, act_layer=act)
    nn.init.uniform_(norm.weight, 0.5, 1.5)
    nn.init.normal_(norm.bias)
    return norm.train()


def image(shape: tuple[int, ...], *, offset: float = 0.0, seed: int = 1) -> Tensor:
    x = torch.randn(shape, generator=torch.Generator().manual_seed(seed)) + offset
    return x.contiguous(memory_format=torch.channels_last)


def passed(network: nn.Module, x: Tensor, dy: Tensor) -> tuple[Tensor, Tensor]:
    """Return output and gradient of the input; parameters keep theirs."""
    x = x.clone().requires_grad_()
    y = network(x)
    y.backward(dy)
    assert x.grad is not None
    return y.detach(), x.grad


def exact(norm: BatchNormAct2d, x: Tensor, dy: Tensor) -> tuple[BatchNormAct2d, Tensor, Tensor]:
    """Return torch's norm in float64, contiguous, after a pass, and what it gave."""
    other = copy.deepcopy(norm).double()
    return other, *passed(other, x.double().contiguous(), dy.double().contiguous())


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("threads", [1, 2, 3])
@settings(max_examples=15, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 5), st.integers(1, 40), st.integers(1, 33), st.integers(2, 33)),
    offset=st.sampled_from([0.0, 3.0, -50.0]),
    seed=st.integers(0, 99),
)
def test_it_is_batch_norm_and_activation(act, threads, shape, offset, seed):
    norm = timm_norm(shape[1], act)
    x, dy = image(shape, offset=offset, seed=seed), image(shape, seed=seed + 100)
    wanted, y, dx = exact(norm, x, dy)
    norms.quicken(norm)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        found_y, found_dx = passed(norm, x, dy)
    finally:
        torch.set_num_threads(before)
    torch.testing.assert_close(found_y.double(), y, atol=2e-4, rtol=1e-4)
    # float32 may see a value that lies at a clamp on its other side, which changes its slope
    low, high = norms.CLAMPS[act]
    clear = ((y - low).abs() > 1e-3) & ((y - high).abs() > 1e-3)
    clear |= ((found_y == low) & (y == low)) | ((found_y == high) & (y == high))
    if bool(clear.all()):
        scale = 1 + dx.abs().max()
        torch.testing.assert_close(found_dx.double() / scale, dx / scale, atol=2e-3, rtol=1e-3)
        for name in ("weight", "bias"):
            one, other = getattr(norm, name).grad.double(), getattr(wanted, name).grad
            torch.testing.assert_close(one, other, atol=1e-2, rtol=1e-3)
    for name in ("running_mean", "running_var"):
        torch.testing.assert_close(
            getattr(norm, name).double(), getattr(wanted, name), atol=1e-4, rtol=1e-4
        )
    assert norm.num_batches_tracked == wanted.num_batches_tracked == 1


@pytest.fixture(params=[1, 2, 3])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.mark.parametrize("act", ACTS)
def test_gradients_where_nothing_lies_at_a_clamp(act, threads):
    norm = timm_norm(7, act)
    x, dy = image((3, 7, 40, 40)), image((3, 7, 40, 40), seed=2)
    _, y, _ = exact(norm, x, dy)
    low, high = norms.CLAMPS[act]
    dy *= ((y > low + 0.01) & (y < high - 0.01)) | (y == low) | (y == high)
    wanted, _, dx = exact(norm, x, dy)
    norms.quicken(norm)
    _, found = passed(norm, x, dy)
    torch.testing.assert_close(found.double(), dx, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(norm.weight.grad.double(), wanted.weight.grad, atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(norm.bias.grad.double(), wanted.bias.grad, atol=1e-3, rtol=1e-4)


def test_the_same_threads_give_the_same_bits():
    norm = timm_norm(33, nn.ReLU)
    norms.quicken(norm)
    x, dy = image((4, 33, 31, 29)), image((4, 33, 31, 29), seed=2)
    one, other = (passed(copy.deepcopy(norm), x, dy) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_no_number_stays_none(bad):
    norm = timm_norm(4, nn.ReLU6)
    norms.quicken(norm)
    x = image((2, 4, 8, 8))
    x[0, 1, 2, 3] = bad
    y = norm(x)
    assert y[:, 1].isnan().any()
    assert y[:, [0, 2, 3]].isfinite().all()


def network(**choices) -> nn.Module:
    torch.manual_seed(0)
    config = SegmenterConfig(encoder_weights="none", size=64, **choices)
    return build_network(config, load_weights=False)


@pytest.mark.parametrize("encoder", ["efficientnet_lite0", "resnet10t", "mobilenetv3_small_050"])
def test_a_whole_network_trains_as_before(encoder):
    plain = network(encoder=encoder, decoder_channels=(16, 8, 8, 8), dropout=0.0).train()
    quick = copy.deepcopy(plain)
    norms.quicken(quick)
    kinds = {type(module) for module in quick.modules()}
    assert norms.QuickNorm in kinds
    assert (norms.QuickNormAct in kinds) == (encoder != "resnet10t")
    assert list(quick.state_dict()) == list(plain.state_dict())
    exact = copy.deepcopy(plain).double().to(memory_format=torch.contiguous_format)
    x = image((4, 2, 64, 64))
    for each, images in ((plain, x), (quick, x), (exact, x.double())):
        found = each(images)
        (found.maps.square().mean() + found.images.square().mean()).backward()
    away = [
        ((one.grad - true.grad).norm() / (1e-4 + true.grad.norm())).item()
        for one, true in zip(quick.parameters(), exact.parameters(), strict=True)
        if true.grad is not None
    ]
    # a value beside a clamp may be on its other side, which deep maps of few pixels feel
    assert max(away) < 0.1
    quick.eval(), plain.eval()
    plain.load_state_dict(quick.state_dict())
    assert torch.equal(quick(x).maps, plain(x).maps)


@pytest.mark.parametrize(
    "case", ["inference", "half", "autocast", "contiguous", "small", "compiled"]
)
def test_where_it_is_not_made_for_torch_does_it(case, monkeypatch):
    monkeypatch.setattr(norms._ClampedNorm, "apply", None)
    norm = nn.Sequential(nn.BatchNorm2d(8), nn.ReLU())
    plain = copy.deepcopy(norm)
    norms.quicken(norm)
    x = image((2, 8, 16, 16))
    one, other = norm, plain
    if case == "inference":
        one.eval(), other.eval()
    elif case == "half":
        one.double(), other.double()
        x = x.double()
    elif case == "contiguous":
        x = x.contiguous()
    elif case == "small":
        monkeypatch.setattr(norms, "LEAST_ROWS", 2 * 16 * 16 + 1)
    elif case == "compiled":
        torch._dynamo.reset()
        one = torch.compile(norm, backend="eager", fullgraph=True)
    with torch.autocast("cpu", torch.bfloat16, enabled=case == "autocast"):
        assert torch.equal(one(x), other(x))


def test_frozen_norms_stay_as_they_are():
    frozen = network(encoder="efficientnet_lite0", frozen_stages=2)
    norms.quicken(frozen)
    frozen.train()
    means = {name: value for name, value in frozen.state_dict().items() if "running_mean" in name}
    before = {name: value.clone() for name, value in means.items()}
    frozen(image((4, 2, 64, 64)))
    changed = [name for name, value in means.items() if not torch.equal(value, before[name])]
    assert "encoder.model.bn1.running_mean" not in changed
    assert any(name.startswith("decoder.") for name in changed)
