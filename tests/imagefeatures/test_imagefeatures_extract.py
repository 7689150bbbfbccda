"""The table: its shape, its cache, its resumption, its refusals."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
import pandas as pd
import pytest

import imagefeatures
from imagefeatures import (
    BadFacts,
    BadFamilies,
    Facts,
    Grid,
    Radiomics,
    UnknownImages,
    extract,
)

AGE = Facts("header", {"age": (), "sex": ("F", "M")})
RADIOMICS = Radiomics()
QUICK = (RADIOMICS, Grid())


@dataclass(frozen=True)
class Fragile:
    """Fails on one picture; its parameter says which."""

    name: ClassVar[str] = "fragile"
    version: ClassVar[int] = 1

    fails_on: int = -1

    def compute(self, image: np.ndarray) -> dict[str, float]:
        if image[0, 0] == self.fails_on:
            raise RuntimeError("killed here")
        return {"corner": float(image[0, 0])}


class Restored(Fragile):
    """The same family, name, version and parameters, that no longer fails."""

    def compute(self, image: np.ndarray) -> dict[str, float]:
        return {"corner": float(image[0, 0])}


def test_table_holds_every_family_of_every_image(stack, facts, tmp_path: Path) -> None:
    families = (*QUICK, AGE)
    table = extract(stack, families=families, facts=facts, cache_dir=tmp_path, workers=1)
    assert list(table.index) == stack.ids
    assert table.index.name == "image_id"
    assert set(table.dtypes) == {np.dtype(np.float32)}
    assert {name.split("_")[0] for name in table} == {"whole", "grid", "header"}
    assert table.columns.is_unique
    single = imagefeatures.compute(stack.pixels[33], QUICK)
    assert list(single) == [name for name in table if not name.startswith("header_")]
    np.testing.assert_allclose(table.iloc[33][list(single)], list(single.values()), rtol=1e-6)


def test_rows_come_in_the_order_asked_for(stack, facts, tmp_path: Path) -> None:
    wanted = [stack.ids[place] for place in (40, 2, 69)]
    families = (AGE, RADIOMICS)
    few = extract(stack, wanted, families=families, facts=facts, cache_dir=tmp_path, workers=1)
    assert list(few.index) == wanted
    assert len(stack.taken) == 32 + 32 + 6
    assert few.columns[0] == "header_age"
    everything = extract(stack, families=families, facts=facts, cache_dir=tmp_path / "other")
    pd.testing.assert_frame_equal(few, everything.loc[wanted])


def test_number_of_workers_does_not_matter(stack, tmp_path: Path) -> None:
    one = extract(stack, families=QUICK, cache_dir=tmp_path / "one", workers=1)
    two = extract(stack, families=QUICK, cache_dir=tmp_path / "two", workers=2)
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_second_call_reads_only(stack, tmp_path: Path) -> None:
    first = extract(stack, families=QUICK, cache_dir=tmp_path, workers=1)
    stack.taken.clear()
    pd.testing.assert_frame_equal(first, extract(stack, families=QUICK, cache_dir=tmp_path))
    assert not stack.taken
    assert len(list(tmp_path.rglob("*.parquet"))) == 2


def test_another_family_computes_just_that_one(stack, tmp_path: Path, monkeypatch) -> None:
    extract(stack, families=[RADIOMICS], cache_dir=tmp_path, workers=1)

    def again(*_: object) -> None:
        raise AssertionError("computed a second time")

    monkeypatch.setattr(Radiomics, "compute", again)
    table = extract(stack, families=QUICK, cache_dir=tmp_path, workers=1)
    assert table.filter(like="grid_").shape[1] > 0


@pytest.mark.parametrize("change", ["digest", "parameter", "version"])
def test_what_changes_the_values_changes_the_key(stack, tmp_path: Path, change, monkeypatch):
    extract(stack, families=[Grid()], cache_dir=tmp_path, workers=1)
    stack.taken.clear()
    family = Grid(cells=4) if change == "parameter" else Grid()
    if change == "digest":
        stack.digest = "other"
    if change == "version":
        monkeypatch.setattr(Grid, "version", 99)
    extract(stack, families=[family], cache_dir=tmp_path, workers=1)
    assert len(stack.taken) == len(stack.ids)


def test_a_stopped_call_goes_on_at_its_block(stack, tmp_path: Path) -> None:
    stack.pixels[:, 0, 0] = np.arange(70)
    with pytest.raises(RuntimeError, match="killed here"):
        extract(stack, families=[Fragile(fails_on=50)], cache_dir=tmp_path, workers=1)
    stack.taken.clear()
    table = extract(stack, families=[Restored(fails_on=50)], cache_dir=tmp_path, workers=1)
    assert stack.taken == stack.ids[32:]
    np.testing.assert_array_equal(table["fragile_corner"], np.arange(70))


def test_progress_counts_images(stack, tmp_path: Path) -> None:
    seen = []
    extract(
        stack,
        families=[RADIOMICS],
        cache_dir=tmp_path,
        workers=1,
        report=lambda label, done, total, figures: seen.append((label, done, total)),
    )
    assert seen == [("features", done, 70) for done in (0, 32, 64, 70)]


def test_threads_of_opencv_are_left_as_they_were(stack, tmp_path: Path) -> None:
    before = cv2.getNumThreads()
    extract(stack, families=[RADIOMICS], cache_dir=tmp_path, workers=1)
    assert cv2.getNumThreads() == before


def test_unknown_images_are_all_counted(stack, facts, tmp_path: Path) -> None:
    short = facts.drop(index="image003")
    with pytest.raises(UnknownImages, match=r"1 are not in the pixel cache, first x .*image003"):
        extract(stack, ["x", "image003"], families=[AGE], facts=short, cache_dir=tmp_path)


def test_facts_must_be_given_if_asked_for(stack, tmp_path: Path) -> None:
    with pytest.raises(BadFacts, match=r"header needs a table of facts: pass facts="):
        extract(stack, families=[AGE], cache_dir=tmp_path)


def test_a_family_asked_for_twice_is_refused(stack, tmp_path: Path) -> None:
    with pytest.raises(BadFamilies, match="grid is duplicated"):
        extract(stack, families=[Grid(), Grid(cells=4)], cache_dir=tmp_path)


def test_an_id_asked_for_twice_is_refused(stack, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="duplicated"):
        extract(stack, [stack.ids[0]] * 2, families=QUICK, cache_dir=tmp_path)


def test_pictures_of_another_kind_are_refused(stack, tmp_path: Path) -> None:
    stack.pixels = stack.pixels.astype(np.float32)
    with pytest.raises(ValueError, match="uint8"):
        extract(stack, families=QUICK, cache_dir=tmp_path, workers=1)
    with pytest.raises(ValueError, match="32 x 32"):
        imagefeatures.compute(np.zeros((16, 16), np.uint8), QUICK)


def test_damaged_tables_and_those_of_other_images_are_made_again(stack, tmp_path: Path) -> None:
    intact = extract(stack, families=[RADIOMICS], cache_dir=tmp_path, workers=1)
    (path,) = tmp_path.rglob("table.parquet")
    fewer = pd.read_parquet(path).iloc[1:]
    for damage in (
        lambda: path.write_bytes(path.read_bytes()[:-50]),
        lambda: path.write_bytes(b""),
        lambda: path.write_text("null"),
        lambda: fewer.to_parquet(path),
        lambda: fewer.rename(index={fewer.index[0]: stack.ids[0]}).to_parquet(path),
    ):
        damage()
        again = extract(stack, families=[RADIOMICS], cache_dir=tmp_path, workers=1)
        pd.testing.assert_frame_equal(again, intact)


def test_no_family_gives_an_empty_table(stack, tmp_path: Path) -> None:
    assert extract(stack, families=(), cache_dir=tmp_path).shape == (70, 0)
