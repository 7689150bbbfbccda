"""The real client against the stand-in: reading, submitting, polling, and every fault."""

import time
from pathlib import Path

import pytest

import kagglegate
from kagglegate import Client, standin
from kagglegate.client.records import _score

SLUG = "stand-in"


def test_facts_and_quota(client: Client, server: standin.Server) -> None:
    facts = client.competition(SLUG)
    assert (facts.slug, facts.max_daily_submissions, facts.entered) == (SLUG, 5, True)
    assert facts.deadline == "2019-09-04T23:59:00Z"
    assert not facts.submissions_disabled
    assert client.quota(SLUG) == kagglegate.Quota(0, 0, 5, False)
    assert server.count("IntrospectToken") == 1


def test_submit_poll_score(client: Client, server: standin.Server, csv: Path) -> None:
    server.site.delay = 0.2
    sent = client.submit(csv, "first", SLUG, nonce="n-1")
    assert sent.ref > 0
    assert sent.status == "pending"
    assert client.submission(sent.ref).public_score is None
    seen = client.poll(sent.ref, timeout=10)
    assert (seen.status, seen.description, seen.file_name) == ("complete", "first [n-1]", csv.name)
    public, private = seen.public_score, seen.private_score
    assert sorted((round(public * 4), round(private * 6))) in ([3, 6], [4, 5])
    assert client.quota(SLUG).left == 4
    assert server.site.posted[0].file.read_bytes() == csv.read_bytes()


def test_poll_ends_in_time(client: Client, server: standin.Server, csv: Path) -> None:
    server.site.delay = 60
    sent = client.submit(csv, "slow", SLUG)
    start = time.monotonic()
    assert client.poll(sent.ref, timeout=0.2).status == "pending"
    assert time.monotonic() - start < 2


def test_poll_bears_with_answers_that_do_not_come(
    client: Client, server: standin.Server, csv: Path
) -> None:
    sent = client.submit(csv, "m", SLUG)
    server.fail("GetSubmission", "503", times=8)  # two tries a question: four of them
    assert client.poll(sent.ref, timeout=30, pause=0.001).status == "complete"
    server.fail("GetSubmission", "503", times=10)
    with pytest.raises(kagglegate.KaggleDown):
        client.poll(sent.ref, timeout=30, pause=0.001)


def test_refused_submission_has_the_reason(client: Client, csv: Path) -> None:
    csv.write_text("ImageId,EncodedPixels\nother,-1\n")
    seen = client.poll(client.submit(csv, "wrong ids", SLUG).ref, timeout=10)
    assert seen.status == "error"
    assert "10 missing and 1 unknown" in seen.error
    assert seen.public_score is None


def test_lists_all_pages_newest_first(client: Client, server: standin.Server, csv: Path) -> None:
    server.site.daily_limit = 100
    refs = [client.submit(csv, str(n), SLUG).ref for n in range(6)]
    assert [one.ref for one in client.list_submissions(SLUG)] == refs[::-1]
    assert server.count("ListSubmissions") == 2
    assert len(client.list_submissions(SLUG, most=3)) == 3


@pytest.mark.parametrize("what", ["missing.csv", "empty.csv", "."])
def test_needs_a_file_with_content(client: Client, tmp_path: Path, what: str) -> None:
    (tmp_path / "empty.csv").touch()
    with pytest.raises(ValueError, match="write the submission first"):
        client.submit(tmp_path / what, "m", SLUG)


def test_failed_upload_is_no_success(client: Client, server: standin.Server, csv: Path) -> None:
    """The official client returns ref == 0 then, and its command line exits with 0."""
    server.fail("upload", "403", times=None)
    with pytest.raises(kagglegate.SubmissionFailed, match="not uploaded"):
        client.submit(csv, "m", SLUG)
    assert server.count("CreateSubmission") == 0
    assert client.quota(SLUG).today == 0


def test_reference_zero_is_no_success(
    client: Client, server: standin.Server, csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standin.Site, "post", lambda *_: type("Zero", (), {"ref": 0}))
    with pytest.raises(kagglegate.SubmissionFailed, match="recorded no submission"):
        client.submit(csv, "m", SLUG)
    assert server.count("CreateSubmission") == 1
    assert server.count("ListSubmissions") == 4


def test_transient_upload_error_is_tried_again(
    client: Client, server: standin.Server, csv: Path
) -> None:
    server.fail("upload", "503")
    assert client.submit(csv, "m", SLUG).ref > 0
    assert client.quota(SLUG).today == 1


@pytest.mark.parametrize("kind", ["lost", "slow"])
def test_lost_reply_spends_no_quota_twice(
    client: Client, server: standin.Server, csv: Path, kind: str
) -> None:
    client.timeout = (0.5, 0.5)
    server.fail("CreateSubmission", kind, seconds=0.7)
    client.pause = 0.05
    sent = client.submit(csv, "m", SLUG, nonce="n-7")
    assert "[n-7]" in sent.description
    assert server.count("CreateSubmission") == 1
    assert [one.ref for one in server.site.posted] == [sent.ref]


@pytest.mark.parametrize("kind", ["reset", "html", "500", "503"])
def test_unlisted_submission_is_not_sent_again(
    client: Client, server: standin.Server, csv: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be listed later: whether it was recorded is unknown, however often one looks."""
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    server.fail("CreateSubmission", kind)
    with pytest.raises(kagglegate.SubmissionUnknown, match=r"\[n-8\].*wait some minutes"):
        client.submit(csv, "m", SLUG, nonce="n-8")
    assert server.count("CreateSubmission") == 1
    assert server.count("ListSubmissions") == 4
    assert pauses == [0.01, 0.02, 0.04, 0.08]


def test_list_that_lags_behind(
    client: Client, server: standin.Server, csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, empty = client.list_submissions, [[], [], []]
    monkeypatch.setattr(
        client, "list_submissions", lambda *given: empty.pop() if empty else real(*given)
    )
    server.fail("CreateSubmission", "lost")
    sent = client.submit(csv, "m", SLUG)
    assert server.count("CreateSubmission") == 1
    assert [one.ref for one in server.site.posted] == [sent.ref]


@pytest.mark.parametrize("kind", ["400", "401", "403", "404", "429"])
def test_refusal_after_the_upload_is_definite(
    client: Client, server: standin.Server, csv: Path, kind: str
) -> None:
    server.fail("CreateSubmission", kind, times=None)
    with pytest.raises(FAULTS[kind]):
        client.submit(csv, "m", SLUG)
    assert server.count("ListSubmissions") == 0
    assert server.count("CreateSubmission") == (2 if kind == "429" else 1)


def test_unknown_outcome_says_so(client: Client, server: standin.Server, csv: Path) -> None:
    server.fail("CreateSubmission", "lost")
    server.fail("ListSubmissions", "503", times=None)
    with pytest.raises(kagglegate.SubmissionUnknown, match=r"\[n-9\].*before submitting again"):
        client.submit(csv, "m", SLUG, nonce="n-9")
    assert server.count("CreateSubmission") == 1


REFUSALS = {
    "daily_limit": (kagglegate.DailyLimitReached, "midnight UTC", 0),
    "submissions_disabled": (kagglegate.SubmissionsDisabled, "no submissions any more", True),
    "notebooks_only": (kagglegate.NotebooksOnly, "submit a notebook", True),
    "rules_accepted": (kagglegate.RulesNotAccepted, "competitions/stand-in/rules", False),
}


@pytest.mark.parametrize("setting", REFUSALS)
def test_refusals_of_the_site(
    client: Client, server: standin.Server, csv: Path, setting: str
) -> None:
    error, text, value = REFUSALS[setting]
    setattr(server.site, setting, value)
    with pytest.raises(error, match=text) as caught:
        client.submit(csv, "m", SLUG)
    assert "\n" not in str(caught.value)
    assert server.count("upload") == 0


def test_wrong_slug(client: Client, csv: Path) -> None:
    with pytest.raises(kagglegate.RulesNotAccepted, match="correct the slug"):
        client.submit(csv, "m", "no-such-contest")
    with pytest.raises(kagglegate.NotFound, match="no-such-contest"):
        client.competition("no-such-contest")


FAULTS = {
    "400": kagglegate.SubmissionRefused,
    "401": kagglegate.CredentialsRefused,
    "403": kagglegate.RulesNotAccepted,
    "404": kagglegate.NotFound,
    "429": kagglegate.TooManyRequests,
    "500": kagglegate.KaggleDown,
    "503": kagglegate.KaggleDown,
    "reset": kagglegate.Unreachable,
    "html": kagglegate.UnexpectedReply,
    "slow": kagglegate.TimedOut,
}


# The official client takes 400, 403 and 404 of IntrospectToken as an invalid token.
PLACES = [("GetSubmissionLimits", kind) for kind in FAULTS] + [
    ("IntrospectToken", kind) for kind in FAULTS if kind not in ("400", "403", "404")
]


@pytest.mark.parametrize(("where", "kind"), PLACES)
def test_every_fault_has_a_name(
    client: Client, server: standin.Server, where: str, kind: str
) -> None:
    client.timeout = (0.2, 0.2)
    server.fail(where, kind, times=None, seconds=0.4 if kind == "slow" else 0.0)
    with pytest.raises(FAULTS[kind]) as caught:
        client.quota(SLUG)
    assert type(caught.value) is FAULTS[kind]
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__
    transient = kind in ("429", "500", "503", "reset", "html", "slow")
    assert server.count(where) == (2 if transient else 1)


@pytest.mark.parametrize("kind", ["429", "500", "reset", "html"])
def test_transient_errors_are_repeated(client: Client, server: standin.Server, kind: str) -> None:
    server.fail("GetSubmissionLimits", kind)
    assert client.quota(SLUG).left == 5


def test_retry_after_is_respected(client: Client, server: standin.Server) -> None:
    client.quota(SLUG)
    server.fail("GetSubmissionLimits", "429", seconds=1)
    start = time.monotonic()
    client.quota(SLUG)
    assert time.monotonic() - start >= 1


def test_reason_is_shown_without_secrets(client: Client, server: standin.Server) -> None:
    server.fail("GetCompetition", "403", message="see https://x.y/z?sig=abc, Bearer KGAT_0123")
    with pytest.raises(kagglegate.RulesNotAccepted, match=r"see https://x\.y/z\?") as caught:
        client.competition(SLUG)
    assert "abc" not in str(caught.value)
    assert "0123" not in str(caught.value)


def test_invalid_token(
    client: Client, server: standin.Server, monkeypatch: pytest.MonkeyPatch, capfd
) -> None:
    """The official client prints help and exits then."""
    monkeypatch.setenv("KAGGLE_API_TOKEN", "wrong")
    with pytest.raises(kagglegate.CredentialsRefused, match="make a new token"):
        client.quota(SLUG)
    assert capfd.readouterr() == ("", "")


def test_key_that_was_revoked(
    client: Client, server: standin.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    monkeypatch.setenv("KAGGLE_USERNAME", server.username)
    monkeypatch.setenv("KAGGLE_KEY", "revoked")
    with pytest.raises(kagglegate.CredentialsRefused):
        client.quota(SLUG)
    assert server.count("IntrospectToken") == 0


def test_key_file_made_after_the_import(
    client: Client, server: standin.Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The official client fixes its folder at import; ours must not."""
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))
    (tmp_path / "kaggle.json").write_text('{"username": "standin", "key": "standin-key"}')
    assert client.quota(SLUG).left == 5
    assert server.requests[-1].authorization.startswith("Basic ")


def test_readable_key_file_warns(
    client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog, capfd
) -> None:
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))
    path = tmp_path / "kaggle.json"
    path.write_text('{"username": "standin", "key": "standin-key"}')
    path.chmod(0o644)
    client.quota(SLUG)
    client.quota(SLUG)
    assert [record.message for record in caplog.records] == [
        f"{path} can be read by other users of this computer: run chmod 600 {path}"
    ]
    assert capfd.readouterr().out == ""


def test_no_credentials_asks_nothing(
    client: Client, server: standin.Server, monkeypatch: pytest.MonkeyPatch, capfd
) -> None:
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    with pytest.raises(kagglegate.NoCredentials, match="KAGGLE_API_TOKEN"):
        client.quota(SLUG)
    assert server.requests == []
    assert capfd.readouterr() == ("", "")


def test_network_down(client: Client, server: standin.Server) -> None:
    from kagglesdk import kaggle_env

    kaggle_env._env_to_endpoint[kaggle_env.KaggleEnv.PROD] = "http://127.0.0.1:1"
    with pytest.raises(kagglegate.Unreachable, match="Connection refused"):
        client.quota(SLUG)


def test_misspelt_environment_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The official client would take it for the real site."""
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "LOCAL")
    with pytest.raises(kagglegate.UnexpectedReply, match="KAGGLE_API_ENVIRONMENT=LOCAL"):
        client.quota(SLUG)


def test_verbose_prints_no_headers(
    client: Client, server: standin.Server, monkeypatch: pytest.MonkeyPatch, csv: Path, capfd
) -> None:
    monkeypatch.setenv("VERBOSE", "1")
    client.submit(csv, "m", SLUG)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("text", "score"),
    [("0.81", 0.81), ("", None), (None, None), ("n/a", None), ("NaN", None), ("-inf", None)],
)
def test_score_is_finite_or_none(text: str | None, score: float | None) -> None:
    assert _score(text) == score
