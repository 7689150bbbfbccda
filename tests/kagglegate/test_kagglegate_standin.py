"""The stand-in: what the `kaggle` command line makes of it, scores, and being undone."""

import os
import socket
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from kagglegate import Client, KaggleError, standin
from kagglegate.standin.kernels import KERNEL_METHODS
from kagglegate.standin.methods import METHODS

SLUG = "stand-in"


def kaggle(server: standin.Server, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the real command line against the stand-in."""
    return subprocess.run(
        [sys.executable, "-m", "kaggle", *arguments],
        env=standin.environment(server, home),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_command_line_submits_and_lists(server: standin.Server, home: Path, csv: Path) -> None:
    sent = kaggle(server, home, "competitions", "submit", SLUG, "-f", str(csv), "-m", "by hand")
    assert sent.returncode == 0
    assert "Successfully submitted to A stand-in competition" in sent.stdout
    assert "4 submissions remaining today" in sent.stdout
    server.site.settle()
    listed = kaggle(server, home, "competitions", "submissions", SLUG, "-v")
    header, row = listed.stdout.strip().splitlines()[-2:]
    assert header == "ref,fileName,date,description,status,publicScore,privateScore"
    assert row.startswith("40000001,submission.csv,")
    assert "by hand,SubmissionStatus.COMPLETE,0." in row


def test_command_line_downloads(server: standin.Server, home: Path, data: Path) -> None:
    done = kaggle(server, home, "competitions", "download", SLUG, "-q")
    assert (done.returncode, done.stderr) == (0, "")
    with zipfile.ZipFile(home / f"{SLUG}.zip") as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 6
    kaggle(server, home, "competitions", "download", SLUG, "-f", "truth.csv", "-q")
    assert (home / "truth.csv").read_bytes() == (data / "truth.csv").read_bytes()
    kaggle(server, home, "datasets", "download", "stand-in/data", "--unzip", "-q")
    assert (home / "train" / "a" / "0.dcm").exists()


def test_command_line_files_and_refusals(server: standin.Server, home: Path, csv: Path) -> None:
    listed = kaggle(server, home, "competitions", "files", SLUG, "-v")
    assert "Next Page Token = 4" in listed.stdout
    server.site.rules_accepted = False
    refused = kaggle(server, home, "competitions", "submit", SLUG, "-f", str(csv), "-m", "m")
    assert refused.returncode == 1
    assert "403" in refused.stderr


def test_failed_upload_fails_in_the_official_command_line(
    server: standin.Server, home: Path, csv: Path
) -> None:
    """Since 2.2.5; its function still returns a submission, whose reference is 0."""
    server.fail("upload", "403", times=None)
    done = kaggle(server, home, "competitions", "submit", SLUG, "-f", str(csv), "-m", "m")
    assert done.returncode == 1
    assert "Could not submit to competition" in done.stderr
    assert server.site.posted == []


def test_connect_is_undone(server: standin.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from kagglesdk import kaggle_env

    monkeypatch.setenv("KAGGLE_API_TOKEN", "mine")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    endpoints, before = dict(kaggle_env._env_to_endpoint), dict(os.environ)

    def fail_inside() -> None:
        with standin.connect(server) as client:
            assert os.environ["KAGGLE_API_TOKEN"] == server.token
            assert client.quota(SLUG).left == 5
            raise KeyError("inside")

    with pytest.raises(KeyError, match="inside"):
        fail_inside()
    assert kaggle_env._env_to_endpoint == endpoints
    assert dict(os.environ) == before


def test_environment_reaches_nothing_real(server: standin.Server, tmp_path: Path) -> None:
    base = {"PATH": "/bin", "KAGGLE_KEY": "mine", "VERBOSE": "1", "no_proxy": "*", "LANG": "C"}
    given_ = standin.environment(server, tmp_path, base)
    assert {"PATH", "LANG"} < set(given_)
    assert "mine" not in given_.values()
    assert not {"VERBOSE", "no_proxy", "NO_PROXY", "KAGGLE_KEY"} & set(given_)
    assert given_["HTTPS_PROXY"] == "http://127.0.0.1:1"


def test_listens_on_the_loopback_only(server: standin.Server) -> None:
    assert server._http.server_address[0] == "127.0.0.1"


def test_busy_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(KaggleError, match=f"port {port} .*in use.*name another port"):
            standin.Server(standin.Site(), port)
    with pytest.raises(KaggleError, match=r"port 65536 .*name another port"):
        standin.Server(standin.Site(), 65536)
    assert list(tmp_path.iterdir()) == []


def test_folder_lives_as_long_as_the_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with standin.Server(standin.Site()) as server:
        assert list(tmp_path.iterdir()) == [server.site.folder]
    assert list(tmp_path.iterdir()) == []


def test_needs_credentials(server: standin.Server, client: Client) -> None:
    assert server.accepts("Bearer standin-token")
    assert not server.accepts("")
    assert not server.accepts("Bearer other")


COMPETITIONS = "competitions.CompetitionApiService"
OF_COMPETITION = [method for service, method in METHODS | KERNEL_METHODS if service == COMPETITIONS]


def refusal(server: standin.Server, token: str, where: str, **fields: object) -> tuple[int, str]:
    """Return status and reason of a call; (200, "") if it is not refused."""
    reply = requests.post(
        f"{server.url}/api/v1/{where}",
        json=fields,
        headers={"Authorization": f"Bearer {token}"},
        allow_redirects=False,
        timeout=10,
    )
    if reply.status_code < 400:
        return 200, ""
    return reply.status_code, reply.json()["error"]["message"]


@pytest.mark.parametrize("method", [*OF_COMPETITION, "NoSuchMethod"])
def test_credentials_are_checked_before_anything_else(server: standin.Server, method: str) -> None:
    server.site.rules_accepted, server.site.submissions_disabled = False, True
    for fields in ({}, {"competitionName": "other"}, {"competitionName": SLUG}):
        found = refusal(server, "wrong", f"{COMPETITIONS}/{method}", **fields)
        assert found == (401, "Unauthenticated")


@pytest.mark.parametrize("method", sorted({*OF_COMPETITION} - {"GetCompetition", "GetSubmission"}))
def test_the_competition_is_checked_before_the_other_fields(
    server: standin.Server, method: str
) -> None:
    where, nonsense = f"{COMPETITIONS}/{method}", {"fileName": "no", "blobFileTokens": "no"}
    server.site.submissions_disabled = True
    assert refusal(server, server.token, where, competitionName="other", **nonsense)[0] == 403
    assert refusal(server, server.token, where, **nonsense)[0] == 403
    server.site.rules_accepted = False
    code, reason = refusal(server, server.token, where, competitionName=SLUG, **nonsense)
    assert (code, "accept this competition's rules" in reason) == (403, True)


@pytest.mark.parametrize(
    "method", ["StartSubmissionUpload", "CreateSubmission", "CreateCodeSubmission"]
)
def test_what_a_competition_takes_is_checked_before_the_file(
    server: standin.Server, method: str
) -> None:
    server.site.submissions_disabled = True
    found = refusal(server, server.token, f"{COMPETITIONS}/{method}", competitionName=SLUG)
    assert found == (400, "Submissions are disabled for this competition")


def test_unknown_fault() -> None:
    with pytest.raises(ValueError, match="kind must be one of"):
        standin.Fault("storage", "flood")


def test_fault_as_text() -> None:
    parse = standin.Fault.parse
    assert parse("upload:503") == standin.Fault("upload", "503")
    assert parse("storage:stall:always:2.5") == standin.Fault("storage", "stall", None, "", 2.5)
    assert parse("CreateSubmission:lost:3").times == 3


WRONG_FAULTS = [
    "upload", "upload:flood", "upload:503:twice", "upload:slow:1:long", "upload:503:", ":::",
    *(f"upload:slow:1:{value}" for value in ("nan", "inf", "-1", "1e999", "9" * 400, "", "½")),
    *(f"upload:503:{value}" for value in ("-1", "1.5", "nan", "9" * 30, "9" * 5000, "")),
]  # fmt: skip


@pytest.mark.parametrize("text", WRONG_FAULTS, ids=lambda text: text[:24])
def test_a_wrong_fault_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not WHERE:KIND") as raised:
        standin.Fault.parse(text)
    assert len(str(raised.value)) < 400


@given(st.sets(st.text(), min_size=2, max_size=50), st.floats(0.01, 0.99), st.integers(0, 9))
def test_split_is_a_partition(ids: set[str], share: float, seed: int) -> None:
    public, private = standin.split_ids(ids, share, seed)
    assert public | private == ids
    assert not public & private
    assert public
    assert private
    assert standin.split_ids(sorted(ids, reverse=True), share, seed) == (public, private)


def test_scorer_cuts_both_files_to_the_same_ids(tmp_path: Path) -> None:
    truth, sent = tmp_path / "t.csv", tmp_path / "s.csv"
    truth.write_text("ImageId, EncodedPixels\na, 1 2\na, 5 2\nb, -1\nc, -1\nd, -1\n")
    sent.write_text("ImageId,EncodedPixels\nd,-1\nc,-1\nb,-1\na,1 2\n")
    seen = []

    def metric(submission: Path, expected: Path) -> float:
        ids = [
            sorted({row.split(",")[0] for row in path.read_text().splitlines()[1:]})
            for path in (submission, expected)
        ]
        assert ids[0] == ids[1]
        seen.append((ids[0], len(expected.read_text().splitlines()) - 1))
        return len(ids[0]) / 4

    assert standin.scorer(truth, metric, public_share=0.25, seed=3)(sent) == (0.25, 0.75)
    assert sorted(name for ids, _ in seen for name in ids) == ["a", "b", "c", "d"]
    assert sum(rows for _, rows in seen) == 5


def test_scorer_refuses(tmp_path: Path) -> None:
    truth, sent = tmp_path / "t.csv", tmp_path / "s.csv"
    truth.write_text("i,e\na,1\nb,1\n")
    score = standin.scorer(truth, lambda *_: 1.0)
    sent.write_text("i,e\na,1\n")
    with pytest.raises(ValueError, match="1 missing and 0 unknown"):
        score(sent)
    sent.write_bytes(b"")
    with pytest.raises(ValueError, match=r"s\.csv is not a CSV"):
        score(sent)
    with pytest.raises(ValueError, match="public_share"):
        standin.scorer(truth, lambda *_: 1.0, public_share=1.0)
