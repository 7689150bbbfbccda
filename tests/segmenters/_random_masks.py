"""Random logits and masks for the tests of the losses."""

import numpy as np
import torch
from hypothesis import strategies as st
from torch import Tensor

seeds = st.integers(0, 2**32 - 1)


def some(seed: int, *, soft: bool = False) -> tuple[Tensor, Tensor]:
    """Return random logits and masks of three images, the first empty."""
    rng = np.random.default_rng(seed)
    high, wide = rng.integers(1, 7, 2)
    logits = torch.from_numpy(rng.normal(0, 3, (3, high, wide)))
    shares = rng.random((3, high, wide))
    masks = torch.from_numpy(shares if soft else (shares > rng.random()).astype(float))
    masks[0] = 0
    return logits, masks


def perfect(masks: Tensor) -> Tensor:
    """Return logits beyond every margin."""
    return torch.where(masks >= 0.5, 60.0, -60.0)
