"""The content of a report: tenths, confusion matrices, findings of an audit, the leaderboard."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import contest
from contest import Audit, Finding
from reporting import Leaderboard
from reporting.compose import audit_page, leaderboard, provenance, ranking, thresholds


def test_tenths_hold_equally_many_images_in_order_of_their_probability() -> None:
    p = np.arange(100)[::-1] / 100
    truth = (p >= 0.5).astype(float)
    mean, share = ranking.tenths(truth, p)
    assert mean == pytest.approx(np.arange(10) / 10 + 0.045)
    assert share.tolist() == [0.0] * 5 + [1.0] * 5


def test_few_images_make_fewer_groups() -> None:
    mean, share = ranking.tenths(np.array([1.0, 0.0]), np.array([0.9, 0.2]))
    assert mean.tolist() == [0.2, 0.9]
    assert share.tolist() == [0.0, 1.0]


def test_each_subgroup_has_a_confusion_matrix() -> None:
    table = pd.DataFrame(
        {"positive": [1, 1, 1, 0, 0, 0, 0], "drawn": [1, 0, 0, 1, 0, 0, 0]}, dtype=bool
    )
    kinds = pd.DataFrame({"view": ["AP", "AP", None, "PA", "PA", "PA", "PA"]})
    cells = thresholds.confusion(table, kinds)
    assert cells.columns.tolist() == [
        "true positives", "misses (false negatives)", "false positives", "true negatives",
    ]  # fmt: skip
    assert cells.loc["all"].tolist() == [1, 2, 1, 3]
    assert cells.loc["view AP"].tolist() == [1, 1, 0, 0]
    assert cells.loc["view PA"].tolist() == [0, 0, 1, 3]


def test_every_kind_of_finding_has_a_table_and_control_characters_are_shown() -> None:
    found = [
        Finding("unreadable", "a\x1b[31m", None, "damaged"),
        Finding("unreadable", "b", None, "damaged"),
    ]
    audit = Audit(found, [Finding("header", "c", 3, "age 412")], {"train": 3})
    section = audit_page._section(audit)
    assert [table.title.partition(":")[0] for table in section.tables] == [
        "errors, unreadable",
        "warnings, header",
    ]
    assert "\x1b" not in section.tables[0].rows[0]["image"]
    assert section.tables[1].rows == [{"image": "c", "line": 3, "message": "age 412"}]


def test_an_audit_without_findings_says_so() -> None:
    audit = Audit([], [], {"train": 3})
    assert audit_page._section(audit).title == "No findings"
    assert [figure.value for figure in audit_page._figures(audit)] == ["0", "0", "3"]


def test_the_leaderboard_is_a_section_once_something_was_submitted() -> None:
    correlation = {
        "public": {"tau": 1.0, "submissions": 2},
        "private": {"tau": None, "submissions": 0},
    }
    assert leaderboard.leaderboard_section(Leaderboard([], correlation)) is None
    rows = [
        {"created": f"2026-01-0{day}T10:00:00Z", "blend": "b", "score_honest": 0.8 + day / 100,
         "public_score": 0.7 + day / 100, "private_score": None, "status": "complete",
         "id": str(day)}
        for day in (1, 2)
    ]  # fmt: skip
    section = leaderboard.leaderboard_section(Leaderboard(rows, correlation, ["Too few."]))
    assert section is not None
    assert section.text.endswith("by public score has Kendall's tau 1.00. Too few.")
    assert [chart.title for chart in section.charts] == ["CV and public score"]
    assert section.tables[0].rows[0]["submitted"] == "2026-01-01 10:00"


def test_a_run_is_repeated_with_the_settings_that_are_not_the_default() -> None:
    spec = contest.load("siim_acr_pneumothorax")
    settings = ["samples=24", "checkpoint_seconds=0"]
    experiment = contest.load_experiment(spec.experiments, "unet_tiny", settings)
    folds = pd.Series([0, 1, 2])
    config = {"experiment": "unet_tiny", **experiment.as_dict()}
    run: Any = SimpleNamespace(config=config, folds=folds)
    wanted = (
        "tools cv unet_tiny --folds 3 --set runtime.checkpoint_seconds=0.0 "
        "--set training.samples=24"
    )
    assert provenance.repeat_run(spec, run) == wanted
    flat = {"samples": 24, "checkpoint_seconds": 0.0}  # as earlier versions recorded it
    run = SimpleNamespace(config={**config, "config": flat}, folds=folds)
    assert provenance.repeat_run(spec, run) == wanted
    gone: Any = SimpleNamespace(config={**config, "experiment": "gone"}, folds=folds)
    assert provenance.repeat_run(spec, gone) == "tools cv gone --folds 3"
