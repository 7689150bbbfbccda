"""What a person sees of an audit."""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import pytest

from contest.audit.findings import MEANINGS, Findings, FoldLeakage, LeakageReport
from tests.contest.test_contest_audit import hostile
from tools.console import Shown, print_result
from tools.console.audit import text
from tools.usecases.prepare.audit import WrittenAudit

FOLDS = FoldLeakage("abc", 0.0, 0.5)


def audit(log: Findings, leakage: LeakageReport | None = None, accepted: Sequence[str] = (),
          **changed: Any) -> WrittenAudit:  # fmt: skip
    images = {"train": 12_000, "test": 3}
    return WrittenAudit(
        log.errors, log.warnings, images, leakage, accepted, "home/audit.csv", **changed
    )


def shown(result: WrittenAudit, capsys: pytest.CaptureFixture[str]) -> list[str]:
    print_result(Shown({}, text(result)), as_json=False)
    return capsys.readouterr().out.splitlines()


def test_nothing_found_is_said_in_few_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(audit(Findings()), capsys) == [
        "images: train 12,000, test 3",
        "errors: none",
        "warnings: none",
        "all findings: home/audit.csv",
    ]
    assert shown(audit(Findings(), page="a.html"), capsys)[-1] == "page: a.html"


def test_each_kind_is_counted_with_a_few_examples(capsys: pytest.CaptureFixture[str]) -> None:
    log = Findings()
    for number in range(1500):
        log.warn("unannotated", f"i{number}", "has no annotation row")
    log.warn("overlap", "b", "lines 3 and 4 overlap in 7 pixels", 3)
    log.error("no file", "ghost", "annotated, but has no file", 9)
    log.error("annotation", "c", "line 5, image c, token 1: bad", 5)
    log.error("annotation", "", "it lists no image")
    assert shown(audit(log), capsys)[1:-1] == [
        "errors: 3",
        f"  no file (1): {MEANINGS['no file']}",
        "    ghost, line 9: annotated, but has no file",
        f"  annotation (2): {MEANINGS['annotation']}",
        "    line 5, image c, token 1: bad",
        "    it lists no image",
        "warnings: 1,501",
        f"  overlap (1): {MEANINGS['overlap']}",
        "    b: lines 3 and 4 overlap in 7 pixels",
        f"  unannotated (1,500): {MEANINGS['unannotated']}",
        "    i0: has no annotation row",
        "    i1: has no annotation row",
        "    … and 1,498 more",
    ]


def test_accepted_images_and_folds_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    leakage = LeakageReport(FOLDS, FoldLeakage("abc", 0.225, 0.6127))
    lines = shown(audit(Findings(), leakage, ["a", "b"]), capsys)
    assert lines[3:6] == [
        "current folds: each group is in one fold",
        "random folds, for comparison: 22.5% of the images share a group with another fold, "
        "whose labels alone reach an AUC of 0.613",
        "accepted: 2 images are left out",
    ]
    leakage = LeakageReport(None, FoldLeakage("abc", 1.0, None))
    line = shown(audit(Findings(), leakage), capsys)[3]
    assert line.endswith("100.0% of the images share a group with another fold")


def test_hostile_texts_stay_short_harmless_lines(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(audit(hostile()), capsys)
    assert all(line.isprintable() and len(line) <= 320 for line in lines)
    assert "    two\\nlines\\r\\x00\\x1b[2J\\u202e, line 2: annotated, but has no file" in lines
    assert "    :bug:[red]: /data/yyyyyyyyyyyyyyy…" in "\n".join(lines)
    assert any(line.endswith("a\\nb.dcm: cut; fetch it") for line in lines)


def test_json_holds_the_ids_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    result = audit(hostile())
    print_result(Shown(result, text(result)), as_json=True)
    assert json.loads(capsys.readouterr().out) == dataclasses.asdict(result) | {"accepted": []}
