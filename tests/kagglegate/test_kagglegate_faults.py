"""Faults x operations: each cell of the table, once and lasting, and what is left afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from kagglegate import Client, KaggleError, Ledger, deliver, standin
from kagglegate.standin.faults import KINDS
from tests.kagglegate.fault_table import FAULTS, OPERATIONS, RECOVERED, TABLE, page

SLUG = "stand-in"
CELLS = [(operation, fault) for operation, cells in TABLE.items() for fault in cells]
WAITING = ("slow", "stall")


@dataclass
class Kit:
    """What an operation works with."""

    client: Client
    server: standin.Server
    ledger: Ledger
    csv: Path
    folder: Path
    data: Path


def download(kit: Kit) -> None:
    """Download; the files must be those of the server."""
    made = kit.client.download_competition(SLUG, kit.folder / "raw")
    for file in kit.data.rglob("*.dcm"):
        assert (made.path / file.relative_to(kit.data)).read_bytes() == file.read_bytes()


def submit(kit: Kit) -> None:
    """Submit and wait; Kaggle and ledger must agree on one submission with its score."""
    entry = deliver(kit.client, kit.ledger, kit.csv, SLUG, "m", wait=True, timeout=5)
    (posted,) = kit.server.site.posted
    assert (entry.ref, entry.state) == (posted.ref, "complete")
    assert f"[{entry.id}]" in posted.description
    assert (entry.public_score, entry.private_score) == pytest.approx(posted.scores, abs=1e-5)


def look_for(kit: Kit) -> None:
    """Submit where the reply is lost, so that the submission has to be looked for."""
    if not kit.server.site.posted:
        kit.server.fail("CreateSubmission", "lost")
    submit(kit)


DO: dict[str, Callable[[Kit], object]] = {
    "sign in": lambda kit: kit.client.quota(SLUG),
    "ask for the competition": lambda kit: kit.client.competition(SLUG),
    "ask for the quota": lambda kit: kit.client.quota(SLUG),
    "list the files": download,
    "ask for the download": download,
    "fetch the archive": download,
    "announce the upload": submit,
    "upload": submit,
    "record the submission": submit,
    "look for a submission": look_for,
    "ask for the score": submit,
}


def outcome(operation: str, kit: Kit) -> str:
    """Return "recovered" or the name of the error, whose message must be one clear line."""
    try:
        DO[operation](kit)
    except KaggleError as error:
        caught = error
    else:
        return RECOVERED
    assert "\n" not in str(caught)
    assert "standin-token" not in str(caught)
    return type(caught).__name__


def show(server: standin.Server, where: str, fault: str, times: int | None) -> None:
    """Make the server show a fault; a changed file matters only where a download is resumed."""
    if fault == "changed":
        server.fail(where, "truncate")
    server.fail(where, fault, times, seconds=0.6 if fault in WAITING else 0.0)


def test_the_table_is_whole() -> None:
    assert set(TABLE) == set(OPERATIONS) == set(DO)
    assert {fault for _, fault in CELLS} == set(FAULTS) == set(KINDS)


@pytest.mark.parametrize(("operation", "fault"), CELLS)
def test_cell(
    operation: str,
    fault: str,
    server: standin.Server,
    csv: Path,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("kagglegate.submissions.deliver.LIST_LAG", timedelta(seconds=-5))
    waiting = fault in WAITING
    for name, times, expected in zip(
        ("once", "stays"), (1, None), TABLE[operation][fault], strict=True
    ):
        client = Client(
            timeout=(0.4, 0.4) if waiting else (5.0, 5.0),
            retries=0 if waiting and times is None else 1,
            pause=0.05 if waiting else 0.002,
        )
        ledger = Ledger(tmp_path / name / "ledger.jsonl")
        kit = Kit(client, server, ledger, csv, tmp_path / name, data)
        kit.server.site.posted.clear()
        show(server, OPERATIONS[operation], fault, times)
        with standin.connect(server, client):
            assert outcome(operation, kit) == expected, name
            if expected != RECOVERED and DO[operation] is download:
                assert not (kit.folder / "raw").exists()
            if expected not in (RECOVERED, "SubmissionUnknown"):
                states = [entry.state for entry in ledger.entries()]
                assert states in ([], ["failed"], ["submitted"])
            server.site.faults.clear()
            client.timeout = (5.0, 5.0)
            assert outcome(operation, kit) == RECOVERED, f"{name}: the same command again"
    assert server.site.errors == []


def test_the_page_is_the_table() -> None:
    written = Path(__file__).parents[2] / "docs" / "KAGGLE_FAULTS.md"
    assert written.read_text(encoding="utf-8") == page()
