"""A table from which the label can be learned, in part."""

import numpy as np
import pandas as pd
import pytest

from classifiers import LightGBMConfig

N = 240


@pytest.fixture
def ids() -> list[str]:
    return [f"image{place:03d}" for place in range(N)]


@pytest.fixture
def labels(ids: list[str]) -> pd.Series:
    rng = np.random.default_rng(0)
    return pd.Series((rng.random(N) < 0.3).astype(int), index=ids)


@pytest.fixture
def groups(ids: list[str]) -> pd.Series:
    return pd.Series([f"patient{place // 3}" for place in range(N)], index=ids)


@pytest.fixture
def features(ids: list[str], labels: pd.Series) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.normal(size=(N, 6)), index=ids, columns=list("abcdef"))
    table["signal"] = labels + rng.normal(scale=0.7, size=N)
    return table


@pytest.fixture
def config() -> LightGBMConfig:
    return LightGBMConfig(
        rounds=60, patience=10, models=2, learning_rate=0.1, feature_fraction=1.0, inner_folds=3
    )
