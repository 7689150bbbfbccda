"""Two competitions in one home and one folder of submissions, with experiments of equal names."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import contest
import crossval
import ensembling
import kagglegate
import reporting
import rlemask
from kagglegate import standin
from tests.blends import blend
from tests.competitions import _sources as sources
from tools.paths import Paths
from tools.usecases.context import source
from tools.usecases.context.workplace import Workplace
from tools.usecases.ensemble import blending
from tools.usecases.look import report, subjects, view
from tools.usecases.prepare import audit, data, features
from tools.usecases.prepare.folds import folds
from tools.usecases.runs import prediction
from tools.usecases.submission import kernels, submission_files, submissions, submit
from tools.usecases.train import tuning

CHESTS, SALT = "siim_acr_pneumothorax", "tgs_salt"
BOTH = (CHESTS, SALT)
N = 24


def ids_of(competition: str) -> pd.Index:
    return pd.Index([f"{competition}{n:02d}" for n in range(N)], name="image_id")


def images(spec: contest.Spec) -> Any:
    """Return a data set of masks without pictures; every other image is positive."""
    ids = ids_of(spec.name)
    truth = {image_id: rlemask.empty(spec.shape) for image_id in ids}
    full = rlemask.runs_of(np.ones(spec.shape, np.uint8))
    truth |= dict.fromkeys(ids[::2], full)
    areas = pd.Series({image_id: mask.area for image_id, mask in truth.items()})
    return SimpleNamespace(
        areas=areas,
        labels=(areas > 0).astype("int64"),
        truth=truth,
        digest=f"images of {spec.name}",
        groups=None,
        train=pd.DataFrame({"digest": list(ids)}, index=ids),
        test=pd.DataFrame({"digest": ["t"]}, index=pd.Index([f"{spec.name}-test"])),
        sample_ids=[f"{spec.name}-test"],
        facts=pd.DataFrame(index=ids),
        notes=(),
    )


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Workplace]:
    """The two competitions in one home, with a complete run of `lightgbm` and `unet_tiny` each."""
    made = {}
    for name in BOTH:
        place = Workplace(Paths(tmp_path / "home", None, tmp_path / "submissions"), name)
        place.__dict__["dataset"] = images(place.spec)
        for experiment in ("lightgbm", "unet_tiny"):
            write_run(place, experiment)
        made[name] = place
    return made


def write_run(place: Workplace, experiment: str) -> crossval.Run:
    """Write a run whose probabilities, of the training and the test images, are known."""
    ids = ids_of(place.spec.name)
    config = {"competition": place.spec.name, "data_digest": place.dataset.digest}
    fold = pd.Series(np.arange(N) % 3, index=ids, name="fold")
    run = crossval.Run.start(place.paths.runs, experiment, config, fold)
    p = np.where(place.dataset.labels > 0, 0.9, 0.1)
    table = pd.DataFrame({"image_id": ids, "fold": fold.to_numpy(), "p": p})
    table.to_parquet(run.path / "oof.parquet")
    run.begin_test(crossval.test_key(place.dataset.test["digest"]))
    test = pd.DataFrame({"image_id": place.dataset.test.index, "p": [0.25]})
    test.to_parquet(run.path / "test.parquet")
    run.finish({"score": 0.8, "auc": 0.9})
    return run


def test_a_run_is_looked_for_in_its_competition(places: dict[str, Workplace]) -> None:
    opened = {}
    for name, place in places.items():
        opened[name] = place.open_run("lightgbm")
        assert opened[name].config["competition"] == name
        assert [run.name.partition("-")[0] for run in place.runs] == ["lightgbm", "unet_tiny"]
    there = opened[SALT].name
    with pytest.raises(crossval.UnknownRun, match=f"{there} is a run of {SALT}, not of {CHESTS}"):
        places[CHESTS].open_run(there)
    with pytest.raises(crossval.UnknownRun) as caught:
        places[CHESTS].open_run("lightgbn")
    assert there not in str(caught.value), "it names runs of the other competition"
    assert len(crossval.list_runs(places[SALT].paths.runs)) == 4


def test_a_run_predicts_the_images_of_its_competition(
    places: dict[str, Workplace], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prediction, "experiment_of", lambda *_: None)
    for name, place in places.items():
        made = prediction.predict(place, "unet_tiny")
        assert (made.run, made.images, made.mean_p) == (place.open_run("unet").name, 1, 0.25)
        table = prediction.predictions(place, place.open_run(made.run))
        assert list(table.index) == [f"{name}-test"]


@pytest.mark.parametrize("names", [(), ("lightgbm", "unet_tiny")])
def test_blends_of_equal_names_are_of_runs_of_their_competition(
    places: dict[str, Workplace], names: tuple[str, ...]
) -> None:
    saved = {name: blending.blend(place, names, "blend") for name, place in places.items()}
    assert saved[CHESTS].picture != saved[SALT].picture
    for name, place in places.items():
        kept = place.open_blend("blend")
        assert (kept.competition, kept.runs) == (name, tuple(run.name for run in place.runs))
        assert kept == saved[name].blend
        assert list(place.blends.images(kept).index.sort_values()) == list(ids_of(name))
        assert blending.compare(place, "blend", "blend").found.images == N


def test_best_is_the_best_of_the_competition(places: dict[str, Workplace]) -> None:
    table = pd.DataFrame({"score": [0.8]})
    for place, score in zip(places.values(), (0.7, 0.9), strict=True):
        name = f"only of {place.spec.name}"
        made = blend(name=name, competition=place.spec.name, score_honest=score)
        place.blends.save(made, table)
        assert place.open_blend("best").name == name
        assert place.blends.names() == [name]
    with pytest.raises(ensembling.BlendNameError, match="is not a blend"):
        places[CHESTS].open_blend(f"only of {SALT}")
    with pytest.raises(subjects.UnknownSubject) as caught:
        subjects.find(places[CHESTS], "nothing")
    assert SALT not in str(caught.value)
    with pytest.raises(ensembling.BlendNameError) as neither:
        kernels.build(places[SALT], "nothing")
    assert CHESTS not in str(neither.value)


def test_blends_of_older_versions_are_read(places: dict[str, Workplace]) -> None:
    """They lay in one folder, so that the later one of a name had replaced the other."""
    table = pd.DataFrame({"score": [0.8]}, index=pd.Index(["a"], name="image_id"))
    old = places[SALT].blends
    old.save(blend(name="first", competition=SALT), table)
    for file in old.own.iterdir():
        file.rename(old.folder / file.name)
    kept = places[SALT].open_blend("first")
    pd.testing.assert_frame_equal(old.images(kept), table)
    assert places[CHESTS].blends.names() == []
    places[CHESTS].blends.save(blend(name="first", competition=CHESTS), table + 0.1)
    assert places[SALT].open_blend("first") == kept
    old.save(blend(name="first", competition=SALT, score_honest=0.85), table + 0.05)
    assert places[SALT].open_blend("first").score_honest == 0.85
    assert old.images(kept)["score"].tolist() == [pytest.approx(0.85)]


def test_reports_and_notes_lie_apart(
    places: dict[str, Workplace], monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = SimpleNamespace(kind="blend", name="first", ids=["a"])
    monkeypatch.setattr(subjects, "find", lambda *_, **__: subject)
    monkeypatch.setattr(reporting, "report_page", lambda *_: None)
    monkeypatch.setattr(reporting, "viewer_page", lambda *_: SimpleNamespace(gallery=None))
    monkeypatch.setattr(reporting, "write", lambda _, path, **__: _touch(path))
    monkeypatch.setattr(reporting, "serve", lambda *_, **__: None)
    seen = {"part": "train", "notes": None, "port": 0, "show": False}
    paths = [report.report(place, "first").path for place in places.values()]
    paths += [view.view(place, "first", **seen).notes for place in places.values()]
    assert len(set(paths)) == 4
    old = _touch(places[SALT].paths.home / "notes-blend-first.csv")
    assert view.view(places[SALT], "first", **seen).notes == old, "notes of older versions"


def _touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_a_bundle_has_the_blend_of_its_competition(places: dict[str, Workplace]) -> None:
    built = {}
    for name, place in places.items():
        run = crossval.Run.start(
            place.paths.runs,
            "lightgbm",
            contest.load_experiment(place.spec.experiments, "lightgbm", ["models=1"]).as_dict()
            | {"competition": name},
            place.open_run("lightgbm").folds,
        )
        for folder in run.model_folders():
            _touch(folder / "model_seed0.txt")
        run.finish({})
        place.blends.save(
            blend(name="both", runs=(run.name,), competition=name), pd.DataFrame({"score": [0.8]})
        )
        built[name] = kernels.build(place, "both")
    assert built[CHESTS].path != built[SALT].path
    assert built[CHESTS].slug != built[SALT].slug
    assert built[CHESTS].runs != built[SALT].runs


def test_studies_of_equal_names_lie_apart(places: dict[str, Workplace]) -> None:
    folders = {
        tuning._folder(
            place, "lightgbm", source.load_experiment(place, "lightgbm"), place.runs[0].folds
        )
        for place in places.values()
    }
    assert len(folders) == 2


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A small set of each competition's data."""
    base = tmp_path_factory.mktemp("raw")
    made = {}
    for name in BOTH:
        folder = base / name / "data"
        if name == CHESTS:
            sources.draw(folder, images=12, test=2, seed=1)
        else:
            contest.optional(contest.load(SALT), "synthesize")(folder, images=12, test=2, seed=1)
        made[name] = folder
    return made


@pytest.mark.parametrize("zipped", [False, True])
def test_data_tables_folds_and_accepted_images_lie_apart(
    raw: dict[str, Path], tmp_path: Path, zipped: bool
) -> None:
    home = tmp_path / "home"
    tables, digests = {}, set()
    for name, folder in raw.items():
        given = folder
        if zipped:
            given = Path(shutil.make_archive(str(tmp_path / f"the {name}"), "zip", folder))
        place = Workplace(Paths(home, given, tmp_path / "submissions"))
        assert place.spec.name == name
        assert data.download(place).path.is_dir()
        tables[data.frame(place).path] = name
        digests.add(folds(place, 2).digest)
        found = audit.audit(place, accept=True)
        assert found.path not in tables
        tables[Path(found.path)] = name
        audit._record(place, {f"an image of {name}", *place.accepted()})
        assert f"an image of {name}" in place.accepted()
        assert all(name in one for one in place.accepted() if one.startswith("an image"))
    assert (len(tables), len(digests)) == (4, 2)
    for path, name in tables.items():
        if path.suffix == ".parquet":
            assert set(pd.read_parquet(path)["format"]) == {"dicom" if name == CHESTS else "png"}


def test_zips_of_equal_names_are_not_mixed_up(raw: dict[str, Path], tmp_path: Path) -> None:
    for name, folder in raw.items():
        given = Path(shutil.make_archive(str(tmp_path / name / "data"), "zip", folder))
        place = Workplace(Paths(tmp_path / "home", given, tmp_path / "submissions"))
        if name == CHESTS:
            assert place.spec.name == name
        else:
            with pytest.raises(kagglegate.DataError, match=r"delete the folder .* or name another"):
                _ = place.spec


def test_feature_tables_lie_apart(
    places: dict[str, Workplace], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pd.DataFrame({"a": [1.0]}, index=pd.Index(["i"], name="image_id"))
    made = SimpleNamespace(features=lambda _: table, as_dict=dict)
    monkeypatch.setattr(features, "load_experiment", lambda *_: made)
    paths = [features.features(place, "lightgbm").path for place in places.values()]
    assert paths[0] != paths[1]


@pytest.mark.parametrize("name", BOTH)
def test_a_download_goes_to_its_folder(
    raw: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KAGGLEHUB_CACHE", raising=False)
    paths = Paths(tmp_path / "home", None, tmp_path / "submissions")
    with (
        standin.Server(standin.Site(contest.load(name).slug, data=raw[name])) as server,
        standin.connect(server),
    ):
        got = data.download(Workplace(paths, name))
    assert got.path == tmp_path / "home" / "data" / name
    assert Workplace(paths).spec.name == name
    _touch(tmp_path / "home" / "data" / next(one for one in BOTH if one != name) / "file")
    with pytest.raises(contest.UnknownCompetition):
        _ = Workplace(paths).spec


def test_one_ledger_keeps_the_submissions_of_both(
    places: dict[str, Workplace], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where one has no submissions left today, and the files are of equal names."""
    monkeypatch.setattr(
        blending,
        "test_masks",
        lambda place, _: {place.dataset.sample_ids[0]: rlemask.empty(place.spec.shape)},
    )
    for name, place in places.items():
        place.blends.save(blend(name="first", competition=name), pd.DataFrame({"score": [0.8]}))
        site = standin.Site(place.spec.slug, score=lambda _: (0.7, 0.6), daily_limit=1)
        with standin.Server(site) as server, standin.connect(server) as client:
            done = submit.submit(place, "first", yes=True, wait=True, client=client)
            assert (done.status, done.public_score) == ("complete", 0.7)
            again = submit.submit(place, "first", yes=True, client=client)
            assert (again.ref, len(site.posted)) == (done.ref, 1)
            other = blend(name="second", competition=name, runs=("s",))
            place.blends.save(other, pd.DataFrame({"score": [0.8]}))
            place.dataset.sample_ids.append(f"{name}-more")
            with pytest.raises(submit.NotSubmitted):
                submit.submit(place, "second", yes=True, client=client)
            place.dataset.sample_ids.pop()
        submit.submit(place, "second", dry_run=True)
    assert len(kagglegate.Ledger(places[SALT].paths.ledger).entries()) == 2
    for name, place in places.items():
        (row,) = submissions.submissions(place).submissions
        assert row["blend"] == "first"
        assert submissions.show(place, "first").row["id"] == row["id"]
        (sent, planned) = submission_files._every(place)
        assert sent.entry is not None
        assert sent.entry.slug == place.spec.slug
        assert planned.path.with_name("blend.json").read_text().count(f'"{name}"') == 1
        assert submissions.diff(place, "first", planned.name).changed_images == 0
