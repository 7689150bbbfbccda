"""Whether Kaggle would take a file: everything is asked, nothing is sent."""

from pathlib import Path

import pytest

import kagglegate
from kagglegate import Client, Competition, Ledger, Quota, clearance, deliver, standin
from kagglegate.submissions.clearance import _left

SLUG = "stand-in"


def kinds(found: kagglegate.Clearance) -> list[type]:
    return [type(fault) for fault in found.faults]


def test_a_free_way(client: Client, ledger: Ledger, server: standin.Server, csv: Path) -> None:
    server.site.deadline = "2999-01-01T00:00:00.000Z"
    assert clearance(client, ledger, SLUG, csv) == kagglegate.Clearance(left=5)
    assert server.count("StartSubmissionUpload") == 0
    assert not ledger.path.exists()


def test_all_that_is_in_the_way(
    client: Client, ledger: Ledger, server: standin.Server, csv: Path
) -> None:
    deliver(client, Ledger(ledger.path.with_name("other.jsonl")), csv, SLUG, "m")
    server.site.submissions_disabled = server.site.notebooks_only = True
    server.site.daily_limit = 1
    found = clearance(client, ledger, SLUG, csv)
    assert kinds(found) == [
        kagglegate.SubmissionsDisabled,
        kagglegate.NotebooksOnly,
        kagglegate.DailyLimitReached,
        kagglegate.SubmissionRefused,
    ]
    assert "has the same file already" in str(found.faults[-1])
    assert "late submission" in found.warnings[0]
    assert found.left == 0
    assert not any("\n" in str(fault) for fault in found.faults)


def test_rules_that_are_not_accepted_are_said_once(
    client: Client, ledger: Ledger, server: standin.Server, csv: Path
) -> None:
    server.site.rules_accepted = False
    assert kinds(clearance(client, ledger, SLUG, csv)) == [kagglegate.RulesNotAccepted]


def test_what_was_delivered_is_known_without_asking(
    client: Client, ledger: Ledger, server: standin.Server, csv: Path
) -> None:
    entry = deliver(client, ledger, csv, SLUG, "m", wait=True)
    asked = len(server.requests)
    assert clearance(client, ledger, SLUG, csv) == kagglegate.Clearance(entry)
    assert len(server.requests) == asked


def test_a_delivery_that_was_listed_too_late_is_found_again(
    client: Client, ledger: Ledger, server: standin.Server, csv: Path
) -> None:
    other = Ledger(ledger.path.with_name("other.jsonl"))
    entry = deliver(client, other, csv, SLUG, "m", wait=True)
    ledger.path.write_bytes(other.path.read_bytes().splitlines(keepends=True)[0])
    ledger.append("failed", entry.id, error="interrupted before Kaggle recorded it")
    found = clearance(client, ledger, SLUG, csv)
    assert (found.faults, found.identical.ref) == ((), entry.ref)
    assert ledger.entry(entry.id).public_score == entry.public_score
    assert deliver(client, ledger, csv, SLUG, "m").ref == entry.ref
    assert server.count("CreateSubmission") == 1


def test_a_lost_delivery_is_looked_up_first(
    client: Client, ledger: Ledger, server: standin.Server, csv: Path
) -> None:
    server.fail("CreateSubmission", "lost")
    server.fail("ListSubmissions", "404", times=4)
    with pytest.raises(kagglegate.SubmissionUnknown):
        deliver(client, ledger, csv, SLUG, "m")
    found = clearance(client, ledger, SLUG, csv)
    assert found.identical is not None
    assert found.identical.ref == server.site.posted[0].ref


def test_no_credentials_is_the_only_reason(
    client: Client, ledger: Ledger, csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    assert kinds(clearance(client, ledger, SLUG, csv)) == [kagglegate.NoCredentials]


@pytest.mark.parametrize(
    ("quota", "left"),
    [(Quota(0, 0, 0, False), 5), (Quota(0, 7, 0, True), 0), (Quota(2, 9, 3, False), 3)],
)
def test_zeros_before_the_first_submission_are_no_used_up_quota(quota: Quota, left: int) -> None:
    facts = Competition(SLUG, "t", None, 5, False, False, True)
    assert _left(quota, facts) == left
