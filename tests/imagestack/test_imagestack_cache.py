"""The pixel cache: what is in it, and that no kill, second process or bad file spoils it."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import imagestack
from imagestack import _cache
from imagestack._stack import BLOCK

Writer = Callable[..., Path]
SIZE = 16


@pytest.fixture
def folder(write_jpeg: Writer, picture: Callable[..., np.ndarray], tmp_path: Path) -> Path:
    """A folder of 70 images: two whole blocks and a part."""
    for number in range(70):
        write_jpeg(picture(number), f"images/{number:03d}.dcm")
    return tmp_path / "images"


@pytest.fixture
def frame(folder: Path) -> pd.DataFrame:
    return imagestack.read_table(folder, workers=1)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are decoded from now on, in this process."""
    names: list[str] = []
    original = _cache.reader_of

    def counted(data: bytes, path: str) -> imagestack.Reader:
        names.append(Path(path).name)
        return original(data, path)

    monkeypatch.setattr(_cache, "reader_of", counted)
    return names


def build(frame: pd.DataFrame, folder: Path, size: int = SIZE) -> imagestack.PixelCache:
    return imagestack.build_cache(frame, folder, size, folder.parent / "cache", workers=1)


def check(cache: imagestack.PixelCache, frame: pd.DataFrame, folder: Path) -> None:
    assert cache.ids == sorted(frame.index)
    expected = [imagestack.read_image(folder / frame.loc[i, "file"], cache.size) for i in cache.ids]
    np.testing.assert_array_equal(cache.pixels, np.stack(expected))
    cache.verify()


def test_holds_the_pictures(frame: pd.DataFrame, folder: Path) -> None:
    cache = build(frame.sample(frac=1, random_state=1), folder)
    check(cache, frame, folder)
    assert cache.pixels.shape == (70, SIZE, SIZE)
    assert cache.pixels.dtype == np.uint8
    assert not cache.pixels.flags.writeable
    taken = cache.take(["005", "001", "005"])
    np.testing.assert_array_equal(taken, cache.pixels[[5, 1, 5]])
    with pytest.raises(imagestack.CacheError, match=r"1 image\(s\) are not in the cache .*first x"):
        cache.take(["001", "x"])


def test_a_second_call_decodes_nothing(
    frame: pd.DataFrame, folder: Path, decoded: list[str]
) -> None:
    first = build(frame, folder)
    assert len(decoded) == 70
    again = build(frame.iloc[::-1], folder)
    assert len(decoded) == 70
    assert again.folder == first.folder
    assert again.digest == first.digest


def test_size_and_content_make_another_cache(
    frame: pd.DataFrame, folder: Path, write_jpeg: Writer, picture: Callable
) -> None:
    places = {build(frame, folder).folder, build(frame, folder, 32).folder}
    write_jpeg(picture(999), "images/000.dcm")
    changed = imagestack.read_table(folder, workers=1)
    cache = build(changed, folder)
    assert len(places | {cache.folder}) == 3
    check(cache, changed, folder)


def test_a_changed_set_decodes_only_what_is_new(
    frame: pd.DataFrame, folder: Path, decoded: list[str]
) -> None:
    build(frame.iloc[:60], folder)
    decoded.clear()
    check(build(frame.iloc[5:], folder), frame.iloc[5:], folder)
    assert sorted(decoded) == [f"{number:03d}.dcm" for number in range(60, 70)]


def test_files_that_cannot_be_decoded_are_named_and_cost_nothing(
    frame: pd.DataFrame, folder: Path, decoded: list[str]
) -> None:
    whole = {}
    for name in ("003.dcm", "050.dcm"):
        whole[name] = (folder / name).read_bytes()
        data = bytearray(whole[name])
        at = data.index(b"\xff\xda") + 30
        data[at : at + 60] = b"\xff" * 60
        (folder / name).write_bytes(data)
    spoilt = imagestack.read_table(folder, workers=1)
    with pytest.raises(imagestack.CacheError, match="2 of 70 images cannot be decoded") as caught:
        build(spoilt, folder)
    assert [(f.path, f.kind) for f in caught.value.faults] == [
        ("003", "DecodeFailed"),
        ("050", "DecodeFailed"),
    ]
    decoded.clear()
    with pytest.raises(imagestack.CacheError):
        build(spoilt, folder)
    assert decoded == ["003.dcm", "050.dcm"]
    decoded.clear()
    left = spoilt.drop(["003", "050"])
    check(build(left, folder), left, folder)
    assert decoded == []
    for name, data in whole.items():
        (folder / name).write_bytes(data)
    check(build(frame, folder), frame, folder)
    assert decoded == ["003.dcm", "050.dcm"]
    assert not list((folder.parent / "cache").glob("*.partial"))


def test_a_file_changed_since_the_frame_is_named(frame: pd.DataFrame, folder: Path) -> None:
    (folder / "001.dcm").write_bytes((folder / "002.dcm").read_bytes())
    with pytest.raises(imagestack.CacheError, match=r"001\.dcm: changed since the table was made"):
        build(frame, folder)


def test_damage_is_found(frame: pd.DataFrame, folder: Path, decoded: list[str]) -> None:
    cache = build(frame, folder)
    with open(cache.folder / "pixels.npy", "r+b") as file:
        file.seek(-SIZE * SIZE * 30, os.SEEK_END)
        file.write(b"\x01\x02\x03\x04\x05\x06\x07")
    (opened,) = imagestack.finished_caches(cache.folder.parent)
    assert (opened.folder, opened.ids) == (cache.folder, cache.ids)
    with pytest.raises(imagestack.CacheError, match="1 of 3 blocks are damaged, first that of"):
        opened.verify()
    decoded.clear()
    fewer = frame.drop("069")
    check(build(fewer, folder), fewer, folder)
    assert sorted(decoded) == [f"{number:03d}.dcm" for number in range(BLOCK, 2 * BLOCK)]


@pytest.mark.parametrize("name", ["pixels.npy", "index.json", "complete.json"])
def test_an_unfinished_folder_is_not_a_cache(frame: pd.DataFrame, folder: Path, name: str) -> None:
    cache = build(frame, folder)
    (cache.folder / name).unlink()
    with pytest.raises(imagestack.CacheError, match="not a complete pixel cache"):
        imagestack.open_cache(cache.folder)
    if name == "complete.json":
        check(build(frame, folder), frame, folder)


def test_a_cache_crosses_processes_by_its_place(frame: pd.DataFrame, folder: Path) -> None:
    cache = build(frame, folder)
    sent = pickle.dumps(cache)
    assert len(sent) < 1000
    np.testing.assert_array_equal(pickle.loads(sent).pixels, cache.pixels)


@pytest.mark.parametrize("rows", [slice(0, 0), [0, 0]])
def test_bad_frames(frame: pd.DataFrame, folder: Path, rows: slice | list[int]) -> None:
    with pytest.raises(ValueError, match="its own image id"):
        build(frame.iloc[rows], folder)


SLOWLY = """
import sys, time, imagestack, pandas as pd
from imagestack import _cache
original = _cache.reader_of
def slow(*args):
    time.sleep(0.02)
    return original(*args)
_cache.reader_of = slow
frame = pd.read_parquet(sys.argv[1])
imagestack.build_cache(frame, sys.argv[2], int(sys.argv[3]), sys.argv[4], workers=1)
"""


def test_a_killed_build_goes_on_where_it_stopped(
    frame: pd.DataFrame, folder: Path, tmp_path: Path, decoded: list[str]
) -> None:
    frame.to_parquet(tmp_path / "frame.parquet")
    arguments = [tmp_path / "frame.parquet", folder, SIZE, tmp_path / "cache"]
    process = subprocess.Popen([sys.executable, "-c", SLOWLY, *map(str, arguments)])
    journal = wait_for(lambda: next((tmp_path / "cache").glob("*.partial/journal.jsonl"), None))
    wait_for(lambda: journal.read_text().count("\n") or None)
    process.send_signal(signal.SIGKILL)
    process.wait()
    blocks = journal.read_text().count("\n")
    assert 1 <= blocks <= 2
    with open(journal, "a") as file:
        file.write('[2, "torn')
    check(build(frame, folder), frame, folder)
    assert len(decoded) == 70 - BLOCK * blocks
    assert not list((tmp_path / "cache").glob("*.partial"))


def test_a_journalled_block_that_never_reached_the_disk_is_made_again(
    frame: pd.DataFrame, folder: Path, tmp_path: Path, decoded: list[str]
) -> None:
    cache = build(frame, folder)
    sums = json.loads((cache.folder / "complete.json").read_text())["checksums"]
    partial = cache.folder.rename(cache.folder.with_name(cache.folder.name + ".partial"))
    (partial / "complete.json").unlink()
    lines = [json.dumps([number, value, []]) + "\n" for number, value in enumerate(sums)]
    (partial / "journal.jsonl").write_text("".join(lines))
    pixels = np.lib.format.open_memmap(partial / "pixels.npy", mode="r+")
    pixels[BLOCK + 3] = 0
    pixels.flush()
    decoded.clear()
    check(build(frame, folder), frame, folder)
    assert len(decoded) == BLOCK


def wait_for(ask: Callable[[], object], seconds: float = 20.0) -> object:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (found := ask()) is not None:
            return found
        time.sleep(0.005)
    raise AssertionError("it never came")


def test_two_processes_make_one_cache(frame: pd.DataFrame, folder: Path, tmp_path: Path) -> None:
    frame.to_parquet(tmp_path / "frame.parquet")
    arguments = [tmp_path / "frame.parquet", folder, SIZE, tmp_path / "cache"]
    processes = [
        subprocess.Popen([sys.executable, "-c", SLOWLY, *map(str, arguments)]) for _ in range(2)
    ]
    assert [process.wait(60) for process in processes] == [0, 0]
    check(build(frame, folder), frame, folder)


def test_several_workers(frame: pd.DataFrame, folder: Path, tmp_path: Path) -> None:
    counts = []
    cache = imagestack.build_cache(
        frame,
        folder,
        SIZE,
        tmp_path / "cache",
        workers=2,
        report=lambda label, done, total, _: counts.append((label, done, total)),
    )
    check(cache, frame, folder)
    assert counts == [("pixels", done, 70) for done in (0, 32, 64, 70)]
