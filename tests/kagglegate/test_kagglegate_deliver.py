"""Deliveries: once, recorded at every step, mended after a kill at any of them."""

import json
import math
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import kagglegate
from kagglegate import Client, Ledger, deliver, file_digest, refresh, standin

SLUG = "stand-in"


def age(ledger: Ledger, minutes: float) -> None:
    """Make every line of the ledger so much older."""
    lines = [json.loads(line) for line in ledger.path.read_text().splitlines()]
    for line in lines:
        line["time"] = str(datetime.fromisoformat(line["time"]) - timedelta(minutes=minutes))
    ledger.path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_happy_path(client: Client, ledger: Ledger, csv: Path, server: standin.Server) -> None:
    extra = {"score": 0.81, "interval": [0.79, 0.83]}
    entry = deliver(client, ledger, csv, SLUG, "blend best", extra=extra, wait=True)
    assert entry.state == "complete"
    assert entry.public_score is not None
    assert entry.private_score is not None
    assert (entry.ref, entry.extra) == (server.site.posted[0].ref, extra)
    assert (entry.digest, entry.message) == (file_digest(csv), "blend best")
    assert entry.file == f"{csv.parent.name}/{csv.name}"
    assert server.site.posted[0].description == f"blend best [{entry.id}]"
    assert ledger.entries() == [entry]


def test_without_waiting(client: Client, ledger: Ledger, csv: Path, server: standin.Server) -> None:
    entry = deliver(client, ledger, csv, SLUG, "m")
    assert (entry.state, entry.public_score) == ("submitted", None)
    server.site.settle()
    (refreshed,) = refresh(client, ledger)
    assert refreshed.state == "complete"
    asked = len(server.requests)
    assert refresh(client, ledger) == [refreshed]
    assert len(server.requests) == asked, "nothing was open"


def test_same_file_is_sent_once(
    client: Client, ledger: Ledger, csv: Path, server: standin.Server
) -> None:
    first = deliver(client, ledger, csv, SLUG, "m", wait=True)
    assert deliver(client, ledger, csv, SLUG, "other words", wait=True) == first
    assert len(server.site.posted) == 1
    second = deliver(client, ledger, csv, SLUG, "m", again=True)
    assert second.id != first.id
    assert len(server.site.posted) == 2


def test_second_call_waits_for_the_first_submission(
    client: Client, ledger: Ledger, csv: Path, server: standin.Server
) -> None:
    deliver(client, ledger, csv, SLUG, "m")
    assert deliver(client, ledger, csv, SLUG, "m", wait=True).state == "complete"
    assert len(server.site.posted) == 1


def test_error_of_the_score(client: Client, ledger: Ledger, csv: Path) -> None:
    csv.write_text("ImageId,EncodedPixels\nother,-1\n")
    entry = deliver(client, ledger, csv, SLUG, "m", wait=True)
    assert entry.state == "error"
    assert "missing" in entry.error


def test_file_that_could_not_be_scored_may_be_sent_again(
    client: Client, ledger: Ledger, csv: Path, server: standin.Server
) -> None:
    good = server.site.score

    def broken(_: Path) -> tuple[float, float]:
        raise ValueError("Evaluation exception")

    server.site.score = broken
    first = deliver(client, ledger, csv, SLUG, "m", wait=True)
    server.site.score = good
    second = deliver(client, ledger, csv, SLUG, "m", wait=True)
    assert (first.state, second.state) == ("error", "complete")
    assert len(server.site.posted) == 2
    assert deliver(client, ledger, csv, SLUG, "m") == second


def test_score_that_is_no_number(
    client: Client, ledger: Ledger, csv: Path, server: standin.Server
) -> None:
    server.site.score = lambda _: (math.nan, math.inf)
    entry = deliver(client, ledger, csv, SLUG, "m", wait=True)
    assert (entry.state, entry.public_score, entry.private_score) == ("complete", None, None)


def test_unreadable_submission_keeps_no_other_waiting(
    client: Client, ledger: Ledger, csv: Path, server: standin.Server
) -> None:
    first = deliver(client, ledger, csv, SLUG, "m")
    deliver(client, ledger, csv, SLUG, "m", again=True)
    other = {"digest": "d", "slug": "other", "file": "f", "message": "m"}
    ledger.append("pending", "n", **other)
    server.site.settle()
    server.fail("GetSubmission", "404")
    with pytest.raises(kagglegate.KaggleError, match=r"^2 of .*the first: .*other") as caught:
        refresh(client, ledger)
    assert "\n" not in str(caught.value)
    states = [entry.state for entry in ledger.entries()]
    assert states == ["submitted", "complete", "pending"]
    with pytest.raises(kagglegate.KaggleError, match=r"^1 of "):
        refresh(client, ledger)
    assert ledger.entry(first.id).state == "complete"


@pytest.mark.parametrize("count", [1, 7])
def test_private_scores_come_later(
    client: Client, ledger: Ledger, csv: Path, server: standin.Server, count: int
) -> None:
    """While a competition runs, Kaggle tells the public score only."""
    server.site.score, server.site.daily_limit = (lambda _: (0.5, math.nan)), count
    for _ in range(count):
        deliver(client, ledger, csv, SLUG, "m", again=True)
    server.site.settle()
    for entry in refresh(client, ledger):
        assert (entry.state, entry.public_score, entry.private_score) == ("complete", 0.5, None)
    asked = server.count("GetSubmission")
    assert asked == (1 if count == 1 else 0), "many are asked for in one list"
    lines = ledger.path.read_text()
    assert len(refresh(client, ledger)) == count
    assert ledger.path.read_text() == lines, "no news, no lines"
    for one in server.site.posted:
        one.scores = (0.5, 0.25)
    assert [entry.private_score for entry in refresh(client, ledger)] == [0.25] * count
    assert server.count("GetSubmission") == asked


def test_refresh_needs_credentials_only_for_what_is_open(
    client: Client, ledger: Ledger, csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    assert refresh(client, ledger) == []
    ledger.append("pending", "n", digest="d", slug=SLUG, file="f", message="m")
    with pytest.raises(kagglegate.NoCredentials):
        refresh(client, ledger)


def test_refusal_is_recorded_and_may_be_repeated(
    client: Client, ledger: Ledger, csv: Path, server: standin.Server
) -> None:
    server.site.daily_limit = 0
    with pytest.raises(kagglegate.DailyLimitReached):
        deliver(client, ledger, csv, SLUG, "m")
    assert [entry.state for entry in ledger.entries()] == ["failed"]
    assert "midnight UTC" in ledger.entries()[0].error
    server.site.daily_limit = 5
    assert deliver(client, ledger, csv, SLUG, "m").state == "submitted"


def test_missing_file_leaves_no_line(client: Client, ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a file"):
        deliver(client, ledger, tmp_path / "no.csv", SLUG, "m")
    assert ledger.entries() == []


def test_no_credentials_leaves_no_line(
    client: Client, ledger: Ledger, csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    with pytest.raises(kagglegate.NoCredentials):
        deliver(client, ledger, csv, SLUG, "m")
    assert not ledger.path.exists()


def test_unknown_outcome_stays_pending_and_is_found(
    client: Client, ledger: Ledger, csv: Path, server: standin.Server
) -> None:
    server.fail("CreateSubmission", "lost")
    server.fail("ListSubmissions", "503", times=None)
    with pytest.raises(kagglegate.SubmissionUnknown):
        deliver(client, ledger, csv, SLUG, "m")
    assert [entry.state for entry in ledger.entries()] == ["pending"]
    server.site.faults.clear()
    entry = deliver(client, ledger, csv, SLUG, "m", wait=True)
    assert (entry.state, entry.ref) == ("complete", server.site.posted[0].ref)
    assert len(server.site.posted) == 1
    assert len(ledger.entries()) == 1


def test_young_line_that_is_not_listed_is_not_sent_again(
    client: Client, ledger: Ledger, csv: Path, server: standin.Server, tmp_path: Path
) -> None:
    server.fail("CreateSubmission", "reset")
    for text in ("wait some minutes", r"wait until \d\d:\d\d UTC, run `tools submissions poll`"):
        with pytest.raises(kagglegate.SubmissionUnknown, match=text):
            deliver(client, ledger, csv, SLUG, "m")
    assert [entry.state for entry in refresh(client, ledger)] == ["pending"]
    assert server.count("CreateSubmission") == 1
    other = tmp_path / "other.csv"
    other.write_text(csv.read_text() + "\n")
    assert deliver(client, ledger, other, SLUG, "m").state == "submitted"
    age(ledger, minutes=9)
    assert refresh(client, ledger)[0].state == "pending"
    age(ledger, minutes=2)
    assert refresh(client, ledger)[0].state == "failed"
    assert deliver(client, ledger, csv, SLUG, "m").state == "submitted"


KILLED = """
import os, signal, sys
import kagglegate
from kagglegate import Client, Ledger, deliver
def kill(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
when, path, csv = sys.argv[1:]
client, ledger = Client(pause=0.02), Ledger(path)
submit, append = client.submit, ledger.append
def before(event, *a, **k): kill() if event == "submitted" else append(event, *a, **k)
def after(event, *a, **k):
    append(event, *a, **k)
    if event == "submitted": kill()
if when == "before the upload": client.submit = kill
if when == "before the line": ledger.append = before
if when == "after the line": ledger.append = after
deliver(client, ledger, csv, "stand-in", "m")
"""


@pytest.mark.parametrize(
    ("when", "left"),
    [
        ("before the upload", "pending"),
        ("before the line", "pending"),
        ("after the line", "submitted"),
    ],
)
def test_kill_at_any_moment(
    client: Client,
    ledger: Ledger,
    csv: Path,
    server: standin.Server,
    home: Path,
    when: str,
    left: str,
) -> None:
    command = [sys.executable, "-c", KILLED, when, str(ledger.path), str(csv)]
    done = subprocess.run(command, env=standin.environment(server, home), timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert [entry.state for entry in ledger.entries()] == [left]
    if when == "before the upload":
        with pytest.raises(kagglegate.SubmissionUnknown):
            deliver(client, ledger, csv, SLUG, "m")
        age(ledger, minutes=11)
    entry = deliver(client, ledger, csv, SLUG, "m", wait=True)
    assert entry.state == "complete"
    assert len(server.site.posted) == 1, "quota was spent twice"
    states = [one.state for one in ledger.entries()]
    assert states == (["failed", "complete"] if when == "before the upload" else ["complete"])


@pytest.mark.parametrize(
    ("where", "left"), [("StartSubmissionUpload", "failed"), ("CreateSubmission", "pending")]
)
def test_interruption_leaves_what_is_true(
    client: Client,
    ledger: Ledger,
    csv: Path,
    server: standin.Server,
    home: Path,
    where: str,
    left: str,
) -> None:
    """Ctrl-C before the upload is complete: submitted again at once; after it: looked for."""
    server.fail(where, "slow", seconds=1.0)
    command = [sys.executable, "-c", KILLED, "never", str(ledger.path), str(csv)]
    running = subprocess.Popen(
        command, env=standin.environment(server, home), stderr=subprocess.DEVNULL
    )
    while not server.count(where):
        assert running.poll() is None
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=60) == -signal.SIGINT
    assert [entry.state for entry in ledger.entries()] == [left]
    while left == "pending" and not server.site.posted:
        time.sleep(0.01)
    entry = deliver(client, ledger, csv, SLUG, "m", wait=True)
    assert entry.state == "complete"
    assert len(server.site.posted) == 1


def test_two_processes_deliver_one_file_once(
    ledger: Ledger, csv: Path, server: standin.Server, home: Path
) -> None:
    server.fail("CreateSubmission", "slow", seconds=0.5)
    command = [sys.executable, "-c", KILLED, "never", str(ledger.path), str(csv)]
    environment = standin.environment(server, home)
    running = [subprocess.Popen(command, env=environment) for _ in range(2)]
    assert [one.wait(timeout=60) for one in running] == [0, 0]
    assert len(server.site.posted) == 1
    assert len(ledger.entries()) == 1


def test_digest_is_that_of_sha256sum(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    assert file_digest(tmp_path / "f") == "ba7816bf8f01cfea"
