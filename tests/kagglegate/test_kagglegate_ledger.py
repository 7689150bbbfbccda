"""The ledger: append-only, whole after a kill, shared by processes."""

import json
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import pytest

from kagglegate import Ledger, LedgerDamaged

PENDING = {"digest": "d1", "slug": "siim", "file": "a/s.csv", "message": "m"}
SETTLED = {"status": "complete", "public_score": 0.8, "private_score": 0.7, "error": ""}


def test_empty(ledger: Ledger) -> None:
    assert ledger.entries() == []
    assert ledger.identical("d1") is None
    assert not ledger.path.parent.exists()


def test_states(ledger: Ledger) -> None:
    ledger.append("pending", "n1", **PENDING, extra={"score": 0.81, "interval": [0.79, 0.83]})
    assert ledger.entry("n1").state == "pending"
    ledger.append("submitted", "n1", ref=7)
    assert (ledger.entry("n1").state, ledger.entry("n1").ref) == ("submitted", 7)
    ledger.append("settled", "n1", **SETTLED)
    entry = ledger.entry("n1")
    assert (entry.state, entry.public_score, entry.private_score) == ("complete", 0.8, 0.7)
    assert entry.extra == {"score": 0.81, "interval": [0.79, 0.83]}
    assert entry.updated >= entry.created
    assert [json.loads(line)["event"] for line in ledger.path.read_text().splitlines()] == [
        "pending",
        "submitted",
        "settled",
    ]


def test_identical_is_the_latest_that_did_not_fail(ledger: Ledger) -> None:
    for name in ("n1", "n2", "n3", "n5"):
        ledger.append("pending", name, **PENDING)
    ledger.append("failed", "n3", error="x")
    ledger.append("settled", "n5", **{**SETTLED, "status": "error"})
    ledger.append("pending", "n4", **{**PENDING, "digest": "d2"})
    found = ledger.identical("d1", "siim")
    assert found is not None
    assert found.id == "n2"
    assert ledger.identical("d1", "other") is None
    assert ledger.identical("d3") is None


def test_arguments(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="event must be one of"):
        ledger.append("lost", "n1")
    with pytest.raises(ValueError, match="JSON"):
        ledger.append("failed", "n1", error=float("nan"))
    assert not ledger.path.exists()


@pytest.mark.parametrize("kept", range(1, 136, 5))
def test_torn_last_line(ledger: Ledger, kept: int, caplog: pytest.LogCaptureFixture) -> None:
    """Cut the last line anywhere: readers leave it out, the next writer mends it and says so."""
    ledger.append("pending", "n1", **PENDING)
    whole = ledger.path.read_bytes()
    ledger.append("pending", "n2", **PENDING)
    last = ledger.path.read_bytes()[len(whole) :]
    assert len(last) == 137
    ledger.path.write_bytes(whole + last[:kept])
    assert [entry.id for entry in ledger.entries()] == ["n1"]
    ledger.append("pending", "n3", **PENDING)
    assert [entry.id for entry in ledger.entries()] == ["n1", "n3"]
    assert ledger.path.read_bytes().startswith(whole)
    assert len(caplog.records) == 1
    assert "torn" in caplog.records[0].message


def test_last_line_without_its_end(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    ledger.append("pending", "n1", **PENDING)
    ledger.path.write_bytes(ledger.path.read_bytes()[:-1])
    assert ledger.entry("n1").state == "pending"
    ledger.append("submitted", "n1", ref=1)
    assert ledger.entry("n1").ref == 1
    assert caplog.records == []


def test_all_damaged_lines_are_named(ledger: Ledger) -> None:
    ledger.append("pending", "n1", **PENDING)
    with open(ledger.path, "a") as file:
        file.write("<<<<<<< HEAD\n\n[1]\n" + '{"event": "submitted", "id": "unknown", "ref": 1}\n')
    with pytest.raises(LedgerDamaged, match=r"line 2, 4, 5 cannot be read"):
        ledger.entries()


def test_time_that_is_none_is_damage(ledger: Ledger) -> None:
    ledger.append("pending", "n1", **PENDING)
    line = {"event": "pending", "id": "n2", "time": "noon", **PENDING}
    with open(ledger.path, "a") as file:
        file.write(json.dumps(line) + "\n")
    with pytest.raises(LedgerDamaged, match="line 2 cannot be read"):
        ledger.entries()


def test_two_processes(ledger: Ledger) -> None:
    code = (
        "import sys; from kagglegate import Ledger; ledger = Ledger(sys.argv[1])\n"
        f"for n in range(40): ledger.append('pending', f'{{sys.argv[2]}}-{{n}}', **{PENDING!r})"
    )
    command = [sys.executable, "-W", "error", "-c", code, str(ledger.path)]
    running = [subprocess.Popen([*command, name]) for name in "ab"]
    assert [one.wait(timeout=60) for one in running] == [0, 0]
    ids = [entry.id for entry in ledger.entries()]
    assert sorted(ids) == sorted(f"{name}-{n}" for name in "ab" for n in range(40))
    for name in "ab":
        assert [one for one in ids if one[0] == name] == [f"{name}-{n}" for n in range(40)]


def test_path_may_be_text(tmp_path: Path) -> None:
    Ledger(str(tmp_path / "l.jsonl")).append("pending", "n", **PENDING)
    assert len(Ledger(tmp_path / "l.jsonl").entries()) == 1


def test_git_merges_two_branches_of_a_ledger(tmp_path: Path) -> None:
    """Both add lines to the same end; .gitattributes lets git keep them all."""

    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=n", "-c", "user.email=e@x", "-c", "core.hooksPath=/dev/null")
        subprocess.run(
            ["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True
        )

    rules = (Path(__file__).parents[2] / ".gitattributes").read_text()
    (tmp_path / ".gitattributes").write_text(rules)
    ledger = Ledger(tmp_path / "submissions" / "ledger.jsonl")
    git("init", "--initial-branch", "ours")
    ledger.append("pending", "n1", **PENDING)
    git("add", ".gitattributes", "submissions/ledger.jsonl")
    git("commit", "-m", "one")
    git("checkout", "-b", "theirs")
    ledger.append("submitted", "n1", ref=7)
    ledger.append("pending", "n2", **PENDING)
    git("commit", "-am", "theirs")
    git("checkout", "ours")
    ledger.append("submitted", "n1", ref=7)
    ledger.append("settled", "n1", **SETTLED)
    ledger.append("pending", "n3", **PENDING)
    git("commit", "-am", "ours")
    git("merge", "theirs")
    assert {entry.id: entry.state for entry in ledger.entries()} == {
        "n1": "complete",
        "n2": "pending",
        "n3": "pending",
    }


EVENTS = {
    "pending": PENDING,
    "submitted": {"ref": 7},
    "failed": {"error": "interrupted"},
    "settled": SETTLED,
}


@pytest.mark.parametrize("order", list(permutations(["submitted", "failed", "settled", "pending"])))
def test_what_is_known_is_not_unlearned(ledger: Ledger, order: tuple[str, ...]) -> None:
    """A union of two files may hold lines twice and in any order behind the first one."""
    for event in ("pending", "submitted", *order):
        ledger.append(event, "n1", **EVENTS[event])
    entry = ledger.entry("n1")
    assert (entry.state, entry.ref, entry.public_score, entry.error) == ("complete", 7, 0.8, "")


def test_a_file_that_was_rewritten_is_read_anew(ledger: Ledger) -> None:
    ledger.append("pending", "n1", **PENDING)
    ledger.append("pending", "n2", **PENDING)
    assert [entry.id for entry in ledger.entries()] == ["n1", "n2"]
    lines = ledger.path.read_text().splitlines(keepends=True)
    ledger.path.write_text(lines[1])
    assert [entry.id for entry in ledger.entries()] == ["n2"]
    ledger.append("failed", "n2", error="x")
    assert [event["event"] for event in ledger.events("n2")] == ["pending", "failed"]
    assert ledger.entry("n2").state == "failed"
