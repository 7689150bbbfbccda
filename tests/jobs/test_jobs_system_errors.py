"""Every situation of a disk, in every form that a library reports it, is one line with the path."""

import errno
import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors import SafetensorError
from safetensors.numpy import save_file

import drawing
import jobs
from crossval import CrossvalError, Run
from jobs._system_errors import FULL, SITUATIONS

CODES = sorted(SITUATIONS)
Raise = Callable[[int, Path], Exception]


def text(code: int) -> str:
    return os.strerror(code)


def copied(code: int, path: Path) -> Exception:
    return OSError(code, text(code), "/elsewhere/source", None, os.fspath(path))


def tree(code: int, path: Path) -> Exception:
    why = f"[Errno {code}] {text(code)}: '/elsewhere/a' -> '{path}'"
    return shutil.Error([("/elsewhere/a", os.fspath(path), why)])


def chained(code: int, path: Path) -> Exception:
    error = RuntimeError("writing has failed")
    error.__cause__ = OSError(code, text(code))
    return error


FORMS: dict[str, Raise] = {
    "nameless": lambda code, path: OSError(code, text(code)),
    "named": lambda code, path: OSError(code, text(code), os.fspath(path)),
    "bytes": lambda code, path: OSError(code, text(code), os.fsencode(path)),
    "copied": copied,
    "tree": tree,
    "rust": lambda code, path: SafetensorError(
        f"Error while serializing: I/O error: {text(code)} (os error {code})"
    ),
    "pyarrow": lambda code, path: OSError(f"Error writing. Detail: [errno {code}] {text(code)}"),
    "chained": chained,
}


def checked(error: jobs.UserError, path: Path, code: int) -> None:
    line = str(error)
    assert str(path) in line
    assert SITUATIONS[code][0] in line
    assert SITUATIONS[code][1] in line
    assert "\n" not in line
    assert ".tmp" not in line
    assert isinstance(error, jobs.DiskFull) == (code in FULL)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("code", CODES, ids=lambda code: errno.errorcode[code])
def test_what_a_library_raises_becomes_one_line_with_the_path(
    code: int, form: str, tmp_path: Path
) -> None:
    target = tmp_path / "table.csv"
    jobs.write_text(target, "old")
    with pytest.raises(jobs.JobError) as raised, jobs.writing(target) as temporary:
        temporary.write_text("half")
        raise FORMS[form](code, temporary)
    checked(raised.value, target, code)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(jobs.JobError) as raised, jobs.writing_folder(tmp_path / "set") as folder:
        raise FORMS[form](code, folder / "part" / "one")
    inside = form in ("named", "bytes", "copied", "tree")
    checked(raised.value, tmp_path / "set" / ("part/one" if inside else ""), code)
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("code", CODES, ids=lambda code: errno.errorcode[code])
def test_an_error_of_another_file_is_not_blamed_on_what_is_written(
    code: int, tmp_path: Path
) -> None:
    with pytest.raises(OSError, match="source") as raised, jobs.writing(tmp_path / "x"):
        raise OSError(code, text(code), "/elsewhere/source")
    line = str(jobs.system_error(raised.value))
    assert line.startswith(f"/elsewhere/source: {SITUATIONS[code][0]}; ")


@pytest.mark.parametrize(
    "error",
    [
        ValueError("5 is too much"),
        KeyError("x"),
        OSError("a reason of its own"),
        ConnectionRefusedError(errno.ECONNREFUSED, "refused"),
        RuntimeError("[Errno 9999] unknown"),
    ],
)
def test_other_errors_stay_what_they_are(error: Exception, tmp_path: Path) -> None:
    assert jobs.system_error(error) is None
    with pytest.raises(type(error)), jobs.writing(tmp_path / "x"):
        raise error


def test_no_folder_for_temporary_files_has_its_own_remedy() -> None:
    error = FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")
    assert "TMPDIR" in str(jobs.system_error(error))


def tensors(path: Path) -> None:
    with jobs.writing(path) as temporary:
        save_file({"a": noise().reshape(-1)}, temporary)


def parquet(path: Path) -> None:
    with jobs.writing(path) as temporary:
        pd.DataFrame(noise()).rename(columns=str).to_parquet(temporary)


def csv(path: Path) -> None:
    with jobs.writing(path) as temporary:
        pd.DataFrame(noise()).to_csv(temporary)


def npy(path: Path) -> None:
    with jobs.writing(path) as temporary, temporary.open("wb") as file:
        np.save(file, noise())


def mapped(path: Path) -> None:
    with jobs.writing(path) as temporary:
        jobs.reserve(temporary, 1 << 20)


def copy(path: Path) -> None:
    with tempfile.NamedTemporaryFile() as source, jobs.writing(path) as temporary:
        source.write(noise().tobytes())
        shutil.copyfile(source.name, temporary)


def copied_tree(path: Path) -> None:
    with tempfile.TemporaryDirectory() as source, jobs.writing_folder(path) as temporary:
        (Path(source) / "one").write_bytes(noise().tobytes())
        shutil.copytree(source, temporary / "in")


def maps(path: Path) -> None:
    store = Run(path).new_maps("oof", ["a", "b"], 512)
    for image_id in store.ids:
        store.write(image_id, noise().view(np.uint8)[:512, :512])


def noise() -> np.ndarray:
    return np.random.default_rng(0).random((512, 512))


WRITERS: dict[str, Callable[[Path], None]] = {
    "text": lambda path: jobs.write_text(path, "x" * 1_000_000),
    "json": lambda path: jobs.write_json(path, ["x" * 1_000_000]),
    "png": lambda path: drawing.write_png(path, noise().view(np.uint8)),
    "safetensors": tensors,
    "parquet": parquet,
    "csv": csv,
    "npy": npy,
    "mapped": mapped,
    "copyfile": copy,
    "copytree": copied_tree,
    "zarr": maps,
}


def refused(writer: str, path: Path) -> jobs.UserError:
    """Return the error of a writer; it leaves nothing behind."""
    with pytest.raises(jobs.UserError) as raised:
        WRITERS[writer](path)
    assert not isinstance(raised.value, CrossvalError)
    assert ".tmp" not in str(raised.value)
    return raised.value


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 128 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("writer", WRITERS)
def test_every_writer_names_its_file_on_a_full_disk(writer: str, disk: Path) -> None:
    error = refused(writer, disk / "new")
    assert isinstance(error, jobs.DiskFull)
    assert f"no space left on the disk while writing {disk / 'new'}" in str(error)
    assert writer == "zarr" or not any(disk.rglob("*"))


@pytest.mark.parametrize("writer", WRITERS)
def test_every_writer_names_its_file_on_a_read_only_disk(writer: str, disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    line = str(refused(writer, disk / "new"))
    assert line.startswith(f"{disk / 'new'}")
    assert "its disk is read-only; make it writable" in line


@pytest.mark.parametrize("writer", sorted(set(WRITERS) - {"copytree", "zarr"}))
def test_every_writer_says_that_its_file_is_a_folder(writer: str, tmp_path: Path) -> None:
    path = tmp_path / "a" / "new"
    path.mkdir(parents=True)
    line = str(refused(writer, path))
    assert line == (f"{path} cannot be written, as it is a folder: remove {path}, or name a file")


@pytest.mark.parametrize("writer", sorted(set(WRITERS) - {"zarr"}))
def test_every_writer_says_that_its_folder_is_a_file(writer: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    line = str(refused(writer, tmp_path / "a" / "new"))
    assert line.startswith(f"{tmp_path / 'a' / 'new'} cannot be written: ")
    line = str(refused(writer, tmp_path / "a" / "b" / "new"))
    assert line.startswith(f"{tmp_path / 'a' / 'b' / 'new'} cannot be written: ")


@pytest.mark.parametrize("writer", sorted(set(WRITERS) - {"zarr"}))
def test_every_writer_takes_the_longest_name_and_refuses_a_longer_one(
    writer: str, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    for longest in ("x" * 255, "é" * 127, "日" * 85):
        WRITERS[writer](tmp_path / "a" / longest)
        assert (tmp_path / "a" / longest).exists()
    line = str(refused(writer, tmp_path / "a" / ("x" * 256)))
    assert "its name is too long; choose a shorter name" in line


@pytest.mark.parametrize("writer", sorted(set(WRITERS) - {"copyfile", "copytree"}))
def test_every_writer_names_its_file_beyond_a_limit_of_size(writer: str, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        error = refused(writer, tmp_path / "new")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert isinstance(error, jobs.DiskFull)
    assert f"while writing {tmp_path / 'new'}" in str(error)


@pytest.mark.parametrize("writer", ["text", "json", "csv", "copytree"])
def test_too_many_open_files_are_named_as_such(writer: str, tmp_path: Path) -> None:
    source = tmp_path / "sources"
    source.mkdir()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    opened = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            while True:
                opened.append(os.open(os.devnull, os.O_RDONLY))
        with pytest.raises((jobs.CannotAccess, OSError)) as raised:
            WRITERS[writer](tmp_path / "a" / "new")
    finally:
        for one in opened:
            os.close(one)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    line = str(raised.value if isinstance(raised.value, jobs.UserError)
               else jobs.system_error(raised.value))  # fmt: skip
    assert "too many files are open; raise the limit (`ulimit -n 4096`)" in line


@pytest.mark.parametrize("code", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_a_lock_that_cannot_be_taken_names_its_folder(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(lock: object, **_: object) -> None:
        raise OSError(code, text(code), str(tmp_path / "run.lock"))

    monkeypatch.setattr("jobs._files.FileLock.acquire", fail)
    with pytest.raises(jobs.JobError, match=SITUATIONS[code][0]), jobs.lock(tmp_path / "run"):
        pass
