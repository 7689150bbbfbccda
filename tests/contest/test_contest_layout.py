"""Data that lie somewhere else are found, or their folder is named."""

import gzip
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import contest
import kagglegate
from tests.contest.test_contest_prepare import annotate, plain, prepared, root

__all__ = ["plain", "root"]

LITTER = ("._a.png", ".DS_Store", "Thumbs.db", "desktop.ini")
"""Files that macOS and Windows leave in folders."""


def packed_gzip(path: Path) -> None:
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()


def packed_zip(path: Path) -> None:
    with zipfile.ZipFile(path.with_name(f"{path.name}.zip"), "w") as archive:
        archive.write(path, path.name)
    path.unlink()


def in_own_folder(path: Path) -> None:
    moved = path.rename(path.with_name("moved"))
    path.mkdir()
    moved.rename(path / path.name)


def as_it_is(path: Path) -> None:
    assert path.exists()


FORMS = (as_it_is, packed_gzip, packed_zip, in_own_folder)
TABLES = {
    "train.csv": "ImageId,EncodedPixels\na,-1\nb,1 8\nc,1 16\n",
    "sample.csv": "ImageId,EncodedPixels\ny,-1\nz,-1\n",
    "groups.csv": "ImageId,PatientGroup\na,1\nb,2\nc,2\n",
    "facts.csv": "ImageId,depth\na,3\nb,4\nc,5\ny,6\nz,7\n",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", TABLES)
def test_packed_tables_are_found(
    form: Callable[[Path], None], name: str, root: Path, plain: contest.Spec
) -> None:
    for table, content in TABLES.items():
        (root / table).write_text(content)
    before = prepared(root, plain)
    form(root / name)
    after = prepared(root, plain)
    assert after.digest == before.digest
    assert list(after.sample_ids) == ["y", "z"]
    assert after.facts["depth"].tolist() == [3, 4, 5, 6, 7]
    assert after.groups is not None
    assert after.groups.tolist() == ["1", "2", "2"]


@pytest.mark.parametrize("between", ["x", "x/y", "x/y/z", "Ordner mit Leerzeichen", "胸部"])
@pytest.mark.parametrize("litter", [False, True])
def test_data_in_folders_below_are_found(
    between: str, litter: bool, root: Path, plain: contest.Spec
) -> None:
    annotate(root, plain)
    given = root.parent / "given"
    deep = given / between
    deep.parent.mkdir(parents=True)
    root.rename(deep)
    if litter:
        for folder in (given, deep, deep / "train", deep / "test"):
            for name in LITTER:
                (folder / name).write_bytes(b"\0\5\26\7" + bytes(99))
        shutil.copytree(deep, given / "__MACOSX")
    assert contest.locate(given, plain).root == deep
    assert list(prepared(given, plain).train.index) == ["a", "b", "c"]


@pytest.mark.parametrize("inside", ["train", "test", "masks", "train/more"])
def test_data_above_are_named(inside: str, root: Path, plain: contest.Spec) -> None:
    (root / inside).mkdir(exist_ok=True)
    with pytest.raises(contest.DataError) as caught:
        contest.locate(root / inside, plain)
    where = str(caught.value).rpartition("point --data at ")[2]
    assert contest.locate(Path(where), plain).root == root.resolve()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("train.csv", "name the folder of the data, {folder}?"),
        ("train", "name the folder of the data, {folder}?"),
        ("data.tar.gz", "is not a zip file: unpack it and name the folder"),
        ("data.7z", "is not a zip file: unpack it and name the folder"),
    ],
)
def test_a_file_given_as_data_names_the_folder(name: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("ImageId,EncodedPixels\na,-1\n")
    with pytest.raises(kagglegate.DataError) as caught:
        kagglegate.adopt(path)
    assert words.format(folder=tmp_path) in str(caught.value)
    assert sorted(tmp_path.iterdir()) == [path]


def test_zips_beside_litter_are_unpacked(root: Path, plain: contest.Spec) -> None:
    annotate(root, plain)
    given = root.parent / "given"
    given.mkdir()
    for part in ("train", "test"):
        shutil.make_archive(str(given / part), "zip", root / part)
    shutil.copy(root / "train.csv", given)
    packed_zip(given / "train.csv")
    (given / "__MACOSX").mkdir()
    (given / "Thumbs.db").write_bytes(b"\0")
    (given / ".DS_Store").write_bytes(b"\0")
    dataset = prepared(kagglegate.adopt(given).path, plain)
    assert dataset.digest == prepared(root, plain).digest


@pytest.mark.parametrize("end", [".png", ".dcm"])
def test_a_sample_with_extensions_is_refused_by_name(
    end: str, root: Path, plain: contest.Spec
) -> None:
    """A submission written without them would not fit the competition."""
    annotate(root, plain)
    (root / "sample.csv").write_text(f"ImageId,EncodedPixels\ny{end},-1\nz{end},-1\n")
    with pytest.raises(contest.DataError, match=f"the ids end with {end}, those of the images"):
        prepared(root, plain)
    (root / "sample.csv").write_text("ImageId,EncodedPixels\ny,-1\nz,-1\n")
    assert list(prepared(root, plain).sample_ids) == ["y", "z"]
