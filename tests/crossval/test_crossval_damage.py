"""Every file of a run missing, short, foreign or exchanged: named, and mended by what is said."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import crossval
import jobs
from tests.crossval.test_crossval_runs import Memory, digests

IMAGES = digests("i05", "i00", "i29", "i11")
DAMAGES: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "garbage": lambda path: path.write_bytes(b"\x93\xff{" + bytes(range(200))),
    "null": lambda path: path.write_text("null"),
    "one byte": lambda path: path.write_bytes(flipped(path.read_bytes())),
    "folder": lambda path: (path.unlink(), path.mkdir()),
}


def flipped(data: bytes) -> bytes:
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete run with predictions of test images; treat it as read-only."""
    place = tmp_path_factory.mktemp("whole")
    run = crossval.Run.start(place, "memory", {}, folds_of())
    crossval.cross_validate(run, Memory())
    run.finish({"auc": 0.5})
    crossval.predict_test(run, Memory(), IMAGES)
    return place


def folds_of() -> pd.Series:
    labels = pd.Series([0, 1] * 15, index=[f"i{k:02d}" for k in range(30)])
    return crossval.make_folds(labels, n_splits=3)


def road(place: Path) -> dict[str, Any]:
    """Return what `cv`, a blend, and a prediction of test images read, made again where needed."""
    folds = folds_of()
    run = crossval.Run.start(place, "memory", {}, folds)
    if not run.complete:
        crossval.cross_validate(run, Memory())
        run.finish({"auc": 0.5})
    test = crossval.predict_test(run, Memory(), IMAGES)
    found = {"oof": run.oof().to_dict(), "test": test.to_dict(), "metrics": run.metrics()}
    run.check_models()
    models = {path.name: jobs.read_json(path / "seen.json") for path in run.model_folders()}
    maps = {}
    for part, ids in (("oof", folds.index), ("test", IMAGES.index)):
        store = run.maps(part)
        assert store is not None
        maps[part] = [store.read(image_id).tolist() for image_id in ids]
    return {**found, "config": run.config, "folds": run.folds.to_dict(), **models, **maps}


def files(place: Path) -> list[str]:
    """One file of each kind: the first where names differ in numbers only."""
    names = sorted(p.relative_to(place).as_posix() for p in place.rglob("*") if p.is_file())
    kinds = {re.sub(r"\d+", "0", name.partition("/")[2]): name for name in reversed(names)}
    return sorted(kinds.values())


def mended(place: Path) -> tuple[dict[str, Any], list[str]]:
    """Walk the road, doing what each error says; return its result and the errors."""
    said: list[str] = []
    for _ in range(3):
        try:
            return road(place), said
        except jobs.UserError as error:
            said.append(str(error))
        found = re.search(r"(?:delete|remove) (\S+?)[,;:]?( |$)", said[-1])
        path = Path(found[1] if found else "nothing")
        assert path.exists(), f"{said[-1]}: there is no {path}"
        assert path.is_relative_to(place)
        (shutil.rmtree if path.is_dir() else Path.unlink)(path)
    pytest.fail(f"three remedies did not help: {said}")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_made_again_or_named_with_a_remedy_that_helps(
    damage: str, whole: Path, tmp_path: Path
) -> None:
    intact = road(whole)
    assert len(files(whole)) >= 14
    for number, name in enumerate(files(whole)):
        place = Path(shutil.copytree(whole, tmp_path / str(number)))
        DAMAGES[damage](place / name)
        result, said = mended(place)
        assert result == intact, f"{name}: {said}"
        assert all("\n" not in line and str(place) in line for line in said)


@pytest.mark.parametrize("part", ["oof", "test"])
def test_exchanged_maps_are_noticed(part: str, whole: Path, tmp_path: Path) -> None:
    """Each chunk is sound, but belongs to another image, as after a copy of another run."""
    intact = road(whole)
    place = Path(shutil.copytree(whole, tmp_path / "run"))
    [store] = place.glob(f"*/{part}_masks.zarr")
    first, second = store / "c/0/0/0", store / "c/1/0/0"
    kept = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(kept)
    result, said = mended(place)
    assert result == intact
    assert "is not the one that was written" in said[0]


def test_a_lost_store_of_maps_is_not_a_run_without_maps(whole: Path, tmp_path: Path) -> None:
    intact = road(whole)
    place = Path(shutil.copytree(whole, tmp_path / "run"))
    for store in place.glob("*/*.zarr"):
        shutil.rmtree(store)
    result, said = mended(place)
    assert result == intact
    assert len(said) == 2


def test_tables_of_fewer_images_are_noticed(whole: Path, tmp_path: Path) -> None:
    """Even in a run of a version without digests."""
    place = Path(shutil.copytree(whole, tmp_path / "run"))
    [folder] = place.iterdir()
    (folder / "COMPLETE").write_text(f"{folder.name}\n")
    table = pd.read_parquet(folder / "oof.parquet")
    table.iloc[1:].to_parquet(folder / "oof.parquet", index=False)
    with pytest.raises(crossval.CrossvalError, match=r"has other images than folds\.csv"):
        crossval.Run(folder).oof()


def test_only_what_is_damaged_is_made_again(whole: Path, tmp_path: Path) -> None:
    place = Path(shutil.copytree(whole, tmp_path / "run"))
    [folder] = place.iterdir()
    learner = Memory()
    (folder / "COMPLETE").unlink()
    crossval.cross_validate(crossval.Run(folder), learner)
    assert learner.fitted == []
    (folder / "models/fold1/seen.json").write_text("[]")
    crossval.cross_validate(crossval.Run(folder), learner)
    assert [name for name, _, _ in learner.fitted] == ["fold1"]
