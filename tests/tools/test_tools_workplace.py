"""Which competition is meant where several are there."""

import dataclasses
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

import contest
from tools.paths import Paths
from tools.usecases import demo, features
from tools.usecases.workplace import Workplace

HERE = "siim_acr_pneumothorax"


@pytest.fixture(autouse=True)
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second competition, "spots", whose pictures lie in `dots`."""
    siim = contest.load(HERE)
    module = ModuleType("spots")
    module.locate, module.prepare = contest.locate, _prepare  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "spots", module)
    data = {"train_images": ("dots",), "test_images": ("dots-test",), "annotations": ("dots.csv",)}
    spots = dataclasses.replace(
        siim, name="spots", data=data, prepare="spots:prepare", experiments="spots", demo=()
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
    (folder / "dots.csv").touch()
    return folder


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


def test_a_zip_is_looked_into(tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "d"), "zip", write_spots(tmp_path / "data"))
    assert place(tmp_path, Path(archive)).spec.name == "spots"


def test_none_or_several_are_listed(tmp_path: Path) -> None:
    message = "choose a competition with --competition or TOOLS_COMPETITION: "
    for named in (None, tmp_path / "nowhere", tmp_path):
        with pytest.raises(contest.UnknownCompetition) as caught:
            _ = place(tmp_path, named).spec
        assert str(caught.value) == f"{message}{HERE}, spots"
    for name in (HERE, "spots"):
        (tmp_path / "home" / "data" / name).mkdir(parents=True)
    with pytest.raises(contest.UnknownCompetition, match=message):
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
