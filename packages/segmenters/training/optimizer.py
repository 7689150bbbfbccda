"""The optimiser, and the moving average of the network's weights."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from segmenters.config.groups import Training

Tensors = tuple[Tensor, ...] | list[Tensor]


def make_optimizer(network: nn.Module, config: Training) -> torch.optim.Optimizer:
    """Return AdamW (Loshchilov & Hutter 2019) with a separate learning rate of the encoder.

    Biases and norm parameters have no weight decay. Currently frozen parameters are left out.
    """
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            rate = config.encoder_lr if name.startswith("encoder.") else config.lr
            decay = config.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((rate, decay), []).append(parameter)
    return torch.optim.AdamW(
        [
            {"params": members, "lr": rate, "peak": rate, "weight_decay": decay}
            for (rate, decay), members in groups.items()
        ],
        fused=True,
    )


def flat_optimizer(optimizer: torch.optim.Optimizer, network: nn.Module) -> dict[str, Tensor]:
    """Return the optimiser's state tensors by ``parameter name/state name``."""
    return {
        f"{name}/{key}": value
        for name, parameter in network.named_parameters()
        for key, value in optimizer.state.get(parameter, {}).items()
    }


def restore_optimizer(
    optimizer: torch.optim.Optimizer, network: nn.Module, tensors: Mapping[str, Tensor]
) -> None:
    """Restore state tensors from `flat_optimizer`, in the memory layout of the parameters."""
    parameters = dict(network.named_parameters())
    for key, value in tensors.items():
        name, _, state = key.rpartition("/")
        parameter = parameters[name]
        moment = value.shape == parameter.shape
        own = torch.zeros_like(parameter) if moment else value.clone().to(parameter.device)
        optimizer.state[parameter][state] = own.detach().copy_(value)


def moving_average(network: nn.Module, decay: float) -> AveragedModel:
    """Return an exponential moving average of weights and batch statistics, initially `network`.

    It is the teacher of Tarvainen & Valpola 2017. The decay of update t is
    ``min(decay, t / (9 + t))``, so that the initial weights lose influence quickly. Integer
    buffers are copied.
    """

    def mix(kept: Tensors, new: Tensors, _: Tensor | int) -> None:
        if kept[0].is_floating_point():
            update = int(average.n_averaged)  # on the CPU; reading the argument would sync the GPU
            torch._foreach_lerp_(kept, new, 1 - min(decay, update / (9 + update)))
        else:
            torch._foreach_copy_(kept, new)

    average = AveragedModel(network, multi_avg_fn=mix, use_buffers=True)
    set_updates(average, 0)
    return average


def set_updates(average: AveragedModel, done: int) -> None:
    """Set the number of updates of `average`, plus 1: at 0 torch copies the network."""
    average.n_averaged.fill_(done + 1)
