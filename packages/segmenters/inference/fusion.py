"""Networks for inference: convolutions take in the norms and activations that follow them."""

import copy
from collections import Counter
from dataclasses import dataclass
from typing import Any

import timm
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from segmenters.config.segmenter_config import SegmenterConfig
from segmenters.network.weights import grey_input

ABSOLUTE, RELATIVE = 1e-4, 1e-5
"""Largest differences of logits that a fused network may have from the plain one."""

SMALL = 128
"""Side in pixels of the trial's image where any will do."""

KERNELS: dict[type[nn.Module], tuple[str, list[float]]] = {
    nn.Hardswish: ("hardswish", []),
    nn.ReLU: ("relu", []),
    nn.ReLU6: ("hardtanh", [0.0, 6.0]),
    nn.SiLU: ("swish", []),
}
"""Activations that oneDNN applies while it writes a convolution's output: name, parameters."""


@dataclass
class Chain:
    """A convolution and what takes its output, and nothing else's, in turn.

    Attributes:
        conv: the convolution.
        shape: of its input.
        norm: batch norm after it.
        act: activation after that.
    """

    conv: nn.Conv2d
    shape: list[int]
    norm: nn.BatchNorm2d | None = None
    act: nn.Module | None = None

    @property
    def packable(self) -> bool:
        """Whether oneDNN knows this kind of convolution."""
        plain = type(self.conv) is nn.Conv2d and self.conv.padding_mode == "zeros"
        return plain and not isinstance(self.conv.padding, str)


class OneDnnConv(nn.Module):
    """A convolution with the activation after it, by the operator torch's own compiler uses."""

    def __init__(self, conv: nn.Conv2d, act: nn.Module | None, shape: list[int]) -> None:
        """Bring the weights into the layout that oneDNN prefers for inputs of `shape`."""
        super().__init__()
        padding: Any = conv.padding
        self.how = list(padding), list(conv.stride), list(conv.dilation), conv.groups
        pack = torch.ops.mkldnn._reorder_convolution_weight
        self.weight = pack(conv.weight.detach(), *self.how, shape)
        self.bias = None if conv.bias is None else conv.bias.detach()
        self.act, self.parameters_ = ("none", []) if act is None else KERNELS[type(act)]

    def forward(self, x: Tensor) -> Tensor:
        """Return what convolution and activation give."""
        operator = torch.ops.mkldnn._convolution_pointwise
        found: Tensor = operator(
            x, self.weight, self.bias, *self.how, self.act, self.parameters_, ""
        )
        return found


@torch.no_grad()
def fused(network: nn.Module, side: int, *, onednn: bool) -> nn.Module:
    """Return a network for inference that passes less often over its feature maps.

    In inference a batch norm multiplies and shifts channels, which the convolution before it can
    do with its own weights. What follows what is seen from a trial run, and the copy is compared
    with the plain network: where they differ, the plain one is returned.

    Args:
        network: on the CPU; takes ``(n, 2, h, w)``, returns maps and image logits.
        side: of images that it takes.
        onednn: stay on the CPU in float32, so that activations can be taken in as well.
    """
    plain = network.eval()
    x = grey_input(torch.rand(1, side, side, generator=torch.Generator().manual_seed(0)))
    wanted = plain(x)[:2]
    for packed in (True, False) if onednn and torch.backends.mkldnn.is_available() else (False,):
        other = _rebuilt(plain, x, packed)
        if other is not None and _agree(other(x)[:2], wanted):
            return other
    return plain


def trial_side(config: SegmenterConfig, *, onednn: bool) -> int:
    """Return the side at which to try the network of `config`.

    oneDNN lays out weights for the true side; encoders that timm made for one size take no other.
    """
    made = timm.get_pretrained_cfg(config.encoder)
    fixed = made is not None and made.fixed_input_size
    return config.size if onednn or fixed else min(config.size, SMALL)


def _agree(found: tuple[Tensor, ...], wanted: tuple[Tensor, ...]) -> bool:
    pairs = zip(found, wanted, strict=True)
    return all(torch.allclose(one, other, RELATIVE, ABSOLUTE) for one, other in pairs)


def _rebuilt(network: nn.Module, x: Tensor, packed: bool) -> nn.Module | None:
    """Return a copy with its chains fused; None where torch has no such operator for `packed`."""
    rebuilt = copy.deepcopy(network)
    names = {module: name for name, module in rebuilt.named_modules()}
    try:
        for chain in _chains(rebuilt, x):
            for module, instead in _instead(chain, packed).items():
                rebuilt.set_submodule(names[module], instead)
        rebuilt(x)
    except (AttributeError, RuntimeError, TypeError):
        if packed:  # the operator is torch's own affair and may change
            return None
        raise
    return rebuilt


def _instead(chain: Chain, packed: bool) -> dict[nn.Module, nn.Module]:
    """Return what takes the place of each module of a chain."""
    conv, norm, act = chain.conv, chain.norm, chain.act
    packed = packed and chain.packable
    instead: dict[nn.Module, nn.Module] = {}
    if norm is not None:
        instead[norm] = _rest(norm, without=act if packed else None)
    whole = conv if norm is None else fuse_conv_bn_eval(conv, norm)
    if not packed:
        return instead | {conv: whole}
    if act is not None and act not in _inner(norm):
        instead[act] = nn.Identity()
    return instead | {conv: OneDnnConv(whole, act, chain.shape)}


def _inner(norm: nn.Module | None) -> list[nn.Module]:
    """Return what a norm of timm does after normalising."""
    parts = [getattr(norm, name, None) for name in ("drop", "act")]
    idle = (nn.Identity, nn.Dropout)
    return [part for part in parts if isinstance(part, nn.Module) and not isinstance(part, idle)]


def _rest(norm: nn.Module, without: nn.Module | None) -> nn.Module:
    return nn.Sequential(*[part for part in _inner(norm) if part is not without])


def _chains(network: nn.Module, x: Tensor) -> list[Chain]:
    """Return the chains of `network`, seen while it evaluates `x`; no module is in two."""
    watch = _Watch()
    kinds = (nn.Conv2d, nn.BatchNorm2d, *KERNELS)
    modules = [module for module in network.modules() if isinstance(module, kinds)]
    hooks = [module.register_forward_pre_hook(watch.enter) for module in modules]
    hooks += [module.register_forward_hook(watch.leave) for module in modules]
    network(x)
    for hook in hooks:
        hook.remove()
    return [_single(chain, watch.calls) for chain in watch.chains if watch.calls[chain.conv] == 1]


class _Watch:
    """Sees which module takes the very tensor that another one gave.

    The tensors are held, so that no id comes twice; their versions tell whether something was
    added to them in place on the way.
    """

    def __init__(self) -> None:
        self.chains: list[Chain] = []
        self.calls: Counter[nn.Module] = Counter()
        self._ends: dict[int, tuple[Chain, Tensor, int]] = {}
        self._before: dict[nn.Module, Chain | None] = {}

    def enter(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        chain, _, version = self._ends.get(id(inputs[0]), (None, None, -1))
        self._before[module] = chain if version == inputs[0]._version else None

    def leave(self, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        self.calls[module] += 1
        chain = self._before.pop(module)
        if isinstance(module, nn.Conv2d):
            chain = Chain(module, list(inputs[0].shape))
            self.chains.append(chain)
        elif chain is None or not _extended(chain, module):
            return
        self._ends[id(output)] = chain, output, output._version


def _extended(chain: Chain, module: nn.Module) -> bool:
    """Add `module` to the end of a chain if that can take it; say whether more may follow."""
    if chain.act is not None:
        return False
    if isinstance(module, nn.BatchNorm2d):
        if chain.norm is not None or module.running_mean is None:
            return False
        chain.norm = module
        inner = _inner(module)
        chain.act = inner[0] if inner and type(inner[0]) in KERNELS else None
        return not inner
    chain.act = module if type(module) in KERNELS else None
    return False


def _single(chain: Chain, calls: Counter[nn.Module]) -> Chain:
    """Leave out what is used at several places of the network, and what comes after that."""
    if chain.norm is not None and calls[chain.norm] > 1:
        chain.norm = chain.act = None
    if chain.act is not None and calls[chain.act] > 1:
        chain.act = None
    return chain
