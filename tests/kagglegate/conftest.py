"""A computer without Kaggle: fresh home, no credentials, no way out but the loopback."""

import os
import socket
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kagglegate import Client, Ledger, standin

SLUG = "stand-in"
HEADER = "ImageId,EncodedPixels\n"


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty home directory; nothing about Kaggle or proxies is in the environment."""
    for name in list(os.environ):
        stripped = name.upper().startswith(("KAGGLE_", "VERBOSE", "XDG_"))
        if stripped or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(folder / "config"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    return folder


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail on any connection of this process that leaves the computer."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: tuple[str, int]) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            assert address[0] in ("127.0.0.1", "::1"), f"a connection to {address}"
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder of six files in two levels."""
    folder = tmp_path / "data"
    (folder / "train" / "a").mkdir(parents=True)
    for number in range(5):
        (folder / "train" / "a" / f"{number}.dcm").write_bytes(os.urandom(60_000))
    (folder / "truth.csv").write_text(HEADER + "".join(f"i{n},-1\n" for n in range(10)))
    return folder


@pytest.fixture
def score(data: Path) -> standin.Score:
    """Return a scorer that gives the share of rows that are "-1"."""

    def share(submission: Path, truth: Path) -> float:
        rows = submission.read_text().splitlines()[1:]
        return sum(row.endswith(",-1") for row in rows) / len(rows)

    return standin.scorer(data / "truth.csv", share, public_share=0.4, seed=1)


@pytest.fixture
def server(data: Path, score: standin.Score) -> Iterator[standin.Server]:
    """Return a running stand-in; whatever went wrong inside it fails the test."""
    with standin.Server(standin.Site(SLUG, data=data, score=score, page_size=4)) as running:
        yield running
    assert running.site.errors == []


@pytest.fixture
def client(server: standin.Server) -> Iterator[Client]:
    """Return the real client, pointed at the stand-in."""
    ours = Client(timeout=(2.0, 2.0), retries=1, pause=0.01)
    with standin.connect(server, ours) as connected:
        yield connected


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    """Return a submission with 10 rows, 9 of them "-1"."""
    path = tmp_path / "submission.csv"
    path.write_text(HEADER + "".join(f"i{n},-1\n" for n in range(9)) + "i9,1 1\n")
    return path


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Return a ledger that does not exist yet."""
    return Ledger(tmp_path / "submissions" / "ledger.jsonl")


@pytest.fixture
def zipped(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a zip of name -> content."""

    def write(files: dict[str, bytes], name: str = "data.zip") -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for member, content in files.items():
                archive.writestr(member, content)
        return path

    return write
