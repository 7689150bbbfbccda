"""The doctor reads every kept picture and says which cache to delete."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cxr.phantom
import imagestack
from tools.paths import Paths
from tools.usecases.context.workplace import Workplace
from tools.usecases.start.doctor import doctor


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    return Workplace(Paths.resolve(tmp_path / "home", tmp_path / "data"))


def pixel_caches(place: Workplace) -> tuple[str, str]:
    check = next(c for c in doctor(place).checks if c.check == "pixel caches")
    return check.state, check.detail


def test_a_damaged_cache_is_named(place: Workplace) -> None:
    assert pixel_caches(place) == ("ok", "0 images in 0 caches, no damage")
    data = place.paths.given_data
    assert data is not None
    cxr.phantom.write_dataset(data, images=2, test=0, seed=0, workers=1)
    frame: pd.DataFrame = imagestack.read_table(data, workers=1)
    cache = imagestack.build_cache(frame, data, 32, place.paths.cache, workers=1)
    assert pixel_caches(place) == ("ok", "2 images in 1 caches, no damage")
    pixels = np.load(cache.folder / "pixels.npy", mmap_mode="r+")
    pixels[1, 3] ^= 1
    pixels.flush()
    state, detail = pixel_caches(place)
    assert state == "warning"
    assert f"{cache.folder}: 1 of 1 blocks are damaged" in detail
    assert f"delete {cache.folder} and" in detail
