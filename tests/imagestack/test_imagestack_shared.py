"""A cache on storage that several computers write to at once."""

import os
import pickle
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.lib.format import open_memmap

import imagestack
from imagestack._cache import Source, _store, _write_block
from imagestack._stack import BLOCK, PIXELS

SIZE = 20
"""Blocks of 12800 bytes: their borders lie inside pages."""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """An array of three blocks, full of 255."""
    array = open_memmap(tmp_path / PIXELS, "w+", np.uint8, (3 * BLOCK, SIZE, SIZE))
    array[:] = 255
    array.flush()
    return tmp_path


def test_a_block_is_written_without_a_byte_beside_it(work: Path) -> None:
    before = (work / PIXELS).read_bytes()
    rng = np.random.default_rng(0)
    block = rng.integers(0, 256, (BLOCK, SIZE, SIZE), np.uint8)
    _store(work / PIXELS, BLOCK, block)
    start = len(before) - 2 * block.nbytes
    after = (work / PIXELS).read_bytes()
    assert after == before[:start] + block.tobytes() + before[start + block.nbytes :]
    assert np.array_equal(np.load(work / PIXELS)[BLOCK : 2 * BLOCK], block)


def test_the_write_is_synchronous_and_of_bytes_not_of_pages(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mapped page, or one that NFS widened, would undo what a neighbour wrote in it."""
    flags: list[int] = []
    real = os.open

    def noted(path: str, wanted: int) -> int:
        flags.append(wanted)
        return real(path, wanted)

    monkeypatch.setattr("imagestack._cache.os.open", noted)
    monkeypatch.setattr(np.memmap, "flush", None)
    _store(work / PIXELS, 0, np.zeros((1, SIZE, SIZE), np.uint8))
    assert [bool(flag & os.O_DSYNC) for flag in flags] == [True]


def test_an_opened_cache_finds_its_way_to_a_process_in_another_folder(
    write_jpeg: Callable[..., Path],
    picture: Callable[..., np.ndarray],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_jpeg(picture(0), "images/one.dcm")
    frame = imagestack.read_table(tmp_path / "images", workers=1)
    built = imagestack.build_cache(frame, tmp_path / "images", SIZE, tmp_path / "cache", workers=1)
    monkeypatch.chdir(built.folder.parent)
    sent = pickle.dumps(imagestack.open_cache(built.folder.name))
    monkeypatch.chdir(tmp_path)
    assert np.array_equal(pickle.loads(sent).pixels, built.pixels)


def test_two_attempts_at_a_block_at_once_give_what_one_gives(
    write_jpeg: Callable[..., Path], picture: Callable[..., np.ndarray], work: Path
) -> None:
    """A worker that was taken for dead goes on beside the one that replaces it."""
    for number in range(BLOCK):
        write_jpeg(picture(number), f"images/{number:02d}.dcm")
    frame: pd.DataFrame = imagestack.read_table(work / "images", workers=1)
    sources = [
        Source(str(i), str(work / "images" / row.file), row.digest, None)
        for i, row in frame.iterrows()
    ]
    once = _write_block(str(work), SIZE, (1, sources))
    wanted = (work / PIXELS).read_bytes()
    (work / PIXELS).write_bytes(wanted[:-1] + b"\xff")
    blocks = []
    attempts = [
        threading.Thread(target=lambda: blocks.append(_write_block(str(work), SIZE, (1, sources))))
        for _ in range(3)
    ]
    for attempt in attempts:
        attempt.start()
    for attempt in attempts:
        attempt.join()
    assert blocks == [once] * 3
    assert once.faults == []
    assert (work / PIXELS).read_bytes() == wanted
