"""A small world of bright squares, a tiny network, and the silence of foreign libraries."""

import numpy as np
import pytest

import rlemask
from segmenters import SegmenterConfig


class Stack:
    """Images by id."""

    def __init__(self, images: dict[str, np.ndarray]) -> None:
        self.ids = list(images)
        self.pixels = np.stack(list(images.values()))

    def take(self, ids):
        return self.pixels[[self.ids.index(i) for i in ids]]


@pytest.fixture
def tiny() -> SegmenterConfig:
    """A network that trains in seconds."""
    return SegmenterConfig().replace(
        encoder="mobilenetv3_small_050",
        encoder_weights="none",
        decoder_channels=(16, 8, 8),
        size=64,
        epochs=2,
        samples=8,
        batch=4,
        device="cpu",
        amp="none",
        threads=1,
    )


@pytest.fixture
def squares() -> tuple[Stack, dict[str, rlemask.Runs]]:
    """Twelve 64-px images, half with a bright square that is the object, and their masks."""
    rng = np.random.default_rng(0)
    images, targets = {}, {}
    for number in range(12):
        image = rng.integers(40, 80, (64, 64), dtype=np.uint8)
        mask = np.zeros((64, 64), np.uint8)
        if number % 2:
            top, left = rng.integers(4, 36, 2)
            mask[top : top + 20, left : left + 20] = 1
        image[mask > 0] += 150
        images[f"i{number}"] = image
        targets[f"i{number}"] = rlemask.runs_of(mask)
    return Stack(images), targets
