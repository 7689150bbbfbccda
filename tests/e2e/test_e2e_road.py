"""The whole road by the real command line, from DICOM files to a score."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

import contest
import crossval
import dicomio
import jobs
from kagglegate import standin
from tests.e2e.conftest import (
    CHESTS,
    QUICK_TREES,
    TOOLS,
    Call,
    done,
    free_port,
    listens,
    process,
    tools,
    until,
)
from tools.usecases.context import source
from tools.usecases.context.workplace import Workplace
from tools.usecases.train import cv

alone = partial(done, run=process)
"""Like `done`, in a process of its own."""


def test_the_files_on_the_way(worked: Path, synthetic: Path) -> None:
    runs = crossval.list_runs(worked / "runs")
    assert [run.name.partition("-")[0] for run in runs] == ["lightgbm", "unet_tiny"]
    for run in runs:
        oof = run.oof()
        assert oof["p"].between(0, 1).all()
        assert len(oof) == 48
        assert oof["fold"].equals(run.folds)
    maps = runs[1].maps("oof")
    assert maps is not None
    assert maps.read(maps.ids[0]).shape == (128, 128)
    blend = jobs.read_json(worked / "blends" / CHESTS / "both.json")
    assert blend["runs"] == [run.name for run in runs]
    assert blend["interval"][0] <= blend["score_honest"] <= blend["interval"][1]
    patients = pd.read_csv(synthetic / "patients.csv", dtype=str).set_index("ImageId")
    folds = runs[0].folds
    groups = patients.loc[folds.index, "PatientGroup"]
    assert (folds.groupby(groups.to_numpy()).nunique() == 1).all()


@pytest.mark.slow
def test_from_runs_to_a_score(home: Path, synthetic: Path, tmp_path: Path) -> None:
    where = ("--data", synthetic, "--home", home)
    submissions = {"TOOLS_SUBMISSIONS": str(tmp_path / "submissions")}
    dry = alone("submit", "--blend", "best", "--dry-run", *where, **submissions)
    assert (dry["rows"], dry["ref"], dry["status"]) == (12, None, "dry run")
    sample = pd.read_csv(synthetic / "sample_submission.csv")
    written = pd.read_csv(dry["path"])
    assert list(written.columns) == list(sample.columns)
    assert written["ImageId"].equals(sample["ImageId"])
    truth = synthetic / "test-truth.csv"
    score = alone("score", dry["path"], "--truth", truth)
    assert set(score) >= {"score", "positive_score", "negative_accuracy", "images"}
    site = standin.Site("siim-acr-pneumothorax-segmentation", score=_judge(truth))
    (tmp_path / "kaggle").mkdir()
    with standin.Server(site) as server:
        environment = standin.environment(server, tmp_path / "kaggle") | submissions
        sent = alone("submit", "--blend", "both", "--wait", "--yes", *where, **environment)
        assert (sent["status"], sent["public_score"]) == ("complete", 0.5)
        assert sent["ref"] > 0
        again = alone("submit", "--blend", "both", "--wait", "--yes", *where, **environment)
        assert again["ref"] == sent["ref"], "the same file is not submitted twice"
        assert "not submitted again" in again["warnings"][-1]
        assert server.count("CreateSubmission") == 1
        shown = alone("submissions", "poll", **environment)["submissions"]
    assert [row["ref"] for row in shown] == [sent["ref"]]
    assert shown[0]["score_honest"] == sent["score_honest"]
    assert alone("submissions", **submissions)["submissions"] == shown
    told = alone("submissions", "show", "both", **submissions)
    assert [event["event"] for event in told["events"]] == ["pending", "submitted", "settled"]
    assert told["file_is"] == "unchanged"


def test_two_blends_are_compared_image_by_image(home: Path, synthetic: Path) -> None:
    where = ("--data", synthetic, "--home", home)
    alone = done("blend", "lightgbm", "--name", "trees", *where)
    assert alone["subgroups"][0].keys() >= {"kind", "group", "score", "specificity", "recall"}
    found = done("blend", "--compare", "both", "trees", *where)
    both = jobs.read_json(home / "blends" / CHESTS / "both.json")
    assert [found["score_a"], found["score_b"]] == [both["score_honest"], alone["score_honest"]]
    # of the plain means of the images: the honest scores hold a correction besides
    plain = [
        pd.read_parquet(home / "blends" / CHESTS / f"{n}.parquet")["score"]
        for n in ("both", "trees")
    ]
    assert found["difference"] == pytest.approx(plain[0].mean() - plain[1].mean())
    assert found["images"] == 48
    low, high = found["difference_interval"]
    assert low <= found["difference"] <= high
    shown = tools("blend", "--compare", "both", "trees", *where)
    assert "a wins" in shown.out
    refused = tools("blend", "--compare", "both", "tress", *where)
    assert refused.code == 1
    assert "did you mean trees" in refused.err


def _judge(truth: Path) -> standin.Score:
    return standin.scorer(truth, lambda submission, part: 0.5, public_share=0.3)


@pytest.mark.slow
def test_a_killed_run_of_trees_ends_as_an_unbroken_one(
    worked: Path, synthetic: Path, tmp_path: Path
) -> None:
    """kill -9 once something is on the disk, again a little later, then to the end."""
    home = tmp_path / "broken"
    arguments = ["cv", "lightgbm", *QUICK_TREES, "--data", str(synthetic), "--home", str(home)]
    for pattern in ("runs/*/models/fold0/*", "runs/*/models/fold1/*"):
        killed = subprocess.Popen([str(TOOLS), *arguments])
        while not list(home.glob(pattern)):
            assert killed.poll() is None, "it ended before it was killed"
            time.sleep(0.01)
        os.kill(killed.pid, signal.SIGKILL)
        assert killed.wait() == -signal.SIGKILL
        assert crossval.list_runs(home / "runs") == []
        refused = process("predict", "lightgbm", "--data", synthetic, "--home", home)
        assert refused.code == 1
    result = alone(*arguments)
    broken = crossval.open_run(home / "runs", result["run"])
    whole = crossval.open_run(worked / "runs", result["run"])
    assert broken.oof().equals(whole.oof())
    assert broken.metrics() == whole.metrics()


def test_a_repeated_cv_shows_the_run(home: Path, synthetic: Path) -> None:
    files = [path for path in (home / "runs").rglob("*") if path.is_file()]
    before = {path: path.stat().st_mtime_ns for path in files}
    result = done("cv", "lightgbm", *QUICK_TREES, "--data", synthetic, "--home", home)
    assert set(result) >= {"run", "auc", "score", "folds"}
    kept = [path for path in files if path.suffix != ".lock"]
    assert all(path.stat().st_mtime_ns == before[path] for path in kept), "nothing is made again"


def test_frame_and_show(call: Call, few: Path, tmp_path: Path) -> None:
    table = call("data", "frame", "--data", few, "--csv", "frame.csv", "--json").json
    assert (table["rows"], table["train"], table["test"]) == (11, 8, 3)
    frame = pd.read_csv("frame.csv")
    assert len(frame) == len(pd.read_parquet(table["path"])) == 11
    wanted = """file storage_type patient_name patient_id patient_age patient_sex modality body_part
    view rows columns bytes pixel_spacing_x pixel_spacing_y"""
    assert set(wanted.split()) <= set(frame.columns)
    file = next(few.rglob("*.dcm"))
    shown = call("dicom", "show", file, "--png", "picture.png", "--json").json
    assert shown["Modality"] == "CR"
    assert shown["Rows"] == 1024
    assert Path("picture.png").read_bytes().startswith(b"\x89PNG")
    assert "view: " in call("dicom", "show", file).out
    assert dicomio.read_image(file).shape == (1024, 1024)


def test_folds_and_features(call: Call, synthetic: Path, home: Path) -> None:
    where = ("--data", synthetic, "--home", home)
    made = call("folds", "--folds", 3, *where, "--json").json
    assert made["digest"] == jobs.read_json(home / "blends" / CHESTS / "both.json")["folds_digest"]
    assert sum(row["images"] for row in made["folds"]) == 48
    assert made["grouped"]
    table = call("features", *where, "--json").json
    assert table["rows"] == 60
    assert pd.read_parquet(table["path"]).shape == (48, table["columns"])


def test_a_zip_is_as_good_as_a_folder(few: Path, call: Call, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "data"), "zip", few)
    assert call("data", "frame", "--data", archive, "--json").json["rows"] == 11
    (tmp_path / "down").mkdir()
    shutil.move(archive, tmp_path / "down")
    assert call("data", "frame", "--data", tmp_path / "down", "--json").json["rows"] == 11


@pytest.mark.slow
@pytest.mark.parametrize("competition", [CHESTS, "tgs_salt"])
def test_the_demo_ends_on_the_leaderboard(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, competition: str
) -> None:
    """The network learns for 3 of its 12 epochs here, and one model of 20 trees in each fold."""
    whole = source.load_experiment

    def shorter(place: Workplace, name: str, settings: Sequence[str] = ()) -> contest.Experiment:
        quick = {"unet_tiny": ["epochs=3"], "lightgbm": ["models=1", "rounds=20"]}[name]
        return whole(place, name, [*settings, *quick])

    monkeypatch.setattr(cv, "load_experiment", shorter)
    where = ("--home", tmp_path / "home", "--competition", competition)
    result = call("demo", "--images", 60, *where, "--json").json
    assert set(result) >= {"score_honest", "public_score", "submission", "seconds"}
    assert 0 < result["public_score"] <= 1
    assert len(pd.read_csv(result["submission"])) == 20
    assert Path(result["picture"]).read_bytes().startswith(b"\x89PNG")
    assert "Blend demo" in Path(result["report"]).read_text()
    assert not (tmp_path / "submissions").exists(), "the demo leaves the real ledger alone"


def test_doctor_is_content_here(call: Call) -> None:
    result = call("doctor", "--json")
    assert result.code == 0
    found = {check["check"]: check["state"] for check in result.json["checks"]}
    assert found["decoders"] == "ok"
    assert found["data"] == found["kaggle credentials"] == "warning"


def test_the_stand_in_serves_until_it_is_interrupted(synthetic: Path, tmp_path: Path) -> None:
    """Another process submits to it over HTTP with the real client; Ctrl-C ends it well."""
    port = free_port()
    truth = synthetic / "test-truth.csv"
    arguments = ["kaggle-standin", "--truth", str(truth), "--port", str(port), "--json"]
    served = subprocess.Popen([str(TOOLS), *arguments], stdout=subprocess.PIPE, text=True)
    try:
        until(lambda: served.poll() is not None or listens(port))
        environment = {
            "KAGGLE_API_ENVIRONMENT": "LOCALHOST",
            "KAGGLE_API_TOKEN": "standin-token",
            "HTTP_PROXY": f"http://127.0.0.1:{port}",
            "KAGGLE_CONFIG_DIR": str(tmp_path),
        }
        kaggle = TOOLS.with_name("kaggle")
        submit = [
            "competitions",
            "submit",
            "-f",
            str(synthetic / "sample_submission.csv"),
            "-m",
            "x",
        ]
        slug = "siim-acr-pneumothorax-segmentation"
        sent = subprocess.run(
            [str(kaggle), *submit, slug], env={**os.environ, **environment}, capture_output=True
        )
        assert sent.returncode == 0, sent
    finally:
        served.send_signal(signal.SIGINT)
        out, _ = served.communicate(timeout=60)
    assert served.returncode == 0
    posted = json.loads(out)["submissions"]
    assert [one["status"] for one in posted] == ["complete"]
    assert 0 < posted[0]["public_score"] <= 1


@pytest.mark.slow
def test_trees_need_neither_torch_nor_kaggle(home: Path, synthetic: Path, tmp_path: Path) -> None:
    """From features to a checked submission; torch alone would take seconds to import."""
    code = (
        "import sys; from tools.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end\n"
        "print([m for m in ('torch', 'timm', 'kaggle', 'kagglesdk') if m in sys.modules])"
    )
    where = ["--data", str(synthetic), "--home", str(home)]
    for command in (
        ["cv", "lightgbm", *QUICK_TREES, "--set", "seed=1"],
        ["blend", "lightgbm-", "--name", "trees"],
        ["submit", "--blend", "trees", "--dry-run"],
    ):
        if command[0] == "blend":
            command[1] = max((home / "runs").glob("lightgbm-*/"), key=os.path.getmtime).name
        done = subprocess.run(
            [sys.executable, "-c", code, *command, *where],
            capture_output=True,
            text=True,
            env={**os.environ, "TOOLS_SUBMISSIONS": str(tmp_path / "subs")},
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1] == "[]", command


@pytest.mark.slow
def test_trees_learn_the_phantom_and_do_not_solve_it(tmp_path: Path) -> None:
    """The synthetic set is a fair stand-in: clearly above chance, clearly below perfection."""
    done("data", "synth", "--images", 90, "--test", 3, "--out", tmp_path / "set", "--seed", 1,
         "--competition", CHESTS)  # fmt: skip
    where = ("--data", tmp_path / "set", "--home", tmp_path / "home")
    result = done("cv", "lightgbm", "--folds", 3, "--set", "models=2", *where)
    assert result["auc_interval"][0] > 0.5
    assert 0.6 < result["auc"] < 0.97
