import shutil
from pathlib import Path

import numpy as np
import pytest

import crossval


def test_maps_come_back_as_they_were_written(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    maps = {name: rng.integers(0, 256, (16, 16)).astype(np.uint8) for name in "abc"}
    store = crossval.MapStore.create(tmp_path / "m.zarr", list(maps), 16)
    for name, probability_map in maps.items():
        store.write(name, probability_map)
    again = crossval.MapStore.open(tmp_path / "m.zarr")
    assert (again.ids, again.size, len(again)) == (["a", "b", "c"], 16, 3)
    assert all(np.array_equal(again.read(name), maps[name]) for name in maps)
    assert "a" in again
    assert "z" not in again


def test_reopening_for_the_same_images_keeps_what_is_there(tmp_path: Path) -> None:
    full = np.full((8, 8), 7, np.uint8)
    crossval.MapStore.create(tmp_path / "m.zarr", ["a", "b"], 8).write("a", full)
    assert crossval.MapStore.create(tmp_path / "m.zarr", ["a", "b"], 8).read("a").sum() == 448
    other = crossval.MapStore.create(tmp_path / "m.zarr", ["a", "c"], 8)
    with pytest.raises(crossval.CrossvalError, match="the probability map of a"):
        other.read("a")


def test_a_lost_map_is_no_empty_one(tmp_path: Path) -> None:
    store = crossval.MapStore.create(tmp_path / "m.zarr", ["a", "b"], 8)
    for name in "ab":
        store.write(name, np.zeros((8, 8), np.uint8))
    assert store.read("b").sum() == 0
    shutil.rmtree(tmp_path / "m.zarr" / "c" / "1")
    with pytest.raises(crossval.CrossvalError, match=r"the probability map of b in .* is missing"):
        store.read("b")


@pytest.mark.parametrize(
    "probability_map", [np.zeros((8, 8)), np.zeros((4, 4), np.uint8), np.zeros((8, 8, 1), np.uint8)]
)
def test_a_map_of_another_kind_is_refused(tmp_path: Path, probability_map: np.ndarray) -> None:
    store = crossval.MapStore.create(tmp_path / "m.zarr", ["a"], 8)
    with pytest.raises(crossval.CrossvalError, match=r"map of a is .* has uint8 \(8, 8\)"):
        store.write("a", probability_map)


def test_unknown_images_and_missing_stores_are_named(tmp_path: Path) -> None:
    store = crossval.MapStore.create(tmp_path / "m.zarr", ["a"], 8)
    with pytest.raises(crossval.CrossvalError, match="has no probability map of z"):
        store.read("z")
    with pytest.raises(crossval.CrossvalError, match="no probability maps can be read at"):
        crossval.MapStore.open(tmp_path / "other.zarr")


def test_a_damaged_chunk_is_noticed_by_its_checksum(tmp_path: Path) -> None:
    store = crossval.MapStore.create(tmp_path / "m.zarr", ["a", "b"], 64)
    rng = np.random.default_rng(0)
    for name in "ab":
        store.write(name, rng.integers(0, 256, (64, 64)).astype(np.uint8))
    chunk = tmp_path / "m.zarr" / "c" / "1" / "0" / "0"
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 0xFF
    chunk.write_bytes(bytes(content))
    store.read("a")
    with pytest.raises(crossval.CrossvalError, match=r"the probability map of b in .* is damaged"):
        store.read("b")
