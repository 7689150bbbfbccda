"""Every table in every odd form is read, or refused in one line that names what to do."""

import gzip
import io
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import pytest

import contest
from contest.spec.load import parse
from contest.tables.csv_files import read_table
from tests.contest.conftest import TOML

Rows = Sequence[tuple[str, ...]]


def spots() -> contest.Spec:
    return parse(f'{TOML}[facts]\ndepth = "number"\nstain = "text"\n'.encode(), "spots")


def facts(path: Path) -> list[tuple[object, ...]]:
    table, _ = contest.read_facts(path, spots(), ["a", "b"])
    return list(table.itertuples(index=True, name=None))


READERS: dict[str, tuple[tuple[str, ...], Rows, Callable[[Path], object]]] = {
    "annotations": (
        ("ImageId", "EncodedPixels"),
        (("a", "1 2"), ("b", "-1")),
        lambda path: contest.read_annotations(path, spots()).to_numpy().tolist(),
    ),
    "submission": (
        ("ImageId", "EncodedPixels"),
        (("a", "1 2"), ("b", "-1")),
        lambda path: contest.read_submission(path, spots()).to_numpy().tolist(),
    ),
    "sample": (
        ("ImageId", "EncodedPixels"),
        (("a", "-1"), ("b", "-1")),
        lambda path: contest.read_sample(path, spots()),
    ),
    "groups": (
        ("ImageId", "PatientGroup"),
        (("a", "7"), ("b", "8")),
        lambda path: contest.read_groups(path, spots()).to_dict(),
    ),
    "facts": (("ImageId", "depth", "stain"), (("a", "3", "x"), ("b", "4", "y")), facts),
    "names": (
        ("file", "ImageId"),
        (("0.png", "a"), ("1.png", "b")),
        lambda path: contest.read_names(path, "file", "ImageId"),
    ),
}
"""Header, rows and reader of every kind of table."""


def text(header: Sequence[str], rows: Rows, delimiter: str = ",", end: str = "\n") -> str:
    return end.join(delimiter.join(row) for row in (header, *rows)) + end


def zipped(content: str, *others: str, name: str = "table.csv") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, content)
        for other in others:
            archive.writestr(other, content)
    return packed.getvalue()


def indexed(header: Sequence[str], rows: Rows) -> str:
    numbered = [(str(number), *row) for number, row in enumerate(rows)]
    return text(("", *header), numbered)


READ: dict[str, Callable[[Sequence[str], Rows], str | bytes]] = {
    "plain": text,
    "semicolons": lambda h, r: text(h, r, ";"),
    "tabs": lambda h, r: text(h, r, "\t"),
    "bars": lambda h, r: text(h, r, "|"),
    "UTF-8 with mark": lambda h, r: text(h, r).encode("utf-8-sig"),
    "UTF-16": lambda h, r: text(h, r).encode("utf-16"),
    "UTF-16 with tabs": lambda h, r: text(h, r, "\t").encode("utf-16"),
    "UTF-16 LE without mark": lambda h, r: text(h, r).encode("utf-16-le"),
    "UTF-16 BE without mark": lambda h, r: text(h, r).encode("utf-16-be"),
    "UTF-32": lambda h, r: text(h, r).encode("utf-32"),
    "gzip": lambda h, r: gzip.compress(text(h, r).encode()),
    "zip": lambda h, r: zipped(text(h, r)),
    "zip of macOS": lambda h, r: zipped(text(h, r), "__MACOSX/._table.csv", "._table.csv"),
    "zip with a folder": lambda h, r: zipped(text(h, r), "read me.md", name="in/table.csv"),
    "Windows": lambda h, r: text(h, r, end="\r\n"),
    "old Macintosh": lambda h, r: text(h, r, end="\r"),
    "no last line end": lambda h, r: text(h, r).rstrip("\n"),
    "blank lines": lambda h, r: "\n \n" + text(h, r, end="\n\n") + "\n" * 9,
    "lines of delimiters": lambda h, r: text(h, r) + ",,\n,\n",
    "separator of Excel": lambda h, r: "sep=;\r\n" + text(h, r, ";", "\r\n"),
    "separator, comma": lambda h, r: "SEP=,\n" + text(h, r),
    "separator, tab": lambda h, r: "sep=\t\n" + text(h, r, "\t"),
    "separator, UTF-16": lambda h, r: ("sep=;\n" + text(h, r, ";")).encode("utf-16"),
    "separator, mark": lambda h, r: ("sep=;\n" + text(h, r, ";")).encode("utf-8-sig"),
    "separator saved again": lambda h, r: '"sep=;",\n' + text(h, r),
    "separator below a blank line": lambda h, r: "\nsep=|\n" + text(h, r, "|"),
    "spaces": lambda h, r: text(h, r, " , "),
    "quoted": lambda h, r: text([f'"{c}"' for c in h], [[f'"{c}"' for c in row] for row in r]),  # type: ignore[misc]
    "quoted with spaces": lambda h, r: text(h, [[f' "{c}" ' for c in row] for row in r]),  # type: ignore[misc]
    "index of pandas": indexed,
    "delimiter at the end": lambda h, r: text(h, r, end=",\n"),
    "another column": lambda h, r: text((*h, "note"), [(*row, "x") for row in r]),
    "other order": lambda h, r: text(h[::-1], [row[::-1] for row in r]),
}
"""Forms in which a table is read."""


@pytest.mark.parametrize(("kind", "form"), list(product(READERS, READ)))
def test_it_is_read_in_many_forms(kind: str, form: str, tmp_path: Path) -> None:
    header, rows, read = READERS[kind]
    plain, path = tmp_path / "plain.csv", tmp_path / "table.csv"
    plain.write_text(text(header, rows))
    content = READ[form](header, rows)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert read(path) == read(plain)
    assert contest.has_columns(path, header)


def test_lines_are_counted_with_that_of_the_separator(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("sep=;\na;b\n1;2\n3\n")
    with pytest.raises(contest.AnnotationError, match="line 4 has fewer fields"):
        read_table(path, ["a", "b"], contest.AnnotationError)
    path.write_text("sep=;\n")
    with pytest.raises(contest.AnnotationError, match="no column a"):
        read_table(path, ["a", "b"], contest.AnnotationError)


def cut(row: tuple[str, ...]) -> tuple[str, ...]:
    return row[:1]


REFUSED: dict[str, tuple[Callable[[Sequence[str], Rows], str | bytes], str]] = {
    "nothing": (lambda h, r: "", "it is empty: give a CSV file with a header"),
    "no header": (lambda h, r: text(r[0], r[1:]), "as the first line|give a file with these"),
    "a column twice": (
        lambda h, r: text((*h, h[-1]), [(*row, row[-1]) for row in r]),
        "is given twice: keep one column of each name",
    ),
    "Latin-1": (
        lambda h, r: text(h, [("ä", *row[1:]) for row in r]).encode("latin-1"),
        r"not UTF-8 text \(line 2, byte 0xE4; perhaps Latin-1\): save it as CSV in UTF-8",
    ),
    "half of UTF-16": (lambda h, r: text(h, r).encode("utf-16")[:-1], "save it as CSV in UTF-8"),
    "an open quotation": (
        lambda h, r: text(h, [(row[0], f'"{row[1]}', *row[2:]) for row in r[:1]]),
        "line 2: a quotation mark has no partner",
    ),
    "text after a quotation": (
        lambda h, r: text(h, [(f'"{row[0]}"x', *row[1:]) for row in r]),
        "line 2: a quotation mark has no partner",
    ),
    "more fields": (
        lambda h, r: text(h, [(*row, "9") for row in r[:1]]),
        "line 2 has more fields than the header: write each row as the header says",
    ),
    "NULs": (lambda h, r: b"\0" * 5000, "NUL bytes"),
    "no table": (lambda h, r: bytes(range(128, 256)), "not UTF-8 text"),
    "a web page": (lambda h, r: "<!DOCTYPE html>\n<html></html>", "it is a web page"),
    "a workbook": (lambda h, r: zipped("", "[Content_Types].xml"), "Excel workbook"),
    "zip of two tables": (lambda h, r: zipped("", "other.csv"), "zip file with 2 tables"),
    "zip of none": (lambda h, r: zipped("", name="a.png"), "zip file with 0 tables"),
    "half of gzip": (lambda h, r: gzip.compress(text(h, r).encode())[:-9], "damaged archive"),
    "half of zip": (lambda h, r: zipped(text(h, r))[:-9], "damaged archive.*get it again"),
    "start of gzip": (lambda h, r: b"\x1f\x8b", "damaged archive"),
}
"""Forms in which a table is refused, and words of the line."""


@pytest.mark.parametrize(("kind", "form"), list(product(READERS, REFUSED)))
def test_it_is_refused_in_one_line(kind: str, form: str, tmp_path: Path) -> None:
    header, rows, read = READERS[kind]
    make, words = REFUSED[form]
    path, content = tmp_path / "table.csv", make(header, rows)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(contest.TableError, match=words) as caught:
        read(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert line.isprintable()
    assert len(line) < 700


@pytest.mark.parametrize("kind", [kind for kind in READERS if kind != "sample"])
def test_a_row_that_ends_early_is_refused(kind: str, tmp_path: Path) -> None:
    header, rows, read = READERS[kind]
    path = tmp_path / "table.csv"
    path.write_text(text(header, [rows[0], cut(rows[1])]))
    with pytest.raises(contest.TableError, match="line 3 has fewer fields than the header"):
        read(path)


LARGE: dict[str, Callable[[], str]] = {
    "one row of delimiters": lambda: "z," + "," * 3_000_000 + "1",
    "blank fields": lambda: "z,-1," + "," * 3_000_000,
    "one long field": lambda: "z" * 5_000_000,
    "empty lines": lambda: "\n" * 500_000,
    "an open quotation": lambda: '"z,-1\n' * 300_001,
    "many quotation marks": lambda: '"' * 3_000_000,
    "NULs": lambda: "\0" * 3_000_000,
    "one token": lambda: "z," + "9" * 3_000_000,
}
"""Files of a few megabytes for which rows times columns would be too much."""


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("form", LARGE)
def test_time_and_memory_are_linear_in_the_bytes(form: str, quoted: bool, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    start = '"a",-1\n' if quoted else "a,-1\n"
    body = "".join(f"id{number},-1\n" for number in range(2000))
    path.write_text(f"ImageId,EncodedPixels\n{start}{body}{LARGE[form]()}\n")
    tracemalloc.start()
    began = time.process_time()
    lines = []
    try:
        contest.check(contest.read_submission(path, spots()), ["a"], spots())
    except contest.TableError as error:
        lines.append(str(error))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert all(len(line) < 500 and line.isprintable() for line in lines)
    assert peak < 40 * path.stat().st_size
    assert time.process_time() - began < 60


MISSING = ["", " ", "nan", "NaN", "NA", "N/A", "#N/A", "<NA>", "None", "NULL", "null", "NaT"]


@pytest.mark.parametrize("cell", MISSING)
def test_a_cell_without_a_value_has_one_rule_for_each_kind_of_column(
    cell: str, csv: Callable[[str], Path], spec: contest.Spec
) -> None:
    said = "empty" if not cell.strip() else f"{cell}, which is no value"
    known = spots()
    for kind, (header, rows, read) in READERS.items():
        place = header.index("ImageId")
        row = tuple(cell if number == place else "1 1" for number in range(len(header)))
        if kind == "submission" or cell.strip():  # a file may be called NA
            continue
        with pytest.raises(contest.TableError) as caught:
            read(csv(text(header, [*rows, row])))
        assert [one.message for one in caught.value.faults] == [f"line 4: ImageId is {said}"]
    with pytest.raises(contest.AnnotationError) as caught:
        contest.read_groups(csv(f"ImageId,PatientGroup\na,1\nb,{cell}\nc,{cell}\n"), spec)
    remedy = "give it a group of its own, such as its ImageId"
    assert [one.message for one in caught.value.faults] == [
        f"line {line}: PatientGroup is {said}, {remedy}" for line in (3, 4)
    ]
    own = csv("ImageId,PatientGroup\na,1\nb,b\nc,c\n")
    assert contest.read_groups(own, spec).to_dict() == {"a": "1", "b": "b", "c": "c"}
    table, _ = contest.read_facts(csv(f"ImageId,depth,stain\na,{cell},{cell}\n"), known, ["a"])
    assert table.isna().all(axis=None)


@pytest.mark.parametrize("cell", [*MISSING, "-1"])
@pytest.mark.parametrize("empty", ["-1", ""])
def test_an_empty_mask_is_written_as_the_competition_does(
    empty: str, cell: str, csv: Callable[[str], Path]
) -> None:
    """Following the remedy of a fault makes a valid table."""
    dialect = "siim" if empty else "kaggle"
    toml = TOML.replace('empty = "-1"', f'empty = "{empty}"').replace('"siim"', f'"{dialect}"')
    spec = parse(toml.encode(), "spots")
    path = csv(f"ImageId,EncodedPixels\na,1 2\nb,{cell}\n")
    faults = contest.check(contest.read_submission(path, spec), ["a", "b"], spec)
    written = cell.strip()
    remedy = "write -1" if empty else "leave it blank"
    message = f"line 3, image b: the text is {written or 'blank'}, {remedy} for an empty mask"
    assert [one.message for one in faults] == ([] if written == empty else [message])
    if written in ("", "-1"):
        assert contest.read_annotations(path, spec)["rle"].tolist()[1] in ("-1", empty)
    else:
        with pytest.raises(contest.AnnotationError, match=message):
            contest.read_annotations(path, spec)
    with pytest.raises(contest.SubmissionError) if faults else _nothing() as caught:
        contest.score(spec, path, csv_beside(path, f"ImageId,EncodedPixels\na,1 2\nb,{empty}\n"))
    if caught is not None:
        assert str(caught.value).endswith("for an empty mask: correct these rows")
    mended = csv_beside(path, f"ImageId,EncodedPixels\na,1 2\nb,{empty}\n")
    assert contest.score(spec, mended, mended).score == 1


def csv_beside(path: Path, content: str) -> Path:
    other = path.with_name("other.csv")
    other.write_text(content)
    return other


class _nothing:
    """A context in which no error is expected."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


@pytest.mark.parametrize("end", [".dcm", ".DCM", ".png", ".jpg", ".jpeg", ".tiff", ".dicom"])
def test_extensions_of_ids(end: str, csv: Callable[[str], Path]) -> None:
    """Tables of the data are read without them; a submission must have the sample's ids."""
    known = spots()
    for kind, (header, rows, read) in READERS.items():
        place = header.index("ImageId")
        ended = [
            tuple(f"{c}{end}" if number == place else c for number, c in enumerate(row))
            for row in rows
        ]
        plain = read(csv(text(header, rows)))
        if kind in ("submission", "sample"):
            assert read(csv(text(header, ended))) != plain
        else:
            assert read(csv(text(header, ended))) == plain
    path = csv(f"ImageId,EncodedPixels\na{end},-1\nb{end},1 2\n")
    assert contest.score(known, path, path).score == 1
    (fault,) = contest.check(contest.read_submission(path, known), ["a", "b"], known)
    assert fault.message == (
        f"the ids end with {end}, those of the sample with none: write them like these"
    )
    (fault,) = contest.check(
        contest.read_submission(csv("ImageId,EncodedPixels\na,-1\n"), known), [f"a{end}"], known
    )
    assert fault.message.startswith("the ids end with no extension, those of the sample with ")


@pytest.mark.parametrize("image_id", ["1.2.840.5", "a.b", ".", "..", ".png", "a/b.txt", "x.gif"])
def test_what_is_no_extension_stays(
    image_id: str, csv: Callable[[str], Path], spec: contest.Spec
) -> None:
    table = contest.read_annotations(csv(f"ImageId,EncodedPixels\n{image_id},-1\n"), spec)
    assert table["image_id"].tolist() == [image_id]


@pytest.mark.parametrize("kind", ["annotations", "groups", "names", "sample"])
def test_a_table_without_rows_is_no_crash(kind: str, csv: Callable[[str], Path]) -> None:
    header, _, read = READERS[kind]
    path = csv(text(header, []))
    if kind in ("annotations", "sample"):
        with pytest.raises(contest.TableError, match="it lists no image"):
            read(path)
    else:
        assert not read(path)
    submission = csv("ImageId,EncodedPixels\n")
    truth = csv_beside(submission, "ImageId,EncodedPixels\na,-1\n")
    with pytest.raises(contest.SubmissionError, match="it has no rows, but the sample has 1"):
        contest.score(spots(), submission, truth)
    with pytest.raises(contest.AnnotationError, match="it lists no image"):
        contest.score(spots(), truth, submission)


def test_a_row_has_one_fault(csv: Callable[[str], Path], spec: contest.Spec) -> None:
    path = csv("ImageId,EncodedPixels\nnan,nan\na,1 x 3\nb,-1 -1 0 y\nNULL,7\n")
    with pytest.raises(contest.AnnotationError) as caught:
        contest.read_annotations(path, spec)
    assert [one.row for one in caught.value.faults] == [2, 3, 4, 5]
    faults = contest.check(contest.read_submission(path, spec), ["a", "b"], spec)
    rows = [one.row for one in faults if one.row is not None]
    assert rows == [2, 3, 4, 5]
    assert [one.message for one in faults if one.row is None] == ["4 rows, but the sample has 2"]
