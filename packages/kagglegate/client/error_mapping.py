"""Maps every error of the official client, the network and the server to a `KaggleError`."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Any

import requests
import urllib3

import jobs
from jobs import UserError
from kagglegate._errors import (
    CredentialsRefused,
    KaggleDown,
    KaggleError,
    NotFound,
    TimedOut,
    TooManyRequests,
    UnexpectedReply,
    Unreachable,
)
from kagglegate.client.refusals import Subject, no_access, refusal

TOKEN_PAGE = "https://www.kaggle.com/settings"

SECRETS = (
    (re.compile(r"(https?://[^\s?\"'<>]+)\?[^\s\"'<>]*"), r"\1?..."),
    (re.compile(r"(https?://)[^\s/@\"'<>]+@"), r"\1...@"),
    (re.compile(r"(/[^\s?\"'<>]*)\?[^\s\"'<>]*(?:[Ss]ignature|[Tt]oken|[Cc]redential)=[^\s\"'<>]*"),
     r"\1?..."),
    (re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]+", re.IGNORECASE), r"\1 ..."),
    (re.compile(r"\b[0-9a-f]{32}\b"), "..."),
    (re.compile(r"\bKGAT_\w+"), "KGAT_..."),
    (re.compile(r"(?i)\b((?:api_?)?token|key|password|signature)([\"']?\s*[:=]\s*[\"']?)[\w.~+/=-]{8,}"),
     r"\1\2..."),
)  # fmt: skip


def redact(text: str) -> str:
    """Return `text` on one line without signed URLs, tokens and keys."""
    for pattern, replacement in SECRETS:
        text = pattern.sub(replacement, text)
    return " ".join(text.split())


@contextmanager
def naming_errors(subject: Subject) -> Iterator[None]:
    """Run the block with stdout silenced and every foreign error turned into a `KaggleError`."""
    try:
        with redirect_stdout(StringIO()):
            yield
    except KaggleError:
        raise
    except requests.HTTPError as error:
        raise from_status(subject, error.response, str(error)) from None
    except requests.RequestException as error:
        raise from_network(subject, error) from None
    except (urllib3.exceptions.HTTPError, ConnectionError, TimeoutError) as error:
        raise from_network(subject, error) from None
    except OSError as error:
        raise _local(error) from None
    except SystemExit:
        raise CredentialsRefused(_refused()) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnexpectedReply(_no_json(subject, error)) from None


def from_network(subject: Subject, error: Exception) -> KaggleError:
    """Return the named error for a request that got no reply."""
    if isinstance(error, requests.exceptions.InvalidJSONError):
        return UnexpectedReply(_no_json(subject, error))
    if isinstance(error, requests.Timeout | TimeoutError) or "timed out" in str(error):
        return TimedOut(
            f"Kaggle did not answer in time ({subject.name}): check the network, then run the "
            "same command again"
        )
    return Unreachable(
        f"Kaggle cannot be reached ({subject.name}; {_cause(error)}): check the network and the "
        "proxy settings HTTPS_PROXY and NO_PROXY, then run the same command again"
    )


def from_status(subject: Subject, response: Any, fallback: str = "") -> KaggleError:
    """Return the named error for a reply with a status of 400 or more.

    `response` may be None; a `requests.Response` with such a status is falsy, so it is
    compared with None.
    """
    if response is None:
        return UnexpectedReply(f"Kaggle's reply is not understood ({redact(fallback)})")
    reason, status = reason_of(response), _status(response)
    error = refusal(subject, reason) if status == 400 else _by_status(subject, status, reason)
    error.retry_after = _seconds(response.headers.get("Retry-After"))
    return error


def reason_of(response: requests.Response) -> str:
    """Return the server's own reason, on one line and redacted; "" when it gives none."""
    body = _body(response)
    nested = body.get("error", body)
    message = nested.get("message", "") if isinstance(nested, dict) else nested
    return redact(str(message or ""))


def _local(error: OSError) -> UserError:
    """Return the named error for a file of this computer."""
    named = jobs.system_error(error)
    if isinstance(named, jobs.DiskFull):
        return named
    where = f"{error.filename}: " if error.filename else ""
    unknown = f"{where}{error.strerror or error}: make the file usable and try again"
    return KaggleError(str(named or unknown))


def _by_status(subject: Subject, status: int, reason: str) -> KaggleError:
    said = f" (Kaggle: {reason})" if reason else ""
    if status == 401:
        return CredentialsRefused(_refused(said))
    if status == 403:
        return no_access(subject, said)
    if status == 404:
        return NotFound(
            f"Kaggle does not know {subject.name}{said}: check its slug, see {subject.page}"
        )
    if status == 429:
        return TooManyRequests(
            f"Kaggle asks for fewer requests ({subject.name}): wait a few minutes, then run the "
            "same command again"
        )
    if status >= 500:
        return KaggleDown(
            f"Kaggle reports an internal error (status {status}, {subject.name}){said}: try again "
            "later; see https://status.kaggle.com"
        )
    return UnexpectedReply(f"Kaggle answered with status {status} for {subject.name}{said}")


def _refused(said: str = "") -> str:
    return (
        f"Kaggle refuses your credentials{said}: make a new token on {TOKEN_PAGE}, put it in "
        "KAGGLE_API_TOKEN or ~/.kaggle/access_token and remove the old one"
    )


def _no_json(subject: Subject, error: Exception) -> str:
    what = (
        "with something that is not JSON, perhaps the web page of a proxy or a log-in"
        if isinstance(error, (json.JSONDecodeError, requests.exceptions.InvalidJSONError))
        else f"in a form that is not understood ({type(error).__name__}: {redact(str(error))})"
    )
    return (
        f"Kaggle answered {what} ({subject.name}): check the network and HTTPS_PROXY, then run "
        "the same command again"
    )


def _status(response: requests.Response) -> int:
    code = _body(response).get("code")
    return code if response.status_code < 400 and isinstance(code, int) else response.status_code


def _body(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except (ValueError, requests.RequestException):
        return {}
    return body if isinstance(body, dict) else {}


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isdigit() else None


def _cause(error: BaseException) -> str:
    """Return the innermost reason of a chain of network errors, short and redacted."""
    text = str(error)
    for hint in ("Name or service not known", "name resolution", "Connection refused", "reset",
                 "proxy", "certificate", "without response", "IncompleteRead"):  # fmt: skip
        if hint.lower() in text.lower():
            return hint
    return redact(text)[:120]
