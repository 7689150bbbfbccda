"""Batch norm for training on a processor, in one piece with the activation after it.

torch passes fourteen times over a feature map for both and their gradients, here it is eight
times: the batch statistics (Ioffe & Szegedy 2015) and the clamped output in two passes, the two
sums that the gradient needs and the gradient in two more, each over two maps at most. What was
clamped is computed again instead of being kept.
"""

import functools
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from timm.layers.norm_act import BatchNormAct2d
from torch import Tensor, nn
from torch.nn import functional as F

from segmenters.network.norm_kernels import moments, normed, pulled, slopes

LEAST_ROWS = 4096
"""Pixels of a batch below which torch is as fast."""

CLAMPS: dict[type[nn.Module], tuple[float, float]] = {
    nn.Identity: (-np.inf, np.inf),
    nn.ReLU: (0.0, np.inf),
    nn.ReLU6: (0.0, 6.0),
}


def quicken(network: nn.Module) -> None:
    """Let the batch norms of `network` take in the ReLUs after them when they train on a CPU.

    Names and values of all parameters stay as they are. On another device, in half precision,
    in inference and for small maps the modules do what they did before.
    """
    for module in list(network.modules()):
        if type(module) is BatchNormAct2d and type(module.act) in CLAMPS:
            module.__class__ = QuickNormAct
        if isinstance(module, nn.Sequential):
            for first, then in itertools.pairwise(list(module)):
                if type(first) is nn.BatchNorm2d and type(then) is nn.ReLU:
                    _join(module, first, then)


def _join(parent: nn.Sequential, norm: nn.BatchNorm2d, act: nn.Module) -> None:
    names = {child: name for name, child in parent.named_children()}
    norm.__class__ = QuickNorm
    norm.__dict__["after"] = act  # no child of its own: it has no parameters
    parent.set_submodule(names[act], nn.Identity())


class QuickNormAct(BatchNormAct2d):
    """timm's norm and activation."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the clamped norm of `x`."""
        found = _quick(self, x, self.act) if isinstance(self.drop, nn.Identity) else None
        return super().forward(x) if found is None else found


class QuickNorm(nn.BatchNorm2d):
    """torch's norm and the activation that followed it.

    Attributes:
        after: the activation.
    """

    after: nn.Module

    def forward(self, x: Tensor) -> Tensor:
        """Return the clamped norm of `x`."""
        found = _quick(self, x, self.after)
        return F.relu(super().forward(x)) if found is None else found


def _quick(norm: nn.BatchNorm2d, x: Tensor, act: nn.Module) -> Tensor | None:
    """Return the clamped norm of `x`, None where torch should make it."""
    if (
        not norm.training
        or torch.compiler.is_compiling()
        or x.device.type != "cpu"
        or x.dtype != torch.float32
        or torch.is_autocast_enabled("cpu")
        or not x.is_contiguous(memory_format=torch.channels_last)
        or x.numel() < LEAST_ROWS * x.shape[1]
        or not (norm.affine and norm.track_running_stats and norm.momentum)
    ):
        return None
    y, mean, variance = _ClampedNorm.apply(x, norm.weight, norm.bias, norm.eps, CLAMPS[type(act)])
    rows = x.numel() // x.shape[1]
    assert norm.running_mean is not None
    assert norm.running_var is not None
    assert norm.num_batches_tracked is not None
    with torch.no_grad():
        norm.running_mean.lerp_(mean, norm.momentum)
        norm.running_var.lerp_(variance * (rows / (rows - 1)), norm.momentum)
        norm.num_batches_tracked.add_(1)
    return y


class _ClampedNorm(torch.autograd.Function):
    """``clamp(weight * (x - mean) / sqrt(variance + eps) + bias)`` with the batch's statistics."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float, clamps: tuple[float, float]
    ) -> tuple[Tensor, Tensor, Tensor]:
        rows = _rows(x)
        pivot = rows[0].copy()  # near the mean, so that the squares keep their digits
        sums = _sums(rows)
        _at_once(rows, lambda part, own: moments(rows, *part, pivot, sums[own]))
        away, squares = sums.sum(axis=0) / len(rows)
        with np.errstate(invalid="ignore"):  # what diverges is seen in the loss
            mean, variance = pivot + away, np.maximum(squares - away * away, 0.0)
        steepness = weight.detach().numpy() / np.sqrt(variance + eps)
        scale, shift = _floats(steepness, bias.detach().numpy() - steepness * mean)
        low, high = (np.float32(clamp) for clamp in clamps)
        y = torch.empty_like(x)
        target = _rows(y)
        _at_once(rows, lambda part, _: normed(rows, *part, scale, shift, low, high, target))
        ctx.save_for_backward(x)
        ctx.known = mean, variance + eps, scale, shift, low, high
        statistics = [torch.from_numpy(values) for values in _floats(mean, variance)]
        ctx.mark_non_differentiable(*statistics)
        return y, statistics[0], statistics[1]

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        (x,) = ctx.saved_tensors
        mean, variance, scale, shift, low, high = ctx.known
        rows, dy = _rows(x), _rows(grads[0].contiguous(memory_format=torch.channels_last))
        (centre,) = _floats(mean)
        sums = _sums(rows)
        _at_once(
            rows,
            lambda part, own: slopes(rows, dy, *part, centre, scale, shift, low, high, sums[own]),
        )
        slope, along = sums.sum(axis=0)
        steepness = scale.astype(np.float64)
        by_x = -steepness * along / variance / len(rows)
        fixed = -steepness * slope / len(rows) - by_x * mean
        of_x, rest = _floats(by_x, fixed)
        dx = torch.empty_like(x)
        target = _rows(dx)
        _at_once(
            rows,
            lambda part, _: pulled(rows, dy, *part, scale, shift, low, high, of_x, rest, target),
        )
        of_weight, of_bias = (
            torch.from_numpy(v) for v in _floats(along / np.sqrt(variance), slope)
        )
        return dx, of_weight, of_bias, None, None


def _rows(x: Tensor) -> np.ndarray:
    """Return a view of `x`, channels last in memory, as ``(pixels of the batch, channels)``."""
    rows: np.ndarray = x.detach().permute(0, 2, 3, 1).reshape(-1, x.shape[1]).numpy()
    return rows


def _sums(rows: np.ndarray) -> np.ndarray:
    """Return room for two sums per channel from each thread, float64 ``(threads, 2, channels)``."""
    return np.empty((torch.get_num_threads(), 2, rows.shape[1]))


def _floats(*values: np.ndarray) -> list[np.ndarray]:
    return [value.astype(np.float32) for value in values]


def _at_once(rows: np.ndarray, work: Callable[[tuple[int, int], int], None]) -> None:
    """Call ``work((first, last), number)`` for as many parts of `rows` as torch has threads.

    The parts depend on the number of threads alone, so sums do too, as those of torch.
    """
    threads = torch.get_num_threads()
    ends = [len(rows) * k // threads for k in range(threads + 1)]
    parts = list(itertools.pairwise(ends))
    others = [_pool(threads - 1).submit(work, parts[k], k) for k in range(1, threads)]
    work(parts[0], 0)
    for other in others:
        other.result()


@functools.cache
def _pool(workers: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers, "norms")
