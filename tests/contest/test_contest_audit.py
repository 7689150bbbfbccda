"""The findings of an audit: their kinds, what may be left out, and the table of all of them."""

import csv
import dataclasses
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

import contest
import crossval
from contest.audit.findings import Findings
from tests.contest.test_contest_competition import prepare
from tests.contest.test_contest_prepare import annotate, write

MODULE = "competitions_audited"
Found = set[tuple[str, str, int | None]]


@pytest.fixture
def audited(spec: contest.Spec, monkeypatch: pytest.MonkeyPatch) -> contest.Spec:
    """A competition with places for groups and facts, and a check of its own."""
    module = ModuleType(MODULE)
    fault = contest.Fault("depth: 9000", "b", level="warning", kind="header")
    module.locate = contest.locate  # type: ignore[attr-defined]
    module.prepare = prepare  # type: ignore[attr-defined]
    module.audit = lambda images, groups: [fault]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, MODULE, module)
    data = {**spec.data, "groups": ("groups.csv",), "facts": ("facts.csv",)}
    return dataclasses.replace(
        spec, data=data, facts={"depth": "number"}, prepare=f"{MODULE}:prepare", n_splits=2
    )


@pytest.fixture
def data(tmp_path: Path, spec: contest.Spec) -> Path:
    """Training images a, b, c, d and test image z, with annotations and sample."""
    root = tmp_path / "data"
    for seed, name in enumerate("abcd"):
        write(root / "train" / f"{name}.png", seed)
    write(root / "test" / "z.png", 10)
    annotate(root, spec, "abcd")
    (root / "sample.csv").write_text("ImageId,EncodedPixels\nz,-1\n")
    return root


def audit(data: Path, spec: contest.Spec) -> contest.Audit:
    home = data.parent
    where = {"cache": home / "cache", "folds": home / "folds", "runs": home / "runs"}
    return contest.audit_data(contest.locate(data, spec), spec, **where)


def short(findings: list[contest.Finding]) -> Found:
    return {(one.kind, one.id, one.row) for one in findings}


def test_without_a_table_of_groups_no_folds_are_compared(data: Path, audited: contest.Spec) -> None:
    found = audit(data, audited)
    assert found.errors == []
    assert short(list(found.warnings)) == {("groups", "", None), ("header", "b", None)}
    assert found.images == {"train": 4, "test": 1}
    assert found.leakage is None


def test_images_tables_facts_and_folds_are_checked_together(
    data: Path, audited: contest.Spec
) -> None:
    shutil.copy(data / "train" / "a.png", data / "train" / "e.png")
    (data / "train" / "c.png").write_bytes(b"no image")
    with open(data / "train.csv", "a") as file:
        file.write("b,1 2\nghost,-1\nd,x\n")
    (data / "sample.csv").write_text("ImageId,EncodedPixels\nshadow,-1\n")
    (data / "facts.csv").write_text("ImageId,depth\na,deep\n")
    (data / "groups.csv").write_text("ImageId,PatientGroup\na,1\nb,1\n")
    folds = pd.Series(0, index=pd.Index(list("abcd"), name="image_id"), name="fold")
    folds[["a", "b"]] = [0, 1]
    crossval.write_folds(folds, data.parent / "folds")
    found = audit(data, audited)
    assert short(list(found.errors)) == {
        ("unreadable", "c", None),
        ("no file", "ghost", 7),
        ("no file", "shadow", 2),
        ("annotation", "d", 8),
        ("facts", "", 2),
        ("groups", "d", None),
    }
    kinds = {(one.kind, one.id) for one in found.warnings}
    assert {("duplicate", "e"), ("overlap", "b"), ("unannotated", "e"), ("not in sample", "z"),
            ("header", "b")} <= kinds  # fmt: skip
    assert found.leakage is not None
    assert [one.share for one in found.leakage.written] == [1.0]
    assert found.leakage.written[0].text.startswith("100.0% of the images share a group")
    assert any(
        one.kind == "leakage" and one.message.endswith("no run uses them") for one in found.warnings
    )


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
