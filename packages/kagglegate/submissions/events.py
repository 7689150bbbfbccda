"""What the lines of a ledger mean: each is an event, folded into the state of one delivery.

    {"event": "pending",   "id", "time", "digest", "slug", "file", "message", "extra"}
    {"event": "submitted", "id", "time", "ref"}
    {"event": "settled",   "id", "time", "status", "public_score", "private_score", "error"}
    {"event": "failed",    "id", "time", "error"}

`id` is the nonce that also stands in the submission's description at Kaggle, so that a
line and a submission can be matched. Two ledgers that git has merged (all lines of both, see
.gitattributes) fold into one state: a line may be there twice, and an older line of the other side
that follows does not undo what is known of a submission.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

EVENTS = ("pending", "submitted", "settled", "failed")
Event = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """The current state of one delivery, folded from its events.

    `state` is "pending" (perhaps uploaded), "submitted" (recorded by Kaggle, not scored yet),
    "complete", "error" (Kaggle could not score it) or "failed" (never recorded). `digest` names
    the file's content, `extra` is what the caller wanted beside it, such as the honest score.
    """

    id: str
    digest: str
    slug: str
    file: str
    message: str
    created: str
    updated: str
    state: str = "pending"
    ref: int | None = None
    public_score: float | None = None
    private_score: float | None = None
    error: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


def parsed(line: bytes) -> Event | None:
    """Return the event of a line; None if it is no JSON object."""
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def apply(entries: dict[str, Entry], event: Event) -> bool:
    """Change the entry an event is about; False if the event makes no sense."""
    try:
        id, time = str(event["id"]), _utc(str(event["time"]))
        if event["event"] == "pending":
            entries.setdefault(id, _begun(id, time, event))
        else:
            entry = entries[id]
            entries[id] = replace(entry, updated=max(time, entry.updated), **_changes(entry, event))
    except (KeyError, ValueError):
        return False
    return True


def _begun(id: str, time: str, event: Event) -> Entry:
    known = {name: event[name] for name in ("digest", "slug", "file", "message")}
    return Entry(id=id, created=time, updated=time, extra=event.get("extra", {}), **known)


def _changes(entry: Entry, event: Event) -> dict[str, Any]:
    """Return what an event changes. Later states are not undone by earlier ones."""
    kind = event["event"]
    if kind == "submitted":
        news = {} if entry.state in ("complete", "error") else {"state": "submitted", "error": ""}
        return {"ref": event["ref"], **news}
    if kind == "failed":
        error = event["error"]
        return {} if entry.ref is not None else {"state": "failed", "error": error}
    if kind != "settled":
        raise KeyError(kind)
    scores = {name: event[name] for name in ("public_score", "private_score", "error")}
    return {"state": event["status"], **scores}


def _utc(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="seconds")
