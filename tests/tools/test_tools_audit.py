"""What a person sees of an audit, and the table of its findings."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tools.console import print_result
from tools.usecases.findings import MEANINGS, Audit, Findings, write_csv

FOLDS = {"digest": "abc", "share": 0.0, "auc": 0.5}


def audit(log: Findings, **changed: Any) -> Audit:
    plain: dict[str, Any] = {
        "errors": log.errors,
        "warnings": log.warnings,
        "accepted": [],
        "images": {"train": 12_000, "test": 3},
        "leakage": None,
        "path": "home/audit.csv",
    }
    return Audit(plain | changed)


def shown(result: Audit, capsys: pytest.CaptureFixture[str]) -> list[str]:
    print_result(result, as_json=False)
    return capsys.readouterr().out.splitlines()


def test_nothing_found_is_said_in_few_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(audit(Findings()), capsys) == [
        "images: train 12,000, test 3",
        "errors: none",
        "warnings: none",
        "all findings: home/audit.csv",
    ]


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
    leakage = {"made": FOLDS, "random": FOLDS | {"share": 0.225, "auc": 0.6127}, "written": []}
    lines = shown(audit(Findings(), accepted=["a", "b"], leakage=leakage), capsys)
    assert lines[3:6] == [
        "folds made now: every group lies in one fold",
        "random folds, for comparison: 22.5% of the images share a group with another fold, "
        "whose labels alone reach an AUC of 0.613",
        "accepted: 2 images are left out",
    ]
    leakage = {"made": None, "random": FOLDS | {"share": 1.0, "auc": None}, "written": []}
    line = shown(audit(Findings(), leakage=leakage), capsys)[3]
    assert line.endswith("100.0% of the images share a group with another fold")


def hostile() -> Findings:
    log = Findings()
    log.error("no file", "two\nlines\r\0\x1b[2J\u202e", "annotated, but has no file", 2)
    log.error("no file", "x" * 100_000, "annotated, but has no file", 3)
    log.error("unreadable", ":bug:[red]", f"/data/{'y' * 500}/a\nb.dcm: cut; fetch it", None)
    log.warn("duplicate", '"quoted", id', "the same file content as \x07")
    return log


def test_hostile_texts_stay_short_harmless_lines(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(audit(hostile()), capsys)
    assert all(line.isprintable() and len(line) <= 320 for line in lines)
    assert "    two\\nlines\\r\\x00\\x1b[2J\\u202e, line 2: annotated, but has no file" in lines
    assert "    :bug:[red]: /data/yyyyyyyyyyyyyyy…" in "\n".join(lines)
    assert any(line.endswith("a\\nb.dcm: cut; fetch it") for line in lines)


def test_the_table_holds_every_finding_in_full(tmp_path: Path) -> None:
    log = hostile()
    path = tmp_path / "new" / "audit.csv"
    write_csv(path, audit(log))
    text = path.read_text(encoding="utf-8")
    assert all(line.isprintable() for line in text.splitlines())
    rows = list(csv.DictReader(text.splitlines()))
    assert list(rows[0]) == ["severity", "kind", "id", "row", "message"]
    assert [row["severity"] for row in rows] == ["error"] * 3 + ["warning"]
    assert rows[1]["id"] == "x" * 100_000
    assert [row["row"] for row in rows] == ["2", "3", "", ""]
    assert rows[3]["id"] == '"quoted", id'
    assert list(tmp_path.rglob("*.tmp")) == []


def test_json_holds_the_ids_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    result = audit(hostile())
    print_result(result, as_json=True)
    assert json.loads(capsys.readouterr().out) == dict(result)


def test_a_kind_without_meaning_is_our_fault() -> None:
    with pytest.raises(AssertionError, match="nonsense has no meaning"):
        Findings().warn("nonsense", "a", "b")
