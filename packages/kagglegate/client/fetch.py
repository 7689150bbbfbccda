"""Saves the body of a download, continuing an interrupted one only where that is safe."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import requests

import jobs
from jobs import Report
from kagglegate._errors import Incomplete, UnexpectedReply
from kagglegate.client.official import Timeout, with_timeout
from kagglegate.client.refusals import Subject

CHUNK = 1 << 16  # what a broken connection loses at most


def save(
    response: requests.Response,
    area: Path,
    subject: Subject,
    timeout: Timeout,
    report: Report,
    note: Callable[[bool], None],
) -> Path:
    """Write the body to ``area/archive.zip`` and return that path.

    What an earlier call left there is continued with a Range request if the server proves
    (ETag or Last-Modified, and size) that it still has the same file. `note` is called
    with whether the body was continued. Call it inside `naming_errors`; the caller closes the
    response.
    """
    if "text/html" in response.headers.get("Content-Type", ""):
        raise UnexpectedReply(
            f"Kaggle sent a web page instead of the data of {subject.name}: check the network "
            "and HTTPS_PROXY, then run the same command again"
        )
    target, identity = area / "archive.zip", _identity(response.headers)
    have = _usable(target, area / "identity.json", identity)
    size: int = identity["size"] or 0
    if have and have == size:
        return target
    source, start = _source(response, have, identity["validator"], timeout)
    note(start > 0)
    jobs.write_json(area / "identity.json", identity)
    done, began = start, time.monotonic()
    with (
        jobs.naming_system_errors(target),
        source,
        open(target, "ab" if start else "wb") as file,
    ):
        for data in source.iter_content(CHUNK):
            done += file.write(data)
            speed = (done - start) / 1e6 / max(time.monotonic() - began, 1e-3)
            report(f"downloading {subject.name}", done, size, {"MB/s": speed})
    if size and done != size:
        target.unlink()
        raise Incomplete(
            f"{done} of {size} bytes of {subject.name} arrived: run the same command again"
        )
    return target


def _identity(headers: Mapping[str, str]) -> dict[str, Any]:
    length = headers.get("Content-Length")
    return {
        "validator": headers.get("ETag") or headers.get("Last-Modified"),
        "size": int(length) if length else None,
    }


def _usable(target: Path, note: Path, identity: dict[str, Any]) -> int:
    """Return how many bytes of `target` belong to the file the server has now."""
    if not target.exists() or not note.exists() or identity["validator"] is None:
        return 0
    have = target.stat().st_size
    same = jobs.read_json(note) == identity
    return have if same and have <= (identity["size"] or 0) else 0


def _source(
    response: requests.Response, have: int, validator: str, timeout: Timeout
) -> tuple[requests.Response, int]:
    """Return the response to read and the offset of its first byte."""
    if not have:
        return response, 0
    # The address is signed: a session of its own, so that no credentials go to the storage host.
    session = with_timeout(requests.Session(), timeout)
    headers = {"Range": f"bytes={have}-", "If-Range": validator}
    rest = session.get(response.url, headers=headers, stream=True)
    continues = rest.headers.get("Content-Range", "").startswith(f"bytes {have}-")
    if rest.status_code == 206 and continues:
        response.close()
        return rest, have
    rest.close()
    return response, 0
