"""Unpacking: harmful and damaged archives, adopted folders and zips."""

import dataclasses
import os
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import jobs
import kagglegate
from kagglegate import adopt
from kagglegate.archives.unpack import unpack

Zipped = Callable[..., Path]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return an empty folder, two levels down."""
    folder = tmp_path / "deep" / "out"
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    "name", ["../x", "a/../../x", "/x", "C:/x", "C:x", "a\\..\\..\\x", "\\x", "a//x", "./x"]
)
def test_names_that_leave_the_folder(zipped: Zipped, out: Path, name: str) -> None:
    with pytest.raises(kagglegate.UnsafeArchive, match="would leave the folder"):
        unpack(zipped({"good": b"1", name: b"2"}), out)
    assert not list(out.iterdir())


def test_link(tmp_path: Path, out: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "l.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(kagglegate.UnsafeArchive, match="is a link"):
        unpack(tmp_path / "l.zip", out)


def test_member_that_is_there_twice(tmp_path: Path, out: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("a", "1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a", "2")
    with pytest.raises(kagglegate.UnsafeArchive, match="twice"):
        unpack(tmp_path / "t.zip", out)


def test_bomb(tmp_path: Path, out: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(101 << 20))
    with pytest.raises(kagglegate.UnsafeArchive, match="would unpack"):
        unpack(tmp_path / "b.zip", out)


def test_limits(zipped: Zipped, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = zipped({"a": b"12", "b": b"34"})
    for files, size, message in [(1, 4, "2 files"), (2, 3, "to 4 bytes")]:
        monkeypatch.setattr("kagglegate.archives.unpack.MAX_FILES", files)
        monkeypatch.setattr("kagglegate.archives.unpack.MAX_BYTES", size)
        with pytest.raises(kagglegate.UnsafeArchive, match=message):
            unpack(archive, out)
    monkeypatch.setattr("kagglegate.archives.unpack.MAX_BYTES", 4)
    assert unpack(archive, out) == {"a": 2, "b": 2}


def test_all_damaged_members_are_named(zipped: Zipped, out: Path) -> None:
    path = zipped({name: name.encode() * 100 for name in ("one", "two", "three")})
    path.write_bytes(path.read_bytes().replace(b"oneone", b"onEone").replace(b"twotwo", b"twOtwo"))
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() == "one"
    with pytest.raises(kagglegate.Incomplete, match="damaged in one, two: download it again"):
        unpack(path, out)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_no_damage_goes_unnoticed(zipped: Zipped, tmp_path: Path, data: st.DataObject) -> None:
    """Whatever byte is changed: an error, or the same files with the same bytes."""
    files = {"a.csv": b"x,y\n" * 9, "d/b.dcm": bytes(range(64))}
    path = zipped(files)
    raw = bytearray(path.read_bytes())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(raw)
    out = tmp_path / f"out{len(list(tmp_path.iterdir()))}"
    out.mkdir()
    try:
        names = unpack(path, out)
    except kagglegate.DataError:
        return
    assert sorted((out / name).read_bytes() for name in names) == sorted(files.values())


def test_swallowed_member(zipped: Zipped, out: Path) -> None:
    """One wrong byte makes the second entry the comment of the first; testzip sees no fault."""
    path = zipped({"a": b"1", "b": b"2"})
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"PK\x01\x02") + 32] = 46 + len("b")
    path.write_bytes(raw)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
    with pytest.raises(kagglegate.Incomplete, match="lists 1 of its 2 members"):
        unpack(path, out)


@pytest.mark.parametrize(("record", "field"), [(b"PK\x01\x02", 6), (b"PK\x05\x06", 19)])
def test_damage_that_zipfile_has_no_name_for(
    zipped: Zipped, out: Path, record: bytes, field: int
) -> None:
    """A version yet to come, and a directory said to start beyond the end of the file."""
    path = zipped({"a": b"1"})
    raw = bytearray(path.read_bytes())
    raw[raw.index(record) + field] = 0x7F
    path.write_bytes(raw)
    with pytest.raises(kagglegate.Incomplete, match="download it again"):
        unpack(path, out)


def test_no_room(zipped: Zipped, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = type("Usage", (), {"free": 0})
    monkeypatch.setattr("kagglegate.archives.unpack.shutil.disk_usage", lambda _: full)
    with pytest.raises(jobs.DiskFull, match="free some space"):
        unpack(zipped({"a": b"1"}), out)
    assert not list(out.iterdir())


@pytest.mark.parametrize("keep", [0, 10, 300])
def test_truncated_zip(zipped: Zipped, out: Path, keep: int) -> None:
    path = zipped({"a": b"1" * 400})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(kagglegate.Incomplete, match="not a whole zip"):
        unpack(path, out)


def test_adopt_zip(zipped: Zipped, tmp_path: Path) -> None:
    path = zipped({"train/a.dcm": b"1", "t.csv": b"22"}, "siim.zip")
    first = adopt(path)
    assert (first.path, first.files, first.bytes, first.fresh) == (tmp_path / "siim", 2, 3, True)
    assert (first.path / "train" / "a.dcm").read_bytes() == b"1"
    assert not adopt(path).fresh
    assert adopt(first.path).files == 2
    assert adopt(path, tmp_path / "there").path == tmp_path / "there"


def test_adopt_tells_zips_of_one_name_and_size_apart(zipped: Zipped, tmp_path: Path) -> None:
    path = zipped({"a": b"1"}, "siim.zip")
    size = path.stat().st_size
    made = adopt(path)
    assert zipped({"a": b"2"}, "siim.zip").stat().st_size == size
    with pytest.raises(kagglegate.DataError, match=f"delete the folder {tmp_path / 'siim'} "):
        adopt(path)
    assert (made.path / "a").read_bytes() == b"1"
    shutil.rmtree(made.path)
    assert (adopt(path).path / "a").read_bytes() == b"2"


def test_adopt_folder_of_zips(zipped: Zipped, tmp_path: Path) -> None:
    (tmp_path / "get").mkdir()
    zipped({"a": b"1"}, "get/siim.zip")
    assert adopt(tmp_path / "get").path == tmp_path / "get" / "siim"
    zipped({"b": b"1"}, "get/more.zip")
    both = adopt(tmp_path / "get")
    assert (both.path, both.files, both.fresh) == (tmp_path / "get", 2, True)
    assert not adopt(tmp_path / "get").fresh


def nested(zipped: Zipped, folder: Path) -> None:
    """Make two zips and a table beside them."""
    folder.mkdir()
    zipped({"images/a.png": b"1", "masks/a.png": b"2"}, f"{folder.name}/train.zip")
    zipped({"images/b.png": b"3"}, f"{folder.name}/test.zip")
    (folder / "train.csv").write_text("id,z\n")


def test_adopt_folder_of_zips_and_tables(zipped: Zipped, tmp_path: Path) -> None:
    folder = tmp_path / "get"
    nested(zipped, folder)
    made = adopt(folder)
    assert (made.path, made.files, made.bytes, made.fresh) == (folder, 4, 8, True)
    assert (folder / "train" / "masks" / "a.png").read_bytes() == b"2"
    assert (folder / "test" / "images" / "b.png").read_bytes() == b"3"
    assert adopt(folder) == dataclasses.replace(made, fresh=False)
    (folder / "train" / "images" / "a.png").unlink()
    with pytest.raises(kagglegate.Incomplete, match="delete the folder"):
        adopt(folder)


def test_adopt_zips_in_a_folder_that_cannot_be_written_to(
    zipped: Zipped, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, dest = tmp_path / "get", tmp_path / "home" / "get"
    nested(zipped, folder)
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != folder and access(path, mode))
    before = sorted(folder.rglob("*"))
    made = adopt(folder, dest)
    assert (made.path, made.files, made.bytes, made.fresh) == (dest, 4, 8, True)
    assert (dest / "train" / "masks" / "a.png").read_bytes() == b"2"
    assert (dest / "train.csv").read_text() == "id,z\n"
    assert sorted(folder.rglob("*")) == before
    assert adopt(folder, dest) == dataclasses.replace(made, fresh=False)
    other = tmp_path / "other" / "get"
    other.parent.mkdir()
    shutil.copytree(folder, other)
    monkeypatch.setattr(os, "access", lambda path, mode: path != other and access(path, mode))
    (other / "train.csv").write_text("id,other\n")
    assert adopt(other, dest).files == 4
    assert (dest / "train.csv").read_text() == "id,other\n", "links follow the folder"


def test_adopt_zip_of_zips_and_tables(zipped: Zipped, tmp_path: Path) -> None:
    nested(zipped, tmp_path / "inside")
    members = {path.name: path.read_bytes() for path in (tmp_path / "inside").iterdir()}
    path = zipped(members, "all.zip")
    made = adopt(path, tmp_path / "there")
    assert (made.path, made.files, made.bytes, made.fresh) == (tmp_path / "there", 4, 8, True)
    assert (made.path / "train" / "images" / "a.png").read_bytes() == b"1"
    for again in (path, made.path):
        assert adopt(again, tmp_path / "there") == dataclasses.replace(made, fresh=False)


def test_adopt_leaves_folders_that_others_unpacked_alone(zipped: Zipped, tmp_path: Path) -> None:
    folder = tmp_path / "get"
    nested(zipped, folder)
    (folder / "train" / "images").mkdir(parents=True)
    (folder / "train" / "images" / "a.png").write_bytes(b"own")
    made = adopt(folder)
    assert made.fresh
    assert (folder / "train" / "images" / "a.png").read_bytes() == b"own"
    assert (folder / "test" / "images" / "b.png").read_bytes() == b"3"
    shutil.rmtree(folder / "test")
    (folder / "test").mkdir()
    assert adopt(folder).fresh, "an empty folder is none"


def test_adopt_leaves_zips_beside_folders_alone(zipped: Zipped, data: Path) -> None:
    shutil.move(zipped({"a": b"1"}, "backup.zip"), data)
    assert adopt(data).path == data
    assert not (data / "backup").exists()


def test_adopt_folder_as_it_is(data: Path) -> None:
    adopted = adopt(data)
    assert (adopted.path, adopted.files, adopted.fresh) == (data, 6, False)
    assert not (data / ".kagglegate.json").exists()


def test_adopt_refuses(zipped: Zipped, tmp_path: Path) -> None:
    with pytest.raises(kagglegate.DataError, match="no data"):
        adopt(tmp_path / "nowhere")
    (tmp_path / "note").write_text("hello")
    with pytest.raises(kagglegate.DataError, match="not a zip"):
        adopt(tmp_path / "note")
    path = zipped({"a": b"1"})
    partial = path.with_name(path.name + ".kaggle-partial")
    partial.touch()
    with pytest.raises(kagglegate.Incomplete, match="kaggle-partial"):
        adopt(path)
    partial.unlink()
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(kagglegate.Incomplete):
        adopt(path)
    assert not path.with_suffix("").exists()


def test_adopt_notices_lost_files(zipped: Zipped) -> None:
    made = adopt(zipped({"a": b"1", "b": b"2"}))
    (made.path / "a").unlink()
    with pytest.raises(kagglegate.Incomplete, match="delete the folder"):
        adopt(made.path)
