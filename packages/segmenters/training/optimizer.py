"""The optimiser of a network, and the moving average of its weights, which is the model."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from segmenters.config.groups import Training

Tensors = tuple[Tensor, ...] | list[Tensor]


def make_optimizer(network: nn.Module, config: Training) -> torch.optim.Optimizer:
    """Return AdamW (Loshchilov & Hutter 2019) with the encoder at its own learning rate.

    Biases and norm parameters are not decayed; what is frozen now is not in it.
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
    """Return the optimiser's tensors under ``parameter name/state name``."""
    return {
        f"{name}/{key}": value
        for name, parameter in network.named_parameters()
        for key, value in optimizer.state.get(parameter, {}).items()
    }


def restore_optimizer(
    optimizer: torch.optim.Optimizer, network: nn.Module, tensors: Mapping[str, Tensor]
) -> None:
    """Put back what `flat_optimizer` returned, in the memory layout of the parameters."""
    parameters = dict(network.named_parameters())
    for key, value in tensors.items():
        name, _, state = key.rpartition("/")
        parameter = parameters[name]
        moment = value.shape == parameter.shape
        own = torch.zeros_like(parameter) if moment else value.clone().to(parameter.device)
        optimizer.state[parameter][state] = own.detach().copy_(value)


def moving_average(network: nn.Module, decay: float) -> AveragedModel:
    """Return the exponential moving average of weights and batch statistics, at `network` now.

    That is the teacher of Tarvainen & Valpola 2017. The decay of the t-th update is
    ``min(decay, t / (9 + t))``, so that the random start is forgotten soon. Counts, which have no
    mean, are the last.
    """

    def mix(kept: Tensors, new: Tensors, _: Tensor | int) -> None:
        if kept[0].is_floating_point():
            update = int(average.n_averaged)  # a GPU would wait for the argument
            torch._foreach_lerp_(kept, new, 1 - min(decay, update / (9 + update)))
        else:
            torch._foreach_copy_(kept, new)

    average = AveragedModel(network, multi_avg_fn=mix, use_buffers=True)
    set_updates(average, 0)
    return average


def set_updates(average: AveragedModel, done: int) -> None:
    """Set how many updates `average` has seen; torch would copy the network at the first."""
    average.n_averaged.fill_(done + 1)
