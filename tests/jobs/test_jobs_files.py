import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

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
        pytest.raises(jobs.DiskFull, match="no space left on the disk while writing"),
        jobs.writing(target) as temporary,
    ):
        temporary.write_text("half")
        raise OSError(code, os.strerror(code))
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_another_os_error_is_not_called_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), jobs.writing(tmp_path / "x"):
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
