"""Notes come back as they were typed, and two writers lose none."""

import csv
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import jobs
from reporting import NotesError
from reporting.server.notes import COLUMNS, LONGEST, Note, Notes

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
HARD = st.text(st.sampled_from("'=+-@\"\t\r\n,;é\0 a"), max_size=8)
IDS = (TEXT | HARD).filter(bool)
NOTES = (TEXT | HARD).filter(str.strip)


@settings(max_examples=60)
@example({"=1+1": "=HYPERLINK(1)", "'=": "'=x", "''-": "''", "a\rb": "line\r\nline\rline\n"})
@given(st.dictionaries(IDS, NOTES, max_size=6))
def test_notes_come_back_as_they_were_typed_and_in_their_order(typed: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        notes = Notes(Path(folder) / "run" / "notes.csv")
        for image_id, text in typed.items():
            assert notes.put(image_id, text).note == text
        again = {image_id: one.note for image_id, one in Notes(notes.path).read().items()}
    assert again == typed
    assert list(again) == list(typed)


@settings(max_examples=60)
@given(st.dictionaries(IDS, NOTES, min_size=1, max_size=6))
def test_no_cell_of_the_file_is_a_formula(typed: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        notes = Notes(Path(folder) / "notes.csv")
        for image_id, text in typed.items():
            notes.put(image_id, text)
        with open(notes.path, encoding="utf-8", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
    assert [cell for cell in cells if cell[:1] in tuple("=+-@\t\r\n")] == []


def test_other_programs_read_the_file(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "notes.csv")
    notes.put("1.2.3", 'skin fold, "left"\nsecond line')
    table = pd.read_csv(notes.path, dtype=str)
    assert tuple(table) == COLUMNS
    assert table.note.tolist() == ['skin fold, "left"\nsecond line']
    assert datetime.fromisoformat(table.written[0]).tzinfo == UTC


def test_a_file_that_a_person_wrote_is_read_and_its_columns_and_order_are_kept(
    tmp_path: Path,
) -> None:
    path = tmp_path / "notes.csv"
    path.write_bytes(
        b"\xef\xbb\xbfwritten,by,image_id,note\r\n"
        b"yesterday,Ann,a,=sum\r\n\r\n,Bob,b,ok\r\ntoday,Cy,c,\r\n"
    )
    notes = Notes(path)
    assert notes.read() == {"a": Note("a", "=sum", "yesterday"), "b": Note("b", "ok", "")}
    notes.put("b", "better")
    notes.put("d", "new")
    table = pd.read_csv(path, keep_default_na=False)
    assert list(table) == ["written", "by", "image_id", "note"]
    assert table.by.tolist() == ["Ann", "Bob", "Cy", ""]
    assert table.image_id.tolist() == ["a", "b", "c", "d"]
    assert [one.note for one in notes.read().values()] == ["=sum", "better", "new"]


def test_white_space_deletes_and_the_same_text_leaves_the_file_alone(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "notes.csv")
    assert notes.put("a", "  \n") == Note("a", "", "")
    assert not notes.path.exists()
    first = notes.put("a", "x")
    before = notes.path.stat()
    assert notes.put("a", "x") == first
    assert notes.path.stat().st_ino == before.st_ino
    assert notes.put("a", "") == Note("a", "", "")
    assert notes.read() == {}
    assert notes.path.read_text() == '"image_id","note","written"\n'


def test_a_missing_file_has_no_notes(tmp_path: Path) -> None:
    assert Notes(tmp_path / "none" / "notes.csv").read() == {}


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", ["3 faults", "no column image_id; no column note; no column written"]),
        (
            b"image_id,note,note\na,x,y\n\na,x,y\n,x,y\nb,x\n",
            [
                "5 faults",
                "no column written",
                "column 'note' occurs more than once",
                "line 6 has 2 fields, the header 3",
                "line 5 has no image_id",
                "image 'a' occurs more than once (lines 2, 4)",
            ],
        ),
        (
            b"image_id,note,written\n=1,x,\n'=1,y,\n",
            ["image '=1' occurs more than once (lines 2, 3)"],
        ),
        (
            b'image_id,note,written\na,"two\nlines",\na,z,\n',
            ["image 'a' occurs more than once (lines 2, 4)"],
        ),
        (b"image_id,note,written\na,\xe9,\n", ["it is not UTF-8 text", "position 24"]),
        (b'image_id,note,written\na,"open,\nb,c,d\n', ["line 2 is not CSV"]),
        (b"image_id;note;written\n", ["no column image_id"]),
        (
            b"image_id,note,written\n" + b"a\nb\nc\nd\ne\nf\n" * 2,
            ["18 faults", "and 8 more"],
        ),
    ],
)
def test_all_faults_of_a_file_are_named_and_it_is_left_alone(
    tmp_path: Path, data: bytes, found: list[str]
) -> None:
    path = tmp_path / "notes.csv"
    path.write_bytes(data)
    for act in (Notes(path).read, lambda: Notes(path).put("z", "text")):
        with pytest.raises(NotesError) as caught:
            act()
        message = str(caught.value)
        assert message.startswith(f"{path} is not a valid file of notes: ")
        assert "correct the file, or move it to another folder" in message
        assert [one for one in found if one not in message] == []
        assert "\n" not in message
    assert path.read_bytes() == data


@pytest.mark.parametrize(
    ("image_id", "text", "why"),
    [
        ("", "x", "the image id is empty"),
        ("a", "x" * (LONGEST + 1), "at most 20,000 characters, not 20,001"),
        ("a", "\ud800", "Unicode"),
    ],
)
def test_what_is_no_note_is_refused(tmp_path: Path, image_id: str, text: str, why: str) -> None:
    notes = Notes(tmp_path / "notes.csv")
    with pytest.raises(ValueError, match=why):
        notes.put(image_id, text)
    assert not notes.path.exists()


def test_a_place_that_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.csv").mkdir()
    with pytest.raises(NotesError, match=r"cannot be read from .*notes\.csv \(Is a directory\)"):
        Notes(tmp_path / "notes.csv").read()
    (tmp_path / "file").write_text("")
    with pytest.raises(NotesError, match="cannot be written to"):
        Notes(tmp_path / "file" / "notes.csv").put("a", "x")


def test_a_failed_write_leaves_the_notes_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = Notes(tmp_path / "notes.csv")
    notes.put("a", "x")
    before = notes.path.read_bytes()

    def broken(*_: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr("reporting.server.notes.csv.DictWriter.writerows", broken)
    with pytest.raises(NotesError, match="the disk is gone"):
        notes.put("b", "y")
    assert notes.path.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["notes.csv", "notes.csv.lock"]


WRITER = """
import sys
from reporting.server.notes import Notes
for number in range(10):
    Notes(sys.argv[1]).put(f"{sys.argv[2]}.{number}", f"note {number} of {sys.argv[2]}")
"""


def run_writer(path: Path, writer: int) -> None:
    """Be another server: a process that writes ten notes, one after the other."""
    subprocess.run([sys.executable, "-c", WRITER, str(path), str(writer)], check=True)


def write_ten(path: Path, writer: int) -> None:
    """Be a thread of a server that writes ten notes."""
    for number in range(10):
        Notes(path).put(f"{writer}.{number}", f"note {number} of {writer}")


@pytest.mark.parametrize("kind", [write_ten, run_writer])
def test_writers_at_the_same_time_lose_nothing(
    tmp_path: Path, kind: Callable[[Path, int], None]
) -> None:
    path = tmp_path / "notes.csv"
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(kind, [path] * 3, range(3)))
    expected = {f"{w}.{n}": f"note {n} of {w}" for w in range(3) for n in range(10)}
    assert {name: note.note for name, note in Notes(path).read().items()} == expected


def test_a_writer_waits_no_longer_than_it_should(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reporting.server.notes.LOCK_SECONDS", 0.05)
    notes = Notes(tmp_path / "notes.csv")
    with jobs.lock(notes.path), ThreadPoolExecutor(1) as pool, pytest.raises(jobs.Busy):
        pool.submit(notes.put, "a", "x").result()
