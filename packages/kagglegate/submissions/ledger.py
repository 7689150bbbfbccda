"""The ledger of submissions: an append-only file, one JSON line per event, see `events`."""

import json
import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jobs
from kagglegate._errors import LedgerDamaged
from kagglegate.submissions.events import EVENTS, Entry, Event, apply, parsed

LOCK_SECONDS = 60.0
log = logging.getLogger(__name__)


class Ledger:
    """The file `path`; it and its folder are made by the first event."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._known = b""  # the whole lines that are folded already
        self._folded: dict[str, Entry] = {}

    def entries(self) -> list[Entry]:
        """Return the state of every delivery, the oldest first.

        A torn last line (a kill in the middle of a write) is left out.

        Raises:
            LedgerDamaged: other lines cannot be read; all of them are named.
        """
        return list(self._entries().values())

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
        return self._entries()[id]

    def events(self, id: str) -> list[Event]:
        """Return the events of one delivery as they stand in the file, in its order."""
        found = (parsed(line) for line in self._data().splitlines())
        return [event for event in found if event is not None and event.get("id") == id]

    def append(self, event: str, id: str, **fields: Any) -> None:
        """Add one event; it is on the disk when this returns. Several processes may do so.

        Raises:
            ValueError: an unknown event, or a field that is not JSON (NaN neither).
            jobs.Busy: another process holds the ledger for a minute.
        """
        if event not in EVENTS:
            raise ValueError(f"event must be one of {', '.join(EVENTS)}, not {event!r}")
        time = datetime.now(UTC).isoformat(timespec="seconds")
        line = {"event": event, "id": id, "time": time, **fields}
        data = json.dumps(line, allow_nan=False, ensure_ascii=False).encode() + b"\n"
        with jobs.lock(self.path, timeout=LOCK_SECONDS):
            self._repair()
            _write_through(self.path, data)

    def _entries(self) -> dict[str, Entry]:
        """Fold what was added since the last call; all of it if anything before has changed."""
        whole, last = _split(self._data())
        if not whole.startswith(self._known):
            self._known, self._folded = b"", {}
        first = self._known.count(b"\n") + 1
        entries = dict(self._folded)
        bad = list(_unreadable(entries, whole[len(self._known) :], first))
        if bad:
            raise LedgerDamaged(
                f"{self.path}: line {', '.join(map(str, bad))} cannot be read: repair or delete it "
                "(git log -p shows what it was)"
            )
        self._known, self._folded = whole, dict(entries)
        event = parsed(last)
        if event is not None:
            apply(entries, event)
        return entries

    def _data(self) -> bytes:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""

    def _repair(self) -> None:
        """Complete or cut off a last line without its end; the caller holds the lock."""
        whole, last = _split(self._data())
        if not last:
            return
        if parsed(last) is not None:
            _write_through(self.path, b"\n")
            return
        log.warning(
            "%s: its last line was torn by an interruption and has been removed: %r",
            self.path,
            last[:200],
        )
        os.truncate(self.path, len(whole))


def _split(data: bytes) -> tuple[bytes, bytes]:
    """Return the whole lines, and what comes after the last line end."""
    end = data.rfind(b"\n") + 1
    return data[:end], data[end:]


def _unreadable(entries: dict[str, Entry], lines: bytes, first: int) -> Iterator[int]:
    """Apply the lines to `entries`; give the numbers of those that are no events."""
    for number, line in enumerate(lines.split(b"\n"), start=first):
        event = parsed(line)
        if line.strip() and (event is None or not apply(entries, event)):
            yield number


def _write_through(path: Path, data: bytes) -> None:
    fresh = not path.exists()
    with open(path, "ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if fresh:
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
