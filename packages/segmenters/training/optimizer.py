"""The optimiser of a network."""

import torch
from torch import nn

from segmenters.config.segmenter_config import SegmenterConfig


def make_optimizer(network: nn.Module, config: SegmenterConfig) -> torch.optim.Optimizer:
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
