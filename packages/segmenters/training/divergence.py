"""Losses and weights that are no longer finite, with the likely cause."""

import math
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from segmenters._device import half_precision
from segmenters._errors import Diverged, SegmenterError
from segmenters.config.groups import Runtime

EARLY = 3
"""Number of updates after each of which the weights are checked; later at every checkpoint."""


def refuse_unsound(config: Runtime, device: torch.device) -> None:
    """Refuse settings that are known to break weights.

    Compiled by torch 2.14 under bf16, a step makes most weights NaN on processors with AMX.

    Raises:
        SegmenterError: these settings on such a processor.
    """
    half = half_precision(device, config) == torch.bfloat16
    if device.type == "cpu" and half and config.compile and _has_amx():
        raise SegmenterError(
            "compile=true under bf16 makes weights NaN on this processor (AMX): set compile=false, "
            "or amp=none"
        )


def check_losses(losses: Sequence[float], first: int, total: int) -> None:
    """Check the losses of consecutive steps.

    Args:
        losses: one per step.
        first: number of the first of these steps, from 1.
        total: number of steps of the training.

    Raises:
        Diverged: a loss is not finite.
    """
    for step, loss in enumerate(losses, start=first):
        if not math.isfinite(loss):
            raise Diverged(
                f"the loss became {loss} in step {step} of {total}: lower lr and encoder_lr, or "
                "set amp=none"
            )


def check_weights(networks: Iterable[nn.Module], step: int, config: Runtime) -> None:
    """Check weights and batch statistics.

    Args:
        networks: the trained network and the average of its weights.
        step: number of the last step.
        config: names the likely cause.

    Raises:
        Diverged: a value is not finite.
    """
    values = [v for network in networks for v in network.state_dict().values()]
    broken = [v for v in values if v.is_floating_point() and not bool(v.isfinite().all())]
    if broken:
        raise Diverged(
            f"{len(broken)} of {len(values)} weights are NaN or infinite after step {step}, "
            f"although the loss is finite: {_remedy(broken[0], config)}"
        )


def _remedy(weight: Tensor, config: Runtime) -> str:
    half = half_precision(weight.device, config) is not None
    if config.compile:
        return f"set compile=false{' or amp=none' if half else ''}"
    return "set amp=none" if half else "lower lr and encoder_lr"


def _has_amx() -> bool:
    return bool(torch.cpu._is_amx_tile_supported())
