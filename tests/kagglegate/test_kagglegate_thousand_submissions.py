"""A thousand submissions through random faults and kills: none twice, none lost, both agree."""

import os
import random
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kagglegate import Client, KaggleError, Ledger, deliver, file_digest, refresh, standin

SLUG = "stand-in"
COUNT = 1000
WHERE = (
    "GetCompetition", "StartSubmissionUpload", "upload", "CreateSubmission", "CreateSubmission",
    "ListSubmissions", "GetSubmission", "*",
)  # fmt: skip
KINDS = ("reset", "lost", "html", "429", "500", "503", "400", "401", "403", "404")
TRIES = 20


class Killed(BaseException):
    """The process dies here."""


class Mortal(Ledger):
    """A ledger whose process dies now and then, right before or after a line is written."""

    rng = random.Random(8)
    kills = 0

    def append(self, event: str, id: str, **fields: Any) -> None:
        """Add a line; see `Ledger.append`."""
        fate = self.rng.random()
        if fate < 0.01:
            self._die()
        super().append(event, id, **fields)
        if fate > 0.99:
            self._die()

    def _die(self) -> None:
        type(self).kills += 1
        raise Killed


def misfortune(rng: random.Random, server: standin.Server) -> None:
    """Forget the old faults; in three of eight cases show one to three new ones."""
    server.site.faults.clear()
    for _ in range(rng.choice((0, 0, 0, 0, 0, 1, 2, 3))):
        times = rng.choice((1, 1, 2, 3, None))
        server.fail(rng.choice(WHERE), rng.choice(KINDS), times)


def send(rng: random.Random, server: standin.Server, client: Client, own: Mortal, csv: Path) -> int:
    """Give the same command until it is done; return the tries."""
    for tries in range(1, TRIES):
        misfortune(rng, server)
        with suppress(KaggleError, Killed):
            deliver(client, own, csv, SLUG, csv.stem)
            return tries
    raise AssertionError(f"{csv} was not submitted in {TRIES} tries")


@pytest.mark.slow
def test_a_thousand_submissions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("kagglegate.submissions.deliver.LIST_LAG", timedelta(seconds=-5))
    monkeypatch.setattr(os, "fsync", lambda _: None)
    rng, path = random.Random(7), tmp_path / "ledger.jsonl"
    site = standin.Site(SLUG, score=scored, daily_limit=COUNT)
    client = Client(timeout=(5.0, 5.0), retries=1, pause=0.0)
    with standin.Server(site) as server, standin.connect(server, client):
        client.quota(SLUG)
        tries, digests, own = 0, {}, Mortal(path)
        for number in range(COUNT):
            csv = tmp_path / f"{number}.csv"
            csv.write_text(f"ImageId,EncodedPixels\n{number},-1\n")
            tries += send(rng, server, client, own, csv)
            digests[file_digest(csv)] = csv.stem
        server.site.faults.clear()
        server.site.settle()
        entries = refresh(client, Ledger(path))
        spent = client.quota(SLUG)
        listed = {one.ref: one for one in client.list_submissions(SLUG)}
    assert (spent.total, spent.left) == (COUNT, 0), "quota spent twice, or a submission lost"
    living = [entry for entry in entries if entry.state != "failed"]
    assert Counter(entry.digest for entry in living) == dict.fromkeys(digests, 1)
    assert {entry.ref for entry in living} == set(listed)
    for entry in living:
        theirs = listed[entry.ref]
        assert theirs.description == f"{digests[entry.digest]} [{entry.id}]"
        known = (entry.state, entry.public_score, entry.private_score)
        assert known == (theirs.status, theirs.public_score, theirs.private_score)
        assert entry.state == "complete"
    assert tries > 1.2 * COUNT, "the faults did not bite"
    assert Mortal.kills > 20
    assert site.errors == []


def scored(path: Path) -> tuple[float, float]:
    """Score a file by the number in it."""
    number = int(path.read_text().splitlines()[1].partition(",")[0])
    return number / COUNT, 1 - number / COUNT
