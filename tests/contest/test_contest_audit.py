"""The findings of an audit: their kinds, what may be left out, and the table of all of them."""

import csv
from pathlib import Path

import pytest

import contest
from contest.audit.findings import Findings


def hostile() -> Findings:
    log = Findings()
    log.error("no file", "two\nlines\r\0\x1b[2J\u202e", "annotated, but has no file", 2)
    log.error("no file", "x" * 100_000, "annotated, but has no file", 3)
    log.error("unreadable", ":bug:[red]", f"/data/{'y' * 500}/a\nb.dcm: cut; fetch it", None)
    log.warn("duplicate", '"quoted", id', "the same file content as \x07")
    return log


def test_the_table_holds_every_finding_in_full(tmp_path: Path) -> None:
    log = hostile()
    path = tmp_path / "new" / "audit.csv"
    contest.write_findings(path, contest.Audit(log.errors, log.warnings, {}))
    text = path.read_text(encoding="utf-8")
    assert all(line.isprintable() for line in text.splitlines())
    rows = list(csv.DictReader(text.splitlines()))
    assert list(rows[0]) == ["severity", "kind", "id", "row", "message"]
    assert [row["severity"] for row in rows] == ["error"] * 3 + ["warning"]
    assert rows[1]["id"] == "x" * 100_000
    assert [row["row"] for row in rows] == ["2", "3", "", ""]
    assert rows[3]["id"] == '"quoted", id'
    assert list(tmp_path.rglob("*.tmp")) == []


def test_a_kind_without_meaning_is_our_fault() -> None:
    with pytest.raises(AssertionError, match="nonsense has no meaning"):
        Findings().warn("nonsense", "a", "b")


def test_faults_are_errors_or_warnings_by_their_level() -> None:
    log = Findings()
    faults = [
        contest.Fault("line 3: bad", "a", 3, kind="rle"),
        contest.Fault("age: 413", "b", level="warning", kind="header"),
    ]
    log.add(faults[:1], "annotation")
    log.add(faults[1:])
    assert log.errors == [contest.Finding("annotation", "a", 3, "line 3: bad")]
    assert log.warnings == [contest.Finding("header", "b", None, "age: 413")]


def test_accepting_images_leaves_the_errors_of_tables() -> None:
    log = Findings()
    log.error("unreadable", "a", "damaged")
    log.error("no file", "b", "annotated, but has no file", 2)
    log.error("annotation", "a", "line 5: bad", 5)
    found = contest.Audit(log.errors, [], {"train": 3})
    assert found.acceptable == {"a", "b"}
    accepted = found.accepting({"a"})
    assert [(one.kind, one.id) for one in accepted.errors] == [
        ("no file", "b"), ("annotation", "a"),
    ]  # fmt: skip
    assert accepted.accepted == ["a"]
    assert list(accepted.by_kind("errors")) == ["no file", "annotation"]
