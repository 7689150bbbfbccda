"""Which competition is meant where several are there."""

import dataclasses
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

import contest
import crossval
import ensembling
import kagglegate
from tests.blends import blend
from tools.paths import Paths
from tools.usecases.context.workplace import NoData, Workplace
from tools.usecases.prepare import features
from tools.usecases.start import demo

HERE = "siim_acr_pneumothorax"


@pytest.fixture(autouse=True)
def two(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A second competition, "spots", whose pictures lie in `dots`; an empty home directory."""
    for name in ("TOOLS_DATA", "KAGGLEHUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    siim = contest.load(HERE)
    module = ModuleType("spots")
    module.locate, module.prepare = contest.locate, _prepare  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "spots", module)
    data = {"train_images": ("dots",), "test_images": ("dots-test",), "annotations": ("dots.csv",)}
    spots = dataclasses.replace(
        siim,
        name="spots",
        slug="find-spots",
        mirrors=("someone/spots",),
        columns=contest.Columns("spot", "pixels", "group"),
        data=data,
        prepare="spots:prepare",
        experiments="spots",
        default=False,
        demo=(),
    )
    monkeypatch.setattr(contest, "names", lambda: [HERE, "spots"])
    monkeypatch.setattr(contest, "load", {HERE: siim, "spots": spots}.__getitem__)


def _prepare(root, spec, *, cache, accepted, report, test_only):  # type: ignore[no-untyped-def]
    """Follow the protocol."""


def place(folder: Path, data: Path | None = None, competition: str | None = None) -> Workplace:
    return Workplace(Paths(folder / "home", data, folder / "submissions"), competition)


def write_spots(folder: Path) -> Path:
    for part in ("dots", "dots-test"):
        (folder / part).mkdir(parents=True)
        (folder / part / "a.png").touch()
    (folder / "dots.csv").write_text("spot, pixels\n")
    return folder


def write_run(home: Path, competition: str, name: str = "lightgbm") -> crossval.Run:
    folds = pd.Series([0, 1], index=pd.Index(["a", "b"], name="image_id"), name="fold")
    run = crossval.Run.start(home / "runs", name, {"competition": competition}, folds)
    run.finish({})
    return run


def test_the_named_one_is_taken(tmp_path: Path) -> None:
    assert place(tmp_path, competition="spots").spec.name == "spots"
    data = write_spots(tmp_path / "data")
    assert place(tmp_path, data, HERE).spec.name == HERE


def test_else_the_only_one_whose_data_are_named_or_downloaded(tmp_path: Path) -> None:
    data = write_spots(tmp_path / "data")
    assert place(tmp_path, data).spec.name == "spots"
    (tmp_path / "home" / "data" / HERE).mkdir(parents=True)
    assert place(tmp_path).spec.name == HERE
    assert place(tmp_path, data).spec.name == "spots", "what is named counts"


def test_incomplete_data_are_those_with_which_they_have_most_in_common(tmp_path: Path) -> None:
    data = write_spots(tmp_path / "data")
    shutil.rmtree(data / "dots-test")
    assert place(tmp_path, data).spec.name == "spots"
    (data / "train-rle.csv").write_text("ImageId, EncodedPixels\n")
    assert place(tmp_path, data).spec.name == "spots", "two parts are more than one"


def test_a_table_with_the_columns_of_another_competition_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same places, as `train` and `test` are common ones; the tables tell them apart."""
    siim, spots = contest.load(HERE), contest.load("spots")
    same = dataclasses.replace(spots, data=siim.data)
    monkeypatch.setattr(contest, "load", {HERE: siim, "spots": same}.__getitem__)
    for part in ("train", "test"):
        (tmp_path / "data" / part).mkdir(parents=True)
        (tmp_path / "data" / part / "a.png").touch()
    table = tmp_path / "data" / "train-rle.csv"
    for name, header in ((HERE, "ImageId, EncodedPixels"), ("spots", '"spot","pixels"')):
        table.write_text(f"{header}\n")
        assert place(tmp_path, tmp_path / "data").spec.name == name


def test_the_cache_of_kagglehub_counts_as_downloaded(tmp_path: Path) -> None:
    cache = tmp_path / "user" / ".cache" / "kagglehub"
    write_spots(cache / "datasets" / "someone" / "spots" / "versions" / "1")
    assert place(tmp_path).spec.name == "spots"
    (tmp_path / "home" / "data" / HERE).mkdir(parents=True)
    with pytest.raises(contest.UnknownCompetition):
        _ = place(tmp_path).spec


def test_without_data_what_was_done_in_the_home_counts(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run = write_run(home, "spots")
    assert place(tmp_path).spec.name == "spots"
    assert place(tmp_path, tmp_path / "nowhere").spec.name == "spots"
    write_run(home, HERE)
    with pytest.raises(contest.UnknownCompetition):
        _ = place(tmp_path).spec
    assert place(tmp_path, write_spots(tmp_path / "data")).spec.name == "spots"
    assert place(tmp_path, competition="spots").runs == [run]


def test_blends_of_this_and_of_older_versions_count(tmp_path: Path) -> None:
    for folder in (tmp_path / "now", tmp_path / "old"):
        store = ensembling.BlendStore(folder / "home" / "blends", "spots")
        store.save(blend(name="both", competition="spots"), pd.DataFrame({"score": [0.8]}))
        if folder.name == "old":
            for file in store.own.iterdir():
                file.rename(store.folder / file.name)
        assert place(folder).spec.name == "spots"


def test_else_the_ledger_counts(tmp_path: Path) -> None:
    ledger = kagglegate.Ledger(tmp_path / "submissions" / "ledger.jsonl")
    sent = {"digest": "d", "file": "f", "message": "m"}
    ledger.append("pending", "1", slug="find-spots", **sent)
    assert place(tmp_path).spec.name == "spots"
    ledger.append("pending", "2", slug=contest.load(HERE).slug, **sent)
    with pytest.raises(contest.UnknownCompetition):
        _ = place(tmp_path).spec


def test_a_mirror_says_whose_it_is(tmp_path: Path) -> None:
    assert place(tmp_path).of_mirror("someone/spots").spec.name == "spots"
    assert place(tmp_path, competition=HERE).of_mirror("someone/spots").spec.name == HERE
    assert place(tmp_path).of_mirror("someone/else").spec.name == HERE, "the default"


def test_a_table_of_masks_says_whose_it_is(tmp_path: Path) -> None:
    table = tmp_path / "truth.csv"
    table.write_text("spot,pixels\n")
    assert place(tmp_path).of_table(table).spec.name == "spots"
    assert place(tmp_path, competition=HERE).of_table(table).spec.name == HERE
    table.write_text("other,pixels\n")
    assert place(tmp_path).of_table(table).spec.name == HERE, "the default"


def test_data_that_are_not_there_are_reported_before_the_competition(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder, fault in (("nowhere", "does not exist"), ("empty", "is empty")):
        there = place(tmp_path, tmp_path / folder)
        for read in (lambda one: one.dataset, lambda one: one.layout):
            with pytest.raises(NoData, match=fault):
                read(there)


def test_a_zip_is_looked_into(tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "d"), "zip", write_spots(tmp_path / "data"))
    assert place(tmp_path, Path(archive)).spec.name == "spots"


def test_where_nothing_points_at_any_the_default_is_taken_else_they_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = (
        "choose a competition with --competition or TOOLS_COMPETITION, or give its data with "
        "--data: "
    )
    for named in (None, tmp_path / "nowhere", tmp_path):
        assert place(tmp_path, named).spec.name == HERE
    specs = {
        name: dataclasses.replace(contest.load(name), default=False) for name in (HERE, "spots")
    }
    monkeypatch.setattr(contest, "load", specs.__getitem__)
    for named in (None, tmp_path / "nowhere", tmp_path):
        with pytest.raises(contest.UnknownCompetition) as caught:
            _ = place(tmp_path, named).spec
        assert str(caught.value) == f"{message}{HERE}, spots"


def test_several_that_are_present_are_listed(tmp_path: Path) -> None:
    for name in (HERE, "spots"):
        (tmp_path / "home" / "data" / name).mkdir(parents=True)
    with pytest.raises(contest.UnknownCompetition, match="choose a competition"):
        _ = place(tmp_path).spec


def test_the_demo_takes_the_only_one_that_has_one(tmp_path: Path) -> None:
    assert demo._own_place(place(tmp_path), 60).spec.name == HERE
    with pytest.raises(demo.NoDemo, match="spots has no demo: list experiments in plugins"):
        demo.demo(place(tmp_path, competition="spots"), 60)


def test_whose_features_are_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert features._first_featured(place(tmp_path, competition=HERE)) == "lightgbm"
    spots = place(tmp_path, competition="spots")
    with pytest.raises(features.NoFeatures, match="no experiment of spots uses a feature table"):
        features.features(spots)
    monkeypatch.setattr(features, "_featured", lambda _: ["a", "b"])
    with pytest.raises(features.NoFeatures, match="choose an experiment with --experiment: a, b"):
        features.features(spots)
