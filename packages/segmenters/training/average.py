"""Exponential moving average of weights and batch statistics: the model that is kept."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class WeightAverage:
    """Average of a network's state over the steps (Tarvainen & Valpola 2017, mean teacher).

    The decay rises as ``(1 + t) / (10 + t)`` up to its value, so that the random start is
    forgotten soon.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        """Start from the network's state."""
        self.decay = decay
        self.tensors = {name: value.clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Take in the network's state after step number `step`, the first is 0."""
        weight = 1 - min(self.decay, (1 + step) / (10 + step))
        now = network.state_dict()
        real = [name for name, value in self.tensors.items() if value.is_floating_point()]
        torch._foreach_lerp_([self.tensors[n] for n in real], [now[n] for n in real], weight)
        for name in self.tensors.keys() - set(real):
            self.tensors[name].copy_(now[name])

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Take over a saved average."""
        for name, value in self.tensors.items():
            value.copy_(tensors[name])
