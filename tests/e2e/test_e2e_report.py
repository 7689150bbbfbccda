"""`tools report` and `tools view` by the real command line, on real predictions."""

import json
import re
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import jobs
import reporting
import rlemask
from tests.e2e.conftest import CHESTS, TOOLS, Call, free_port, listens, until
from tools.paths import Paths
from tools.usecases.context.workplace import Workplace
from tools.usecases.look.subjects import find

LIMIT = 20_000_000


@pytest.fixture
def place(worked: Path, synthetic: Path) -> Workplace:
    return Workplace(Paths(worked, synthetic, worked / "submissions"))


def records(page: str) -> dict:
    """Return the gallery's columns as the page holds them."""
    found = re.search(
        r'<script type="application/json" id="gallery-data">(.*?)</script>', page, re.S
    )
    assert found, "the page holds no gallery"
    return json.loads(found[1])


def test_the_report_of_a_blend_is_one_file_that_holds_it_all(
    call: Call, home: Path, synthetic: Path, tmp_path: Path
) -> None:
    where = ("--data", synthetic, "--home", home)
    out = tmp_path / "page.html"
    result = call("report", "best", "--out", out, "--full", "--json", *where).json
    assert (result["kind"], result["name"], result["images"]) == ("blend", "both", 48)
    page = out.read_text()
    assert result["bytes"] == out.stat().st_size < LIMIT
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page)
    blend = jobs.read_json(home / "blends" / CHESTS / "both.json")
    assert f"{blend['score_honest']:.4f}" in page
    for title in ("ROC", "Calibration", "AUC by subgroup", "Dice over true area",
                  "Correlation between runs", "Loss of the training images",
                  "Feature families"):  # fmt: skip
        assert title in page
    assert len(list((tmp_path / "page").glob("*.webp"))) == 48


def test_the_gallery_shows_the_masks_that_the_rule_draws(place: Workplace) -> None:
    gallery = reporting.viewer_page(find(place, "both")).gallery
    assert gallery is not None
    rows, pictures = gallery.table, gallery.pictures
    assert list(rows.index) == list(place.dataset.train.index)
    blend = place.open_blend("both")
    assert rows["score"].mean() == pytest.approx(blend.score_in_sample)
    honest = rows["honest score"].mean() + blend.correction
    assert honest == pytest.approx(blend.score_honest)
    for image_id in rows.index[:8]:
        drawn = pictures.prediction(image_id)
        assert (0 if drawn is None else drawn.sum()) == rows.at[image_id, "area"]
        truth = pictures.truth(image_id)
        assert (truth is not None) == rows.at[image_id, "positive"]
        levels = pictures.probability_map(image_id)
        if levels is not None:
            area, score = pictures.curves(image_id)
            mask = np.kron(levels, np.ones((8, 8))) >= 128  # roughly, it is bilinear
            assert area[128] == pytest.approx(mask.sum(), abs=0.02 * 1024**2)
            assert 0 <= score[128] <= 1


def test_a_run_is_reported_as_if_submitted_alone(place: Workplace) -> None:
    subject = find(place, "unet_tiny")
    assert subject.blend is not None
    assert subject.blend.score_honest == pytest.approx(subject.runs[0].metrics()["score"])
    page = reporting.report_page(subject, reporting.Leaderboard([], {}))
    assert page.command.startswith(
        "tools cv unet_tiny --folds 3 --set runtime.checkpoint_seconds=0"
    )
    assert "--set training.samples=24" in page.command


def test_a_submission_is_reported_with_the_masks_of_its_file(
    call: Call, home: Path, synthetic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLS_SUBMISSIONS", str(tmp_path / "submissions"))
    where = ("--data", synthetic, "--home", home)
    path = Path(call("submit", "--blend", "both", "--dry-run", "--json", *where).json["path"])
    table_of = pd.read_csv(path, dtype=str)
    column = table_of.columns[1]
    table_of.loc[0, column] = rlemask.encode(np.ones((1024, 1024), np.uint8))
    table_of.to_csv(path, index=False)
    result = call("report", path.parent.name, "--json", *where).json
    assert (result["kind"], result["images"]) == ("submission", 12)
    held = records(Path(result["path"]).read_text())
    drawn = dict(zip(held["ids"], held["columns"]["area"], strict=True))
    assert drawn[table_of["ImageId"][0]] == 1024**2


def test_an_unknown_name_lists_what_there_is(
    refused: Callable[..., str], home: Path, synthetic: Path
) -> None:
    line = refused("report", "bots", "--data", synthetic, "--home", home)
    assert "blends both, best" in line
    assert "unet_tiny-" in line


def test_a_damaged_image_does_not_cost_the_page(call: Call, few: Path, tmp_path: Path) -> None:
    """The audit's page shows what can be shown; the finding says what cannot."""
    files = sorted((few / "dicom-images-train").rglob("*.dcm"))
    shutil.copy(files[0], files[1])
    out = tmp_path / "audit.html"
    result = call(
        "data", "audit", "--report", out, "--json", "--data", few, "--home", tmp_path / "h"
    )
    findings = result.json
    assert {one["kind"] for one in findings["warnings"] + findings["errors"]} & {"duplicate"}
    page = out.read_text()
    assert "copies of another file" in page


def test_the_viewer_serves_pictures_and_keeps_notes(
    worked: Path, synthetic: Path, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.csv"
    port = free_port()
    process = subprocess.Popen(
        [str(TOOLS), "view", "--run", "both", "--notes", str(notes), "--port", str(port),
         "--data", str(synthetic), "--home", str(worked)],
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        until(lambda: process.poll() is not None or listens(port))
        address = f"http://127.0.0.1:{port}/"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{address}images/0.webp?size=192") as picture:
            assert picture.read(4) == b"RIFF"
        request = urllib.request.Request(
            f"{address}notes/0", json.dumps({"text": "skin fold"}).encode(), method="PUT",
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        with opener.open(request) as answer:
            assert answer.status == 200
        assert pd.read_csv(notes)["note"].tolist() == ["skin fold"]
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Traceback" not in err
