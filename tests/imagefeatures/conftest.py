"""A small stack of pictures and the header rows that go with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

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


@pytest.fixture
def picture() -> np.ndarray:
    """One lopsided picture with a bright line on its left."""
    rng = np.random.default_rng(0)
    picture = rng.integers(60, 120, (SIDE, SIDE)).astype(np.uint8)
    picture[4:40, 10] = 255
    picture[:, 40:] //= 2
    return picture


@pytest.fixture
def stack() -> FakeStack:
    """Seventy different pictures: three blocks, the last one short."""
    rng = np.random.default_rng(1)
    return FakeStack(rng.integers(0, 256, (70, SIDE, SIDE)).astype(np.uint8))


@pytest.fixture
def header(stack: FakeStack) -> pd.DataFrame:
    """Facts as the competition hands them over, two of them with gaps."""
    n = len(stack.ids)
    frame = pd.DataFrame(
        {
            "age": pd.array([40, None, 410] + [50] * (n - 3), dtype="Int64"),
            "sex": ["M", "F", None] + ["F"] * (n - 3),
            "view": ["AP", "PA", "LL"] + ["PA"] * (n - 3),
            "spacing": pd.array([0.143, None, 0.168] + [0.143] * (n - 3), dtype="Float64"),
        },
        index=pd.Index(stack.ids, name="image_id"),
    )
    return frame.iloc[::-1]
