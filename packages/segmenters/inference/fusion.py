"""Fusion of convolutions with the batch norms that follow them, for inference."""

import copy
from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from segmenters.network.weights import grey_input

ABSOLUTE, RELATIVE = 1e-4, 1e-5
"""Largest accepted differences between the logits of the fused and the original network."""


@torch.no_grad()
def fused(network: nn.Module, side: int) -> nn.Module:
    """Return a copy of a network with batch norms fused into the convolutions before them.

    In inference a batch norm scales and shifts channels, which the weights of the convolution
    before it can include. Convolutions and norms are paired in the order in which the network
    registers them. The copy is compared with the network on an image of noise; if they differ,
    the network itself is returned.

    Args:
        network: on the CPU; takes ``(n, 2, h, w)``, returns maps and image logits.
        side: side of its input images, in pixels.
    """
    plain = network.eval()
    x = grey_input(torch.rand(1, side, side, generator=torch.Generator().manual_seed(0)))
    other = copy.deepcopy(plain)
    names = {module: name for name, module in other.named_modules()}
    for conv, norm in _pairs(other):
        other.set_submodule(names[conv], fuse_conv_bn_eval(conv, norm))
        other.set_submodule(names[norm], _after(norm))
    return other if _agree(other(x)[:2], plain(x)[:2]) else plain


def _pairs(network: nn.Module) -> Iterator[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    kinds = (nn.Conv2d, nn.BatchNorm2d)
    layers = [module for module in network.modules() if isinstance(module, kinds)]
    for conv, norm in pairwise(layers):
        if (
            isinstance(conv, nn.Conv2d)
            and isinstance(norm, nn.BatchNorm2d)
            and norm.running_mean is not None
            and norm.num_features == conv.out_channels
        ):
            yield conv, norm


def _after(norm: nn.BatchNorm2d) -> nn.Module:
    """Return the layers in a timm norm after the normalisation, such as its activation."""
    parts = [getattr(norm, name, None) for name in ("drop", "act")]
    return nn.Sequential(*[part for part in parts if isinstance(part, nn.Module)])


def _agree(found: tuple[Tensor, ...], wanted: tuple[Tensor, ...]) -> bool:
    pairs = zip(found, wanted, strict=True)
    return all(torch.allclose(one, other, RELATIVE, ABSOLUTE) for one, other in pairs)
