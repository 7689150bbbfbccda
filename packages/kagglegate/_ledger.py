"""The ledger of submissions: an append-only file, one JSON line per event.

    {"event": "pending",   "id", "time", "digest", "slug", "file", "message", "extra"}
    {"event": "submitted", "id", "time", "ref"}
    {"event": "settled",   "id", "time", "status", "public_score", "private_score", "error"}
    {"event": "failed",    "id", "time", "error"}

`id` is the nonce that also stands in the submission's description at Kaggle, so a line and a
submission can always be brought together again.
"""

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jobs
from kagglegate._errors import LedgerDamaged

LOCK_SECONDS = 60.0
EVENTS = ("pending", "submitted", "settled", "failed")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """The current state of one delivery, folded from its events.

    `state` is "pending" (perhaps sent), "submitted" (recorded by Kaggle, not scored yet),
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


class Ledger:
    """The file `path`; it and its folder are made by the first event."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def entries(self) -> list[Entry]:
        """Return the state of every delivery, the oldest first.

        A torn last line (a kill in the middle of a write) is left out.

        Raises:
            LedgerDamaged: other lines cannot be read; all of them are named.
        """
        return list(_fold(self.path, self._lines()).values())

    def identical(self, digest: str, slug: str | None = None) -> Entry | None:
        """Return the latest delivery of a file with this digest, or None.

        Those that failed or that Kaggle could not score do not count.
        """
        same = [
            entry
            for entry in self.entries()
            if entry.digest == digest
            and entry.state not in ("failed", "error")
            and slug in (None, entry.slug)
        ]
        return same[-1] if same else None

    def entry(self, id: str) -> Entry:
        """Return the delivery with this id; KeyError if there is none."""
        return {entry.id: entry for entry in self.entries()}[id]

    def append(self, event: str, id: str, **fields: Any) -> None:
        """Add one event; it is on the disk when this returns. Several processes may do so.

        Raises:
            ValueError: an unknown event, or a field that is not JSON (NaN neither).
            jobs.Busy: another process holds the ledger for a minute.
        """
        if event not in EVENTS:
            raise ValueError(f"event must be one of {', '.join(EVENTS)}, not {event!r}")
        line = {"event": event, "id": id, "time": _now(), **fields}
        data = json.dumps(line, allow_nan=False, ensure_ascii=False).encode() + b"\n"
        with jobs.lock(self.path, timeout=LOCK_SECONDS):
            self._mend()
            _write_through(self.path, data)

    def _lines(self) -> list[bytes]:
        try:
            return self.path.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return []

    def _mend(self) -> None:
        """Complete or cut off a last line without its end; the caller holds the lock."""
        lines = self._lines()
        if not lines or lines[-1].endswith(b"\n"):
            return
        if _parsed(lines[-1]) is not None:
            _write_through(self.path, b"\n")
            return
        log.warning(
            "%s: its last line was torn by an interruption and has been removed: %r",
            self.path,
            lines[-1][:200],
        )
        os.truncate(self.path, sum(map(len, lines[:-1])))


def _fold(path: Path, lines: list[bytes]) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    bad = []
    for number, line in enumerate(lines, start=1):
        event = _parsed(line)
        if event is None or not _apply(entries, event):
            torn = number == len(lines) and not line.endswith(b"\n")
            if line.strip() and not torn:
                bad.append(number)
    if bad:
        raise LedgerDamaged(
            f"{path}: line {', '.join(map(str, bad))} cannot be read: mend or delete it (git log "
            f"-p shows what it was)"
        )
    return entries


def _apply(entries: dict[str, Entry], event: dict[str, Any]) -> bool:
    """Change the entry an event is about; False if the event makes no sense."""
    kind, id = (event.get(name) for name in ("event", "id"))
    try:
        time = _utc(str(event["time"]))
        if kind == "pending":
            entries[str(id)] = Entry(
                id=str(id),
                digest=event["digest"],
                slug=event["slug"],
                file=event["file"],
                message=event["message"],
                created=time,
                updated=time,
                extra=event.get("extra", {}),
            )
            return True
        changes = {
            "submitted": lambda: {"state": "submitted", "ref": event["ref"], "error": ""},
            "settled": lambda: {
                "state": event["status"],
                "public_score": event["public_score"],
                "private_score": event["private_score"],
                "error": event["error"],
            },
            "failed": lambda: {"state": "failed", "error": event["error"]},
        }[str(kind)]()
        entries[str(id)] = replace(entries[str(id)], updated=time, **changes)
    except (KeyError, ValueError):
        return False
    return True


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _write_through(path: Path, data: bytes) -> None:
    fresh = not path.exists()
    with open(path, "ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if fresh:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _utc(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="seconds")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
