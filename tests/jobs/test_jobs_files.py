"""Files appear whole or not at all, are locked, listed as pathlib finds them, and digested."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import jobs


def test_writing_replaces_the_old_file_only_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "a" / "table.txt"
    jobs.write_text(target, "old")
    with jobs.writing(target) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert list(target.parent.iterdir()) == [target]


def test_writing_leaves_the_old_file_when_the_block_fails(tmp_path: Path) -> None:
    target = tmp_path / "table.txt"
    jobs.write_text(target, "old")
    with pytest.raises(RuntimeError), jobs.writing(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_writing_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "set"
    with pytest.raises(RuntimeError), jobs.writing_folder(target) as temporary:
        (temporary / "one").write_text("1")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with jobs.writing_folder(target) as temporary:
        (temporary / "one").write_text("1")
    assert (target / "one").read_text() == "1"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_one_clear_line_and_loses_nothing(tmp_path: Path, code: int) -> None:
    target = tmp_path / "table.txt"
    jobs.write_text(target, "old")
    with (
        pytest.raises(jobs.DiskFull, match=r"while writing .*table\.txt: "),
        jobs.writing(target) as temporary,
    ):
        temporary.write_text("half")
        raise OSError(code, os.strerror(code))
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_another_os_error_is_not_called_a_full_disk(tmp_path: Path) -> None:
    with (
        pytest.raises(jobs.CannotAccess, match="permission is denied"),
        jobs.writing(tmp_path / "x"),
    ):
        raise PermissionError(errno.EACCES, "no")


def test_a_killed_writer_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "table.txt"
    jobs.write_text(target, "old")
    program = (
        "import jobs, os, signal, sys\n"
        "with jobs.writing(sys.argv[1]) as temporary:\n"
        "    temporary.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(target)], check=False)
    assert done.returncode == -9
    assert target.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 2
    jobs.write_text(target, "new")
    assert list(tmp_path.iterdir()) == [target], "what the dead process left is gone"


def test_what_a_living_process_writes_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "table.txt"
    with jobs.writing(target) as first:
        first.write_text("first")
        jobs.write_text(target, "second")
    assert target.read_text() == "first"


def test_a_killed_writer_of_a_folder_leaves_nothing_for_long(tmp_path: Path) -> None:
    target = tmp_path / "set"
    program = (
        "import jobs, os, signal, sys\n"
        "with jobs.writing_folder(sys.argv[1]) as temporary:\n"
        "    (temporary / 'one').write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(target)], check=False)
    assert not target.exists()
    with jobs.writing_folder(target) as temporary:
        (temporary / "one").write_text("whole")
    assert list(tmp_path.iterdir()) == [target]


def test_json_round_trip_and_faults(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    jobs.write_json(path, {"b": [1, 2.5, None], "a": "é"})
    assert jobs.read_json(path) == {"a": "é", "b": [1, 2.5, None]}
    path.write_text("{")
    with pytest.raises(jobs.NotReadable, match="is not JSON"):
        jobs.read_json(path)
    with pytest.raises(jobs.NotReadable, match="is missing"):
        jobs.read_json(tmp_path / "y.json")


def test_json_refuses_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        jobs.write_json(tmp_path / "x.json", {"auc": float("nan")})
    assert list(tmp_path.iterdir()) == []


HOLD = """
import jobs, sys, time
with jobs.lock(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_process_is_refused_and_a_dead_one_holds_nothing(tmp_path: Path) -> None:
    target = tmp_path / "runs" / "r1"
    target.parent.mkdir()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(target)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(jobs.Busy, match="another process is working on"), jobs.lock(target):
        pass
    holder.kill()
    holder.communicate()
    with jobs.lock(target):
        pass


def test_waiting_for_a_lock_ends_after_the_timeout(tmp_path: Path) -> None:
    begun = time.monotonic()
    with jobs.lock(tmp_path / "x"), pytest.raises(jobs.Busy), jobs.lock(tmp_path / "x", 0.2):
        pass
    assert time.monotonic() - begun >= 0.2


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


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(), values, max_size=4))
def test_the_order_of_keys_does_not_matter(value: dict) -> None:
    assert jobs.digest(value) == jobs.digest(dict(reversed(value.items())))


def test_the_borders_between_parts_matter() -> None:
    assert jobs.digest("ab", "c") != jobs.digest("a", "bc")
    assert jobs.digest(b"ab", b"c") != jobs.digest(b"a", b"bc")
    assert jobs.digest(1) != jobs.digest(1.5)


def test_it_is_stable_between_versions() -> None:
    assert jobs.digest("fold", {"a": [1, 2]}) == "06ff5f74365b09d3"


def test_nan_has_no_digest() -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        jobs.digest(float("nan"))
