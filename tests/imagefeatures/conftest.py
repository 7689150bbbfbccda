"""A small stack of pictures and the facts that go with it."""

import numpy as np
import pandas as pd
import pytest

from tests.pixel_stacks import FakeStack, lopsided, random_stack


@pytest.fixture
def picture() -> np.ndarray:
    """One lopsided picture with a bright line on its left."""
    return lopsided()


@pytest.fixture
def stack() -> FakeStack:
    """Seventy different pictures: three blocks, the last one short."""
    return random_stack(70)


@pytest.fixture
def facts(stack: FakeStack) -> pd.DataFrame:
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
