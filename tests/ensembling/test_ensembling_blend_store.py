"""Which blend is the best, and why; what cannot be compared."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from tools.usecases.blend_store import BlendNameError, Incomparable

import jobs
from tools.paths import Paths
from tools.usecases import blend_store

N = 400


class Place:
    """The part of a workplace that choosing needs; keeps what is said."""

    def __init__(self, home: Path) -> None:
        self.paths = Paths(home, None, home / "submissions")
        self.spec = SimpleNamespace(name="lungs")
        self.dataset = SimpleNamespace(groups=None)
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def add(place: Place, name: str, runs: int, scores: np.ndarray, **changes: object) -> None:
    record = {"blend": name, "runs": [f"r{k}" for k in range(runs)], "competition": "lungs",
              "data_digest": "d", "score_honest": float(scores.mean())} | changes  # fmt: skip
    jobs.write_json(place.paths.blends / f"{name}.json", record)
    ids = [f"i{k}" for k in range(len(scores))]
    images = pd.DataFrame({"score": scores, "predicted": scores < 1}, index=ids)
    images.to_parquet(place.paths.blends / f"{name}.parquet")


def noisy(seed: int, gain: float) -> np.ndarray:
    common = np.random.default_rng(0).random(N)
    return common + gain + np.random.default_rng(seed).normal(0, 0.1, N)


def test_a_clear_lead_wins(place: Place) -> None:
    add(place, "one", 1, noisy(1, 0.0))
    add(place, "three", 3, noisy(2, 0.05))
    assert blend_store.open_blend(place, "best")["blend"] == "three"
    assert place.said[-1].startswith("three has the best honest score")


def test_within_the_noise_the_simpler_blend_wins_and_it_is_said_why(place: Place) -> None:
    scores = noisy(1, 0.0)
    add(place, "one", 1, scores)
    add(place, "three", 3, noisy(2, 0.0) + scores.mean() - noisy(2, 0.0).mean() + 0.001)
    assert blend_store.open_blend(place, "best")["blend"] == "one"
    assert "behind it by 0.0010 only" in place.said[-1]
    assert "one is used" in place.said[-1]


def test_blends_of_other_data_do_not_stand_in(place: Place) -> None:
    scores = noisy(1, 0.0)
    add(place, "one", 1, scores, data_digest="other")
    add(place, "three", 3, scores + 0.0001)
    assert blend_store.open_blend(place, "best")["blend"] == "three"
    with pytest.raises(Incomparable, match="other images or annotations"):
        blend_store.compare(place, "one", "three")


def test_a_comparison_says_who_wins(place: Place) -> None:
    add(place, "one", 1, noisy(1, 0.0))
    add(place, "three", 3, noisy(2, 0.05))
    found = blend_store.compare(place, "three", "one")
    assert found["difference"] == pytest.approx(found["score_a"] - found["score_b"])
    assert found["difference_interval"][0] > 0
    assert found["a_wins"] > 0.99


def test_a_blend_without_a_table_is_named(place: Place) -> None:
    add(place, "one", 1, noisy(1, 0.0))
    add(place, "old", 2, noisy(1, 0.0))
    (place.paths.blends / "old.parquet").unlink()
    with pytest.raises(Incomparable, match="`tools blend r0 r1 --name old`"):
        blend_store.compare(place, "one", "old")


def test_names_are_helped_with(place: Place) -> None:
    with pytest.raises(BlendNameError, match="there is no blend"):
        blend_store.open_blend(place, "one")
    add(place, "first", 1, noisy(1, 0.0))
    with pytest.raises(BlendNameError, match="did you mean first"):
        blend_store.open_blend(place, "frist")
