"""Loading of encoder weights, and their conversion from colour to grey images."""

from collections.abc import Mapping
from pathlib import Path

import timm
import torch
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from segmenters._errors import WeightsError

GREY_MEAN = 0.449
GREY_STD = 0.226
"""ImageNet's channel means and standard deviations, averaged over the colours."""

SAFETENSORS = "model.safetensors"
"""File name of the weights in timm's repositories on the Hugging Face Hub."""


def load_encoder_weights(model: nn.Module, name: str, source: str) -> None:
    """Load pretrained weights into a timm feature extractor with two input channels.

    Args:
        model: the feature extractor; for its input see `fold_first_conv`.
        name: name of the timm model.
        source: "imagenet", "none" or the path of a safetensors file.

    Raises:
        WeightsError: the file does not exist, timm has no weights for the model, parameters are
            missing or have other shapes, or the download failed.
    """
    if source == "none":
        return
    found = _download(name) if source == "imagenet" else _read(Path(source))
    cfg = timm.get_pretrained_cfg(name)
    assert cfg is not None
    wanted = model.state_dict()
    matched = _matched(wanted, found, name, source)
    first = _first_conv(wanted, cfg.first_conv)
    matched[first] = fold_first_conv(matched[first], cfg.mean, cfg.std)
    _check_shapes(wanted, matched, source)
    model.load_state_dict(matched)


def fold_first_conv(weight: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    """Return kernels ``(out, 2, k, k)`` equivalent to `weight` ``(out, 3, k, k)`` on grey images.

    The input of the three-channel network is ``(grey - mean[c]) / std[c]`` in channel c. The
    input of the new kernels is ``z = (grey - GREY_MEAN) / GREY_STD`` and a channel of ones. Each
    original channel is an affine function of z, so the convolution is linear in (z, 1). Unlike a
    bias, the channel of ones, padded with zeros like the image, is also exact at the borders.
    """
    means = torch.tensor(mean, dtype=torch.float64)[None, :, None, None]
    stds = torch.tensor(std, dtype=torch.float64)[None, :, None, None]
    kernels = weight.double()
    slope = (kernels * GREY_STD / stds).sum(1, keepdim=True)
    offset = (kernels * (GREY_MEAN - means) / stds).sum(1, keepdim=True)
    return torch.cat([slope, offset], dim=1).float()


def grey_input(images: Tensor) -> Tensor:
    """Return the network's input ``(n, 2, h, w)`` for grey images ``(n, h, w)`` in 0..1."""
    return torch.stack([(images - GREY_MEAN) / GREY_STD, torch.ones_like(images)], dim=1)


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise WeightsError(
            f"encoder weights {path} do not exist: give the path of a safetensors file, "
            "'imagenet' or 'none'"
        )
    try:
        return load_file(path)
    except SafetensorError as error:
        raise WeightsError(
            f"encoder weights {path} are no safetensors file ({error}): download them again"
        ) from error


def _download(name: str) -> dict[str, Tensor]:
    """Return timm's weights from their safetensors file; timm's own loader also reads pickles."""
    cfg = timm.get_pretrained_cfg(name)
    missing = WeightsError(
        f"timm offers no ImageNet weights as safetensors for {name}: set encoder_weights to "
        "'none' or to a safetensors file, or choose another encoder"
    )
    if cfg is None or not cfg.hf_hub_id:
        raise missing
    try:
        path = hf_hub_download(cfg.hf_hub_id, SAFETENSORS)
    except Exception as error:  # the Hub's client raises errors of many types
        unasked = isinstance(error, LocalEntryNotFoundError)  # no connection, and not in the cache
        if isinstance(error, EntryNotFoundError) and not unasked:
            raise missing from error
        raise WeightsError(
            f"the ImageNet weights of {name} could not be downloaded "
            f"({type(error).__name__}): connect to huggingface.co, or offline set "
            "encoder_weights to a safetensors file under timm's names, or to 'none'"
        ) from error
    return _read(Path(path))


def _plain(key: str) -> str:
    """Return a parameter name that is the same for timm's nested and flattened modules."""
    return key.replace(".", "_")


def _matched(
    wanted: Mapping[str, Tensor], found: Mapping[str, Tensor], name: str, source: str
) -> dict[str, Tensor]:
    by_plain = {_plain(key): value for key, value in found.items()}
    missing = [
        key for key in wanted if _plain(key) not in by_plain and "num_batches_tracked" not in key
    ]
    if missing:
        shown = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
        raise WeightsError(
            f"encoder weights {source} lack {len(missing)} of the {len(wanted)} parameters of "
            f"{name}: {shown}; give the weights of {name} under timm's names"
        )
    return {key: by_plain.get(_plain(key), own).to(own.dtype) for key, own in wanted.items()}


def _check_shapes(wanted: Mapping[str, Tensor], found: Mapping[str, Tensor], source: str) -> None:
    wrong = [
        f"{key} is {tuple(found[key].shape)}, not {tuple(own.shape)}"
        for key, own in wanted.items()
        if found[key].shape != own.shape
    ]
    if wrong:
        shown = "; ".join(wrong[:3])
        raise WeightsError(
            f"{len(wrong)} parameters in encoder weights {source} have another shape: {shown}; "
            "give the weights of the encoder that the config names"
        )


def _first_conv(wanted: Mapping[str, Tensor], first_conv: str | tuple[str, ...] | None) -> str:
    names = {
        _plain(f"{n}.weight")
        for n in ([first_conv] if isinstance(first_conv, str) else first_conv or ())
    }
    for key, value in wanted.items():
        if _plain(key) in names or (not names and value.ndim == 4):
            return key
    raise WeightsError(
        f"the first convolution {first_conv} is not among the encoder's parameters: choose "
        "another encoder"
    )
