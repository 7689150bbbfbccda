"""Notes on images, in a CSV file that several servers can write concurrently."""

import csv
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import jobs
from reporting._errors import NotesError

COLUMNS = ("image_id", "note", "written")
LONGEST = 20_000
"""Largest length of a note in characters; the CSV reader's limit of a cell is 131,072."""
LOCK_SECONDS = 30.0
SHOWN = 10
"""Number of faults in an error message."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""First characters of cells that a spreadsheet may run as a formula (OWASP, CSV injection)."""


@dataclass(frozen=True)
class Note:
    """A note on an image.

    Attributes:
        image_id: id of the image.
        note: text.
        written: time in UTC, ISO 8601, as in the file.
    """

    image_id: str
    note: str
    written: str


Rows = list[dict[str, str]]


class Notes:
    """The CSV file `path` (UTF-8, columns `COLUMNS`); created with the first note.

    Cells that begin like a formula are stored with a leading apostrophe, which `read` removes, so
    that spreadsheets show them as text. Additional columns are preserved.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def read(self) -> dict[str, Note]:
        """Return the notes by image id, in the order of the file; empty if it does not exist.

        Raises:
            NotesError: the file cannot be read or is not a valid file of notes.
        """
        notes = map(_note, self._read()[1])
        return {note.image_id: note for note in notes if note.note}

    def put(self, image_id: str, text: str) -> Note:
        """Write the note of an image, and return it as stored.

        Notes written by other processes are preserved. A text of white space only deletes the row;
        an unchanged text leaves the file unchanged.

        Raises:
            ValueError: the id is empty, the text is longer than `LONGEST`, or one of them is not
                valid Unicode.
            NotesError: the file cannot be read or written.
            jobs.Busy: another process has locked the file for more than `LOCK_SECONDS`.
        """
        _check(image_id, text)
        text = text if text.strip() else ""
        try:
            with jobs.lock(self.path, timeout=LOCK_SECONDS):
                return self._merge(Note(image_id, text, _now() if text else ""))
        except (OSError, jobs.CannotAccess) as error:
            reason = getattr(error, "strerror", None) or error
            raise NotesError(
                f"notes cannot be written to {self.path} ({reason}): make its folder writable"
            ) from error

    def _merge(self, note: Note) -> Note:
        columns, found = self._read()
        rows = {_unguarded(row["image_id"]): row for row in found}
        row = rows.get(note.image_id, {})
        old = _note(row) if row else Note(note.image_id, "", "")
        if old.note == note.note:
            return old
        if note.note:
            rows[note.image_id] = row | {name: _guarded(one) for name, one in asdict(note).items()}
        else:
            del rows[note.image_id]
        _write(self.path, columns, list(rows.values()))
        return note

    def _read(self) -> tuple[Sequence[str], Rows]:
        """Return the columns, including additional ones, and the rows."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return COLUMNS, []
        except OSError as error:
            reason = error.strerror or str(error)
            raise NotesError(f"notes cannot be read from {self.path} ({reason})") from error
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise _refused(self.path, [f"it is not UTF-8 text ({error})"]) from None
        return _parsed(self.path, text)


def _parsed(path: Path, text: str) -> tuple[Sequence[str], Rows]:
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    lines: list[tuple[int, list[str]]] = []
    start = 1
    faults = []
    try:
        for cells in reader:
            if cells:
                lines.append((start, cells))
            start = reader.line_num + 1
    except csv.Error as error:
        faults.append(f"line {start} is not CSV ({error})")
    header = lines[0][1] if lines else []
    faults += _faults(header, lines[1:])
    if faults:
        raise _refused(path, faults)
    return header, [dict(zip(header, cells, strict=True)) for _, cells in lines[1:]]


def _faults(header: list[str], lines: list[tuple[int, list[str]]]) -> list[str]:
    faults = [f"no column {name}" for name in COLUMNS if name not in header]
    faults += [
        f"column {_shown(name)} occurs more than once"
        for name, count in Counter(header).items()
        if count > 1
    ]
    faults += [
        f"line {line} has {len(cells)} fields, the header {len(header)}"
        for line, cells in lines
        if len(cells) != len(header)
    ]
    if "image_id" not in header:
        return faults
    place = header.index("image_id")
    at = defaultdict(list)
    for line, cells in lines:
        if len(cells) > place:
            at[_unguarded(cells[place])].append(str(line))
    faults += [f"line {line} has no image_id" for line in at.pop("", [])]
    return faults + [
        f"image {_shown(name)} occurs more than once (lines {', '.join(found)})"
        for name, found in at.items()
        if len(found) > 1
    ]


def _refused(path: Path, faults: list[str]) -> NotesError:
    count = f"{len(faults)} faults: " if len(faults) > 1 else ""
    return NotesError(
        f"{path} is not a valid file of notes: {count}{jobs.first_few(faults, SHOWN)}: correct the "
        "file, or move it to another folder to start without notes"
    )


def _write(path: Path, columns: Sequence[str], rows: Rows) -> None:
    # QUOTE_ALL, because the csv writer of Python 3.11 does not quote a bare carriage return
    with jobs.writing(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as to:
        writer = csv.DictWriter(to, columns, restval="", quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _note(row: dict[str, str]) -> Note:
    return Note(*(_unguarded(row[name]) for name in COLUMNS))


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.lstrip("'").startswith(FORMULA) else cell


def _unguarded(cell: str) -> str:
    """Return a cell without the apostrophe of `_guarded`; other cells are unchanged."""
    bare = cell.lstrip("'")
    return cell[1:] if bare != cell and bare.startswith(FORMULA) else cell


def _check(image_id: str, text: str) -> None:
    if not image_id:
        raise ValueError("the image id is empty")
    if len(text) > LONGEST:
        raise ValueError(f"a note has at most {LONGEST:,} characters, not {len(text):,}")
    try:
        (image_id + text).encode()
    except UnicodeEncodeError:
        raise ValueError("a note must be valid Unicode, without lone surrogates") from None


def _shown(text: str) -> str:
    """Return a text of the file, quoted and shortened for a one-line message."""
    return repr(text if len(text) <= 80 else f"{text[:80]}…")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
