"""Encoder weights: the folded first convolution, files that fit and files that do not."""

import os
from pathlib import Path

import pytest
import timm
import torch
from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError
from safetensors.torch import save_file

from segmenters import SegmenterConfig, WeightsError
from segmenters.network.network import build_network
from segmenters.network.weights import fold_first_conv, grey_input

ENCODER = "mobilenetv3_small_050"


def config(source: str | Path, encoder: str = ENCODER) -> SegmenterConfig:
    return SegmenterConfig().replace(
        encoder=encoder, encoder_weights=str(source), decoder_channels=(8, 8), size=64
    )


@pytest.mark.parametrize("padding", [0, 1, 3])
def test_folded_kernels_equal_three_channels(padding):
    torch.manual_seed(0)
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    weight, grey = torch.randn(5, 3, 3, 3), torch.rand(2, 17, 17)
    colour = (grey[:, None] - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
    conv = torch.nn.functional.conv2d
    expected = conv(colour, weight, stride=2, padding=padding)
    folded = conv(grey_input(grey), fold_first_conv(weight, mean, std), stride=2, padding=padding)
    torch.testing.assert_close(folded, expected, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("encoder", [ENCODER, "resnet10t", "convnext_atto"])
def test_whole_encoder_equals_three_channels(encoder, tmp_path):
    torch.manual_seed(1)
    model = timm.create_model(encoder, pretrained=False).eval()
    half = {k: v.half() if v.is_floating_point() else v for k, v in model.state_dict().items()}
    save_file(half, tmp_path / "w.safetensors")
    cfg = timm.get_pretrained_cfg(encoder)
    network = build_network(config(tmp_path / "w.safetensors", encoder), load_weights=True).eval()
    assert {p.dtype for p in network.parameters()} == {torch.float32}
    features = timm.create_model(encoder, pretrained=False, features_only=True).eval()
    full = {k.replace(".", "_"): v.float() for k, v in half.items()}
    features.load_state_dict(
        {k: full[k.replace(".", "_")].to(v.dtype) for k, v in features.state_dict().items()}
    )
    grey = torch.rand(2, 64, 64)
    mean, std = (torch.tensor(v)[:, None, None] for v in (cfg.mean, cfg.std))
    with torch.inference_mode():
        expected = features((grey[:, None] - mean) / std)
        found = network.encoder(grey_input(grey))
    for ours, theirs in zip(found[-len(expected) :], expected, strict=True):
        scale = theirs.abs().max().item()
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4 * max(scale, 1e-3))


def test_missing_file_is_named(tmp_path):
    with pytest.raises(WeightsError, match=r"nowhere\.safetensors"):
        build_network(config(tmp_path / "nowhere.safetensors"), load_weights=True)


def test_torn_file_is_named(tmp_path):
    path = tmp_path / "torn.safetensors"
    path.write_bytes(b"no tensors")
    with pytest.raises(WeightsError, match=r"torn\.safetensors"):
        build_network(config(path), load_weights=True)


def test_first_missing_parameters_are_named(tmp_path):
    save_file({"conv_stem.weight": torch.zeros(16, 3, 3, 3)}, tmp_path / "w.safetensors")
    with pytest.raises(WeightsError, match=r"lack \d+ of the \d+ .*bn1\.weight"):
        build_network(config(tmp_path / "w.safetensors"), load_weights=True)


def test_other_shapes_are_named(tmp_path):
    state = timm.create_model(ENCODER, pretrained=False).state_dict()
    state["bn1.weight"] = torch.zeros(3)
    save_file(state, tmp_path / "w.safetensors")
    with pytest.raises(WeightsError, match=r"bn1\.weight is \(3,\), not \(16,\)"):
        build_network(config(tmp_path / "w.safetensors"), load_weights=True)


@pytest.fixture
def hub(monkeypatch):
    """Stand in for the hub: return a file, or raise an error, and note what is asked for."""
    asked = []

    def answer(given: Path | Exception) -> list[tuple[str, str]]:
        def download(repo, filename):
            asked.append((repo, filename))
            if isinstance(given, Exception):
                raise given
            return str(given)

        monkeypatch.setattr("segmenters.network.weights.hf_hub_download", download)
        return asked

    return answer


def test_imagenet_is_the_safetensors_file_of_the_hub(hub, tmp_path):
    path = tmp_path / "model.safetensors"
    save_file(timm.create_model(ENCODER, pretrained=False).state_dict(), path)
    asked = hub(path)
    found = build_network(config("imagenet"), load_weights=True).encoder.state_dict()
    assert asked == [(f"timm/{ENCODER}.lamb_in1k", "model.safetensors")]
    wanted = build_network(config(path), load_weights=True).encoder.state_dict()
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)


@pytest.mark.parametrize(
    "error", [ConnectionError("unreachable"), LocalEntryNotFoundError("not in the cache")]
)
def test_no_network_names_the_ways_out(hub, error):
    hub(error)
    with pytest.raises(WeightsError, match=r"safetensors file.*'none'") as caught:
        build_network(config("imagenet"), load_weights=True)
    assert "\n" not in str(caught.value)


def test_a_repository_without_safetensors_is_refused(hub):
    hub(EntryNotFoundError("404: no model.safetensors"))
    with pytest.raises(WeightsError, match=r"as safetensors for mobilenet.*or to a safetensors"):
        build_network(config("imagenet"), load_weights=True)


def test_a_pickle_is_never_asked_for(hub):
    asked = hub(AssertionError("must not be asked"))
    assert timm.get_pretrained_cfg("legacy_seresnet18").url.endswith(".pth")
    with pytest.raises(WeightsError, match="legacy_seresnet18: set encoder_weights"):
        build_network(config("imagenet", "legacy_seresnet18"), load_weights=True)
    assert asked == []


def test_weights_that_timm_does_not_offer():
    with pytest.raises(WeightsError, match=r"efficientnet_lite1: set encoder_weights"):
        build_network(config("imagenet", "efficientnet_lite1"), load_weights=True)


def test_real_weights_load():
    path = Path(os.environ.get("SEGMENTER_WEIGHTS", ""))
    if not path.is_file():
        pytest.skip("SEGMENTER_WEIGHTS does not name efficientnet_lite0's weights")
    network = build_network(config(path, "efficientnet_lite0"), load_weights=True)
    assert network.encoder.model.conv_stem.weight.shape == (32, 2, 3, 3)
