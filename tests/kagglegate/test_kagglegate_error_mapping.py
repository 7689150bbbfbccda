"""Foreign errors become named ones; nothing secret gets through."""

import errno
import json

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from jobs import DiskFull
from kagglegate import CredentialsRefused, KaggleError, SubmissionRefused, UnexpectedReply
from kagglegate.client.error_mapping import Subject, from_status, naming_errors, reason_of, redact

SUBJECT = Subject.competition("siim")
WORD = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789", min_size=12, max_size=40)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("at https://s.x/a.zip?X-Goog-Signature=ab12&e=3 now", "at https://s.x/a.zip?... now"),
        ("url: /v1/a?token=s3cretvalue (Caused", "url: /v1/a?... (Caused"),
        ("Authorization: Bearer abc.def-1", "Authorization: Bearer ..."),
        ("Basic dXNlcjprZXk=", "Basic ..."),
        ("KGAT_0a1b2c", "KGAT_..."),
        ("proxy http://me:pw@host:1/", "proxy http://...@host:1/"),
        ('{"key": "0123456789abcdef"}', '{"key": "..."}'),
        ("0123456789abcdef0123456789abcdef", "..."),
        ("two\nlines", "two lines"),
        ("allowance (5) today", "allowance (5) today"),
    ],
)
def test_redact(text: str, clean: str) -> None:
    assert redact(text) == clean


@given(WORD, st.sampled_from(["Bearer {}", "https://h/p?{}", "token={}", '"api_token": "{}"']))
def test_no_secret_survives(secret: str, frame: str) -> None:
    assert secret not in redact(f"before {frame.format(secret)} after")


def reply(status: int, body: object, **headers: str) -> requests.Response:
    """Return a response as the server would give it."""
    response = requests.Response()
    response.status_code = status
    response._content = body if isinstance(body, bytes) else json.dumps(body).encode()
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return response


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"error": {"code": 400, "message": "nested", "status": "X"}}, "nested"),
        ({"code": 400, "message": "flat"}, "flat"),
        ({"error": "text"}, "text"),
        ({"error": None}, ""),
        ([1], ""),
        (b"<html>", ""),
        (b"", ""),
    ],
)
def test_reason(body: object, reason: str) -> None:
    assert reason_of(reply(400, body)) == reason


def test_status_without_a_reason() -> None:
    error = from_status(SUBJECT, reply(400, b""))
    assert type(error) is SubmissionRefused
    assert "no reason given" in str(error)
    assert isinstance(from_status(SUBJECT, reply(418, b"")), UnexpectedReply)
    assert isinstance(from_status(SUBJECT, None, "odd"), UnexpectedReply)


def test_status_in_the_body_of_a_good_reply() -> None:
    """The client raises for ``{"code": 401}`` even when the status is 200."""
    assert isinstance(from_status(SUBJECT, reply(200, {"code": 401})), CredentialsRefused)


def test_retry_after() -> None:
    assert from_status(SUBJECT, reply(429, b"", Retry_After="7")).retry_after == 7
    assert from_status(SUBJECT, reply(429, b"", Retry_After="Mon, 1 Jan")).retry_after is None


def test_files_of_this_computer() -> None:
    with pytest.raises(DiskFull, match="/a/b: no space left"), naming_errors(SUBJECT):
        raise OSError(errno.ENOSPC, "No space", "/a/b")
    with pytest.raises(KaggleError, match="/a/b: permission is denied; "), naming_errors(SUBJECT):
        raise PermissionError(errno.EACCES, "Permission denied", "/a/b")


def test_exit_of_the_client() -> None:
    with pytest.raises(CredentialsRefused), naming_errors(SUBJECT):
        raise SystemExit(1)


def test_interruption_passes() -> None:
    with pytest.raises(KeyboardInterrupt), naming_errors(SUBJECT):
        raise KeyboardInterrupt


def test_prints_of_the_client_are_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with naming_errors(SUBJECT):
        print("Warning: Looks like you're using an outdated `kaggle` version")
    assert capsys.readouterr().out == ""
