"""All files below a folder: the same as pathlib finds, in one order."""

import os
from pathlib import Path

import pytest

import jobs


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())


def test_it_finds_what_pathlib_finds_with_size_and_time(tmp_path: Path) -> None:
    make(tmp_path, "b/x.dcm", "b/a/y.DCM", "b.c/z.dcm", "a.txt", ".hidden/q.dcm")
    found = jobs.files_below(tmp_path)
    wanted = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert [tmp_path / one.name for one in found] == wanted
    for one, path in zip(found, wanted, strict=True):
        assert (one.size, one.modified) == (path.stat().st_size, path.stat().st_mtime_ns)


def test_a_suffix_counts_in_any_case(tmp_path: Path) -> None:
    make(tmp_path, "b/x.dcm", "b/a/y.DCM", "a.txt")
    assert jobs.files_below(tmp_path / "nowhere") == []
    names = [one.name for one in jobs.files_below(tmp_path, ".dcm")]
    assert names == [os.path.join("b", "a", "y.DCM"), os.path.join("b", "x.dcm")]


def test_links_are_listed_and_not_entered(tmp_path: Path) -> None:
    make(tmp_path, "real/x.dcm")
    (tmp_path / "real" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "entry").symlink_to(tmp_path / "real", target_is_directory=True)
    assert [one.name for one in jobs.files_below(tmp_path, ".dcm")] == [
        os.path.join("real", "x.dcm")
    ]
    assert [one.name for one in jobs.files_below(tmp_path / "entry", ".dcm")] == ["x.dcm"]


def test_names_that_are_no_text_survive(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xfe.dcm")
    try:
        (tmp_path / name).write_bytes(b"")
    except OSError:
        pytest.skip("this file system takes text only")
    assert [one.name for one in jobs.files_below(tmp_path)] == [name]
