"""The page of all runs and blends, and the images of two compared."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import reporting
import rlemask
from reporting.compose.gallery import compared
from reporting.compose.overview import report_page
from reporting.page import render

NOBODY = reporting.Leaderboard([], {})


def summary(name: str, score: float, **changes: Any) -> reporting.RunSummary:
    known: dict[str, Any] = {
        "kind": "run",
        "interval": (score - 0.02, score + 0.02),
        "score_empty": 0.4,
        "auc": 0.9,
        "score_positives": 0.6,
        "minutes": 12.0,
        "bytes": 3_000_000,
        "date": "2026-11-29T12:00+00:00",
        "settings": ("lr=0.1",),
        "by_fold": {0: score, 1: score},
        "behind": (-0.01, -0.02, 0.001),
    }
    return reporting.RunSummary(name=name, score=score, **{**known, **changes})


def test_it_has_the_scores_the_folds_time_and_cost_of_all(tmp_path: Path) -> None:
    rows = [
        summary("top", 0.83, kind="blend", minutes=None, behind=None),
        summary("net", 0.82),
        summary("trees", 0.4, by_fold={}),
    ]
    page = reporting.runs_page("Salt", rows, ["half"], NOBODY)
    assert page.figures[0].value == "0.8300"
    assert "top" in page.figures[0].note
    assert {figure.name: figure.note for figure in page.figures}["runs"] == "and 1 unfinished"
    titles = [chart.title for section in page.sections for chart in section.charts]
    assert titles == [
        "Honest score", "Difference from top", "Score by fold", "Score over time", "Score and cost",
    ]  # fmt: skip
    shown = page.sections[0].charts[0].spec["data"]["values"]
    assert [row["name"] for row in shown] == ["top", "net"], "trees have the score of no mask"
    table = page.sections[0].tables[0].rows
    assert [row["name"] for row in table] == ["top", "net", "trees"]
    assert table[1]["to the best"] == "-0.0100 (-0.020 to +0.001)"
    path = reporting.write(page, tmp_path / "runs.html")
    assert "trees" in path.read_text()


def test_runs_without_masks_alone_are_shown_in_the_charts_too() -> None:
    page = reporting.runs_page(
        "Salt", [summary("trees", 0.4, behind=None, minutes=None)], [], NOBODY
    )
    (scores, *_) = page.sections
    assert [chart.title for chart in scores.charts] == ["Honest score"]
    assert "training" not in {figure.name for figure in page.figures}


def subject(name: str, areas: dict[str, int], scores: dict[str, float]) -> Any:
    """Return a subject of images of 4 x 4 pixels whose true mask is the first row."""
    ids = list(areas)
    masks = {}
    for image_id, area in areas.items():
        mask = np.zeros((4, 4), np.uint8)
        mask.ravel()[:area] = 1
        masks[image_id] = rlemask.runs_of(mask)
    truth = np.zeros((4, 4), np.uint8)
    truth[0] = 1
    table = pd.DataFrame({"digest": ids}, index=ids)
    dataset = SimpleNamespace(
        train=table,
        test=table.iloc[:0],
        areas=pd.Series(4, index=ids),
        labels=pd.Series(1, index=ids),
        facts=pd.DataFrame(index=ids),
        groups=None,
        truth=dict.fromkeys(ids, rlemask.runs_of(truth)),
    )
    spec = SimpleNamespace(metric="competitions.siim_acr_pneumothorax.metric:dice", title="Toy",
                           shape=(4, 4), metric_name="Dice")  # fmt: skip
    honest = pd.DataFrame(
        {"fold": 0, "score": pd.Series(scores), "predicted": True}, index=pd.Index(ids)
    )
    return reporting.Subject(
        "blend", name, "train", ids, spec, dataset, pd.DataFrame(index=ids),  # type: ignore[arg-type]
        masks=masks, scores=honest,
    )  # fmt: skip


def test_images_are_sorted_by_the_change_of_their_score() -> None:
    ours = subject("a", {"same": 4, "better": 4, "worse": 1}, dict.fromkeys("abc", 0.5))
    theirs = subject("b", {"same": 4, "better": 2, "worse": 4}, dict.fromkeys("abc", 0.5))
    from reporting.compose.gallery import subject_table

    table = compared(subject_table(ours), ours, theirs)
    assert list(table.index) == ["worse", "better", "same"]
    assert table["change"]["same"] == 0
    assert table["change"]["better"] == pytest.approx(1 - 2 * 2 / 6)
    assert table["change"]["worse"] == pytest.approx(2 * 1 / 5 - 1)
    assert list(table["different pixels"]) == [3, 2, 0]


def test_a_page_against_another_says_by_how_much_and_draws_both() -> None:
    scores = {"x": 0.9, "y": 0.7}
    ours = subject("a", {"x": 4, "y": 2}, scores)
    theirs = subject("b", {"x": 4, "y": 4}, {"x": 0.9, "y": 0.5})
    page = report_page(ours, NOBODY, theirs)
    assert page.title == "Blend a against b"
    assert page.figures[0].name == "minus b"
    assert page.figures[0].value == "+0.1000"
    assert page.figures[1].value == "1"
    assert page.gallery is not None
    assert page.gallery.other == "b"
    other = page.gallery.pictures.other("y")
    assert other is not None
    assert other.sum() == 4
    html = render.html(page, remote=True)
    assert 'id="show-other"' in html
    assert 'id="show-other"' not in render.html(report_page(ours, NOBODY), remote=True)


def test_two_of_different_images_are_not_compared() -> None:
    ours, theirs = subject("a", {"x": 1}, {"x": 1.0}), subject("b", {"z": 1}, {"z": 1.0})
    with pytest.raises(reporting.ReportError, match="different images"):
        report_page(ours, NOBODY, theirs)
