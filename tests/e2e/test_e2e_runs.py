"""All runs and blends by the command line: compared, renamed, deleted, on one page, cleaned up."""

import os
import shutil
import time
from pathlib import Path

import pandas as pd
import pytest

from tests.e2e.conftest import QUICK_TREES, done, shared, tools
from tools.usecases.context.workplace import Workplace
from tools.usecases.look import runs

pytestmark = pytest.mark.slow
TGS = {"TOOLS_COMPETITION": "tgs_salt"}


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with data, two runs and a blend of the first."""

    def make(root: Path) -> None:
        where = ("--data", root / "data", "--home", root / "home")
        done("data", "synth", "--out", root / "data", "--images", 60, "--test", 6, **TGS)
        first = done("cv", "lightgbm", *QUICK_TREES, *where, **TGS)["run"]
        done("cv", "lightgbm", *QUICK_TREES, "--set", "num_leaves=4", *where, **TGS)
        done("blend", first, "--name", "first", *where, **TGS)

    return shared(tmp_path_factory, "lived-in", make)


@pytest.fixture
def home(lived_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the home; the commands need no options."""
    shutil.copytree(lived_in / "home", tmp_path / "home")
    for name, value in {**TGS, "TOOLS_DATA": lived_in / "data", "TOOLS_HOME": tmp_path / "home",
                        "TOOLS_SUBMISSIONS": tmp_path / "submissions"}.items():  # fmt: skip
        monkeypatch.setenv(name, str(value))
    return tmp_path / "home"


def rows() -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in done("runs")["runs"]}


def test_runs_shows_runs_and_blends_with_their_figures(home: Path) -> None:
    found = rows()
    assert sorted(row["kind"] for row in found.values()) == ["blend", "run", "run"]
    blend = found["first"]
    (used,) = blend["settings"]  # type: ignore[misc]
    run = found[used]
    assert run["folds_done"] == run["folds"] == 3
    assert run["minutes"] > 0  # type: ignore[operator]
    assert run["bytes"] > 10_000  # type: ignore[operator]
    for row in found.values():
        low, high = row["score_interval"]  # type: ignore[misc]
        assert low <= row["score"] <= high
        assert 0 <= row["auc"] <= 1  # type: ignore[operator]
        assert row["score_positives"] is not None
    assert "num_leaves=4" in str(found)
    text = tools("runs", "--sort", "auc").out
    assert "first (blend)" in text
    assert "3/3" in text
    assert "num_leaves=4" in tools("runs", "--match", "leaves").out
    assert [one["name"] for one in done("runs", "--kind", "blend")["runs"]] == ["first"]


def test_an_unfinished_run_is_shown_with_its_folds(home: Path) -> None:
    run = next(name for name, row in rows().items() if row["kind"] == "run" and name not in str(
        rows()["first"]["settings"]))  # fmt: skip
    (home / "runs" / run / "COMPLETE").unlink()
    (home / "runs" / run / "parts" / "fold2.parquet").unlink()
    shown = rows()[run]
    assert (shown["folds_done"], shown["folds"], shown["score"]) == (2, 3, None)
    assert "Repeat the `tools cv`" in tools("runs").out
    assert "resume it: `tools cv lightgbm" in tools().out
    assert done("runs", "--sort", "score")["runs"][-1]["name"] == run


def test_two_runs_differ_in_settings_and_score(home: Path) -> None:
    a, b = (name for name, row in rows().items() if row["kind"] == "run")
    found = done("runs", "diff", a, b)
    assert [row["setting"] for row in found["settings"]] == ["num_leaves"]
    assert found["difference"] == 0, "both draw nothing"
    assert found["difference_interval"] == [0, 0]
    assert found["images"] == 60
    assert "num_leaves" in tools("runs", "diff", a, b).out
    assert done("runs", "show", a)["run"] == a
    assert "honest score" in tools("runs", "show", "best").out


def test_what_a_blend_uses_is_neither_deleted_nor_renamed(home: Path) -> None:
    (used,) = rows()["first"]["settings"]  # type: ignore[misc]
    for words in (("rm", used, "--yes"), ("rename", used, "trees")):
        refused = tools("runs", *words)
        assert refused.code == 1
        assert "is used by blend first" in refused.err
        assert "tools runs rm first" in refused.err
    assert done("runs", "rm", "first", "--yes")["deleted"] == "first"
    assert done("runs", "rename", used, "trees")["to"] == "trees"
    assert rows().keys() >= {"trees"}
    again = done("cv", "lightgbm", *QUICK_TREES)
    assert again["run"] == "trees", "the renamed run is found, not trained again"
    assert done("runs", "rm", "trees", "--yes")["deleted"] == "trees"
    assert "trees" not in rows()


def test_nothing_is_deleted_without_an_answer(home: Path) -> None:
    refused = tools("runs", "rm", "first")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert "first" in rows()
    for words in (("rm", "nosuch", "--yes"), ("show", "nosuch"), ("diff", "first", "nosuch")):
        assert tools("runs", *words).code == 1
    assert "other run or blend" in tools("runs", "rename", "first", next(iter(
        name for name, row in rows().items() if row["kind"] == "run"))).err  # fmt: skip


def test_one_page_has_all_runs_and_one_compares_two(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def counted(place: Workplace, subject: runs.Subject) -> pd.DataFrame:
        asked.append(subject.name)
        return honest_images(place, subject)

    honest_images = runs.honest_images
    monkeypatch.setattr(runs, "honest_images", counted)
    page = done("report")
    html = Path(page["path"]).read_text()
    for name in rows():
        assert name in html
    assert sorted(asked) == sorted(rows()), "each once: for a run of an older version it is a fit"
    run = next(name for name, row in rows().items() if row["kind"] == "run")
    against = done("report", "first", "--against", run)
    assert "show-other" in Path(against["path"]).read_text()
    refused = tools("report", "--against", "first")
    assert refused.code == 2
    assert "need the name" in refused.err


def test_caches_of_no_use_are_deleted_and_made_again(home: Path) -> None:
    before = {path.name for path in (home / "cache").iterdir()}
    assert done("runs", "gc", "--days", 1, "--yes")["deleted"] == []
    old = time.time() - 3 * 86400
    for folder in ("cache", "features"):
        for path in (home / folder).rglob("*"):
            os.utime(path, (old, old))
    left = home / "runs" / ".x.host.123.0123abcd.tmp"
    left.write_text("left by a kill")
    os.utime(left, (old, old))
    listed = done("runs", "gc", "--days", 2, "--dry-run")
    assert left.exists()
    assert str(left.relative_to(home)) in listed["deleted"]
    assert tools("runs", "gc", "--days", 2).code == 2
    cleaned = done("runs", "gc", "--days", 2, "--yes")
    assert cleaned == listed
    assert cleaned["bytes"] > 0
    assert not left.exists()
    assert not [one for one in (home / "cache").iterdir() if one.suffix != ".lock"]
    done("cv", "lightgbm", *QUICK_TREES, "--set", "num_leaves=5")
    kept = {path.name for path in (home / "cache").iterdir()}
    assert kept & before, "what is needed is made again"
    assert done("runs", "gc", "--days", 1, "--yes")["deleted"] == []


def test_experiments_are_listed_and_shown(home: Path) -> None:
    found = done("experiments")["experiments"]
    assert {row["name"] for row in found} >= {"lightgbm", "unet_lite_128"}
    assert {"summary", "command", "auc", "score", "minutes", "machine", "gpu"} <= found[0].keys()
    shown = tools("experiments", "show", "unet_lite_128")
    assert "training.epochs = " in shown.out
    settings = done("experiments", "show", "unet_lite_128")["settings"]
    assert all({"name", "value", "default", "text"} == row.keys() for row in settings)
    refused = tools("experiments", "show", "unet_lite_12")
    assert refused.code == 1
    assert "unet_lite_128" in refused.err


def test_seeds_are_runs_and_the_table_shows_their_spread(home: Path) -> None:
    found = done("cv", "lightgbm", *QUICK_TREES, "--seeds", 2)
    names = [row["run"] for row in found["trainings"]]
    table = rows()
    assert names[0] in table, "the run that was there is the first"
    for name in names:
        assert table[name]["trainings"] == 2
        assert table[name]["score_sd"] == pytest.approx(found["score_sd"])
    shown = tools("runs").out
    assert f"sd {found['score_sd']:.4f} of 2" in shown
    assert "not over new trainings" in shown
    assert done(*found["blend"].replace("NAME", "average").split()[1:])["runs"] == names


def test_a_study_of_the_labels_has_a_run_for_each_share(home: Path, tmp_path: Path) -> None:
    study = ("study", "labels", "lightgbm", *QUICK_TREES, "--share", 30, "--share", 100)
    found = done(*study)
    few, every = found["shares"]
    assert few["images"] < every["images"]
    assert rows()[few["run"]]["settings"][-1] == "labels=30%"
    assert rows()[every["run"]]["kind"] == "run"
    assert pd.read_csv(found["table"])["auc"].tolist() == [few["auc"], every["auc"]]
    assert Path(found["picture"]).exists()
    assert "Salt" in Path(found["page"]).read_text()
    assert done(*study) == found


def test_two_folds_are_too_few_for_a_share_of_the_labels(home: Path) -> None:
    answer = tools("study", "labels", "lightgbm", "--folds", 2, "--share", 30)
    assert answer.code == 1
    assert answer.err.count("\n") == 1
    assert "at least 3 folds" in answer.err
