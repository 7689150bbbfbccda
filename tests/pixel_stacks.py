"""Pictures, and a stack of them in memory, for tests of features."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

SIDE = 64


@dataclass
class FakeStack:
    """A pixel stack in memory that remembers what was taken from it."""

    pixels: np.ndarray
    digest: str = "fake"
    taken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ids = [f"image{place:03d}" for place in range(len(self.pixels))]

    def take(self, ids: Sequence[str]) -> np.ndarray:
        self.taken += ids
        return self.pixels[[self.ids.index(image_id) for image_id in ids]]


def random_stack(images: int) -> FakeStack:
    """So many different pictures."""
    rng = np.random.default_rng(1)
    return FakeStack(rng.integers(0, 256, (images, SIDE, SIDE)).astype(np.uint8))


def lopsided() -> np.ndarray:
    """One picture with a bright line on its left."""
    rng = np.random.default_rng(0)
    picture = rng.integers(60, 120, (SIDE, SIDE)).astype(np.uint8)
    picture[4:40, 10] = 255
    picture[:, 40:] //= 2
    return picture
