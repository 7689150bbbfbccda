"""Which blend is the best, and why; what cannot be compared."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import jobs
from ensembling import BlendNameError, BlendStore, EnsemblingError
from tests.blends import blend

N = 400


@pytest.fixture
def store(tmp_path: Path) -> BlendStore:
    return BlendStore(tmp_path, "lungs")


def add(store: BlendStore, name: str, runs: int, scores: np.ndarray, **changes: object) -> None:
    made = blend(
        name=name,
        runs=tuple(f"r{k}" for k in range(runs)),
        score_honest=float(scores.mean()),
        **changes,
    )
    ids = [f"i{k}" for k in range(len(scores))]
    store.save(made, pd.DataFrame({"score": scores, "predicted": scores < 1}, index=ids))


def noisy(seed: int, gain: float) -> np.ndarray:
    common = np.random.default_rng(0).random(N)
    return common + gain + np.random.default_rng(seed).normal(0, 0.1, N)


def no_groups() -> None:
    """No group of any image is known."""


def best(store: BlendStore) -> tuple[str, str]:
    found, why = store.open("best", no_groups)
    return found.name, why


def test_a_clear_lead_wins(store: BlendStore) -> None:
    add(store, "one", 1, noisy(1, 0.0))
    add(store, "three", 3, noisy(2, 0.05))
    name, why = best(store)
    assert name == "three"
    assert why.startswith("three has the best honest score")


def test_within_the_noise_the_simpler_blend_wins_and_it_is_said_why(store: BlendStore) -> None:
    scores = noisy(1, 0.0)
    add(store, "one", 1, scores)
    add(store, "three", 3, noisy(2, 0.0) + scores.mean() - noisy(2, 0.0).mean() + 0.001)
    name, why = best(store)
    assert name == "one"
    assert "lower by only 0.0010" in why
    assert "one is used" in why


def test_blends_of_other_data_do_not_stand_in(store: BlendStore) -> None:
    scores = noisy(1, 0.0)
    add(store, "one", 1, scores, data_digest="other")
    add(store, "three", 3, scores + 0.0001)
    assert best(store)[0] == "three"
    blends = store.blends()
    with pytest.raises(EnsemblingError, match="different images or annotations"):
        store.compare(blends["one"], blends["three"], no_groups)


def test_blends_of_another_competition_are_passed_over(store: BlendStore) -> None:
    add(store, "salt", 1, noisy(1, 0.0), competition="salt")
    add(store, "one", 1, noisy(1, 0.0))
    assert list(store.blends()) == ["one"]


def test_a_comparison_says_who_wins(store: BlendStore) -> None:
    add(store, "one", 1, noisy(1, 0.0))
    add(store, "three", 3, noisy(2, 0.05))
    blends = store.blends()
    found = store.compare(blends["three"], blends["one"], no_groups)
    expected = blends["three"].score_honest - blends["one"].score_honest
    assert found.difference == pytest.approx(expected)
    assert found.interval[0] > 0
    assert found.a_wins > 0.99


def test_a_blend_without_a_table_is_named(store: BlendStore) -> None:
    add(store, "one", 1, noisy(1, 0.0))
    add(store, "old", 2, noisy(1, 0.0))
    store.table_path("old").unlink()
    blends = store.blends()
    with pytest.raises(EnsemblingError, match="`tools blend r0 r1 --name old`"):
        store.compare(blends["one"], blends["old"], no_groups)


def test_names_are_helped_with(store: BlendStore) -> None:
    with pytest.raises(BlendNameError, match="there is no blend"):
        store.open("one", no_groups)
    add(store, "first", 1, noisy(1, 0.0))
    with pytest.raises(BlendNameError, match="did you mean first"):
        store.open("frist", no_groups)


@pytest.mark.parametrize("name", ["best", "a/b", "..", "", "a\nb", ".hidden"])
def test_what_is_no_name_is_refused(store: BlendStore, name: str) -> None:
    with pytest.raises(jobs.BadName, match="choose another --name"):
        add(store, name, 1, noisy(1, 0.0))


def test_a_blend_is_read_as_it_was_kept(store: BlendStore) -> None:
    add(store, "one", 1, noisy(1, 0.0))
    kept, _ = store.open("one", no_groups)
    assert kept == blend(name="one", runs=("r0",), score_honest=kept.score_honest)
    assert list(store.images(kept).columns) == ["score", "predicted"]


def test_a_blend_of_another_version_is_refused(store: BlendStore) -> None:
    (store.folder / "old.json").write_text('{"blend": "old", "competition": "lungs"}')
    with pytest.raises(EnsemblingError, match="make it again"):
        store.blends()


def test_a_blend_is_renamed_with_its_table_and_picture(store: BlendStore) -> None:
    add(store, "old", 1, noisy(1, 0.0))
    (store.own / "old.png").write_bytes(b"picture")
    old = store.blends()["old"]
    images = store.images(old)
    new = store.rename(old, "new")
    assert store.names() == ["new"]
    assert store.blends()["new"] == new
    assert store.images(new).equals(images)
    assert (store.own / "new.png").read_bytes() == b"picture"
    assert not list(store.own.glob("old*"))


def test_a_blend_keeps_its_name_where_the_new_one_is_taken_or_impossible(
    store: BlendStore,
) -> None:
    add(store, "one", 1, noisy(1, 0.0))
    add(store, "two", 1, noisy(2, 0.0))
    with pytest.raises(BlendNameError, match="there is a blend two already"):
        store.rename(store.blends()["one"], "two")
    with pytest.raises(jobs.BadName):
        store.rename(store.blends()["one"], "best")
    assert store.names() == ["one", "two"]


def test_a_deleted_blend_leaves_nothing(store: BlendStore) -> None:
    add(store, "one", 1, noisy(1, 0.0))
    store.delete("one")
    assert list(store.own.iterdir()) == []


@pytest.mark.parametrize("name", ["MINE", "Mine", "mINE"])
def test_a_name_that_differs_only_in_case_overwrites_nothing(store: BlendStore, name: str) -> None:
    add(store, "mine", 1, noisy(1, 0.0))
    before = {path.name: path.read_bytes() for path in store.own.iterdir()}
    for use in (lambda: store.check_name(name), lambda: add(store, name, 3, noisy(2, 0.05))):
        with pytest.raises(jobs.BadName, match="differs from 'mine', which exists, only in case"):
            use()
    assert {path.name: path.read_bytes() for path in store.own.iterdir()} == before
    add(store, "mine", 3, noisy(2, 0.05))
    other = blend(name=name, competition="salt", runs=("r0",))
    store.save(other, pd.DataFrame({"score": [1.0], "predicted": [False]}, index=["i0"]))
