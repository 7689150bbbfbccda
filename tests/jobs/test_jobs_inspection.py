import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import jobs
from jobs.cluster.inspection import CODE, LIBRARIES, Requirements, faults, requirements, versions


def test_the_own_process_is_fit(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "home").mkdir()
    with requirements([tmp_path / "data"], [tmp_path / "home"]) as wanted:
        assert faults(wanted) == ()
        assert len(list((tmp_path / "home").iterdir())) == 1
    assert list((tmp_path / "home").iterdir()) == []
    assert faults(wanted) == (
        f"cannot access {tmp_path / 'home'}: it must be shared storage mounted at the same path",
    )


@pytest.mark.parametrize("change", ["remove", "rewrite", "rename"])
def test_another_state_of_the_data_is_not_the_same_folder(change: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "b").mkdir(parents=True)
    (data / "b" / "image.dcm").write_bytes(b"1234")
    with requirements([data], []) as wanted:
        assert faults(wanted) == ()
        if change == "remove":
            shutil.rmtree(data)
        elif change == "rewrite":
            (data / "b" / "image.dcm").write_bytes(b"12345")
        else:
            (data / "b").rename(data / "c")
        (fault,) = faults(wanted)
    assert fault.startswith(f"cannot access {data}: ")


def test_a_read_only_mount_is_told_from_an_absent_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    with requirements([], [tmp_path]) as wanted:
        monkeypatch.setattr("tempfile.TemporaryFile", refuse)
        (fault,) = faults(wanted)
    assert fault.startswith(f"cannot write in {tmp_path}")


def test_every_other_version_is_named_with_both() -> None:
    wanted = {**versions(), "Python": "2.7", "numpy": "0.1", "absent": "1"}
    (fault,) = faults(Requirements(tuple(wanted.items()), ()))
    python = ".".join(map(str, sys.version_info[:2]))
    assert f"has Python {python} (wanted: 2.7), numpy {versions()['numpy']} (wanted: 0.1)" in fault
    assert "absent missing (wanted: 1)" in fault


def test_what_decides_about_bytes_is_compared() -> None:
    assert {"Python", "machine", "pneumothorax-lab", CODE, *LIBRARIES} == set(versions())


def test_the_token_of_a_killed_process_is_swept(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\n"
        "from jobs.cluster.inspection import requirements\n"
        "with requirements([], [sys.argv[1]]):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert len(list(tmp_path.iterdir())) == 1
    with requirements([], [tmp_path]):
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []


def code_of(root: Path) -> str:
    program = (
        f"import sys; sys.path.insert(0, {str(root)!r})\n"
        "from jobs.cluster.inspection import CODE, versions; print(versions()[CODE])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_version_of_the_code_changes_with_every_source(tmp_path: Path) -> None:
    """A checkout that lags behind has the same version number."""
    root = tmp_path / "packages"
    shutil.copytree(Path(jobs.__file__).parent, root / "jobs")
    (root / "other").mkdir()
    (root / "other" / "__init__.py").write_text("")
    whole = code_of(root)
    assert code_of(root) == whole
    (root / "other" / "__init__.py").write_text("# changed")
    changed = code_of(root)
    assert changed != whole
    (root / "other").rename(root / "others")
    assert len({whole, changed, code_of(root)}) == 3
