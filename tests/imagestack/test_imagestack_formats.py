"""A pixel cache of any format: what its key depends on, and that formats agree."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

import dicomio
import imagestack
import jobs
from imagestack.readers.png import Png

Writer = Callable[..., Path]
SIZE = 16


@pytest.fixture
def mixed(tmp_path: Path, write_jpeg: Writer, picture: Callable[..., np.ndarray]) -> Path:
    """A folder of 3 DICOM files, 40 PNG, 2 JPEG: more than one block."""
    folder = tmp_path / "images"
    for number in range(3):
        write_jpeg(picture(number), f"images/d{number}.dcm")
    for number in range(40):
        cv2.imwrite(str(folder / f"p{number:02d}.png"), picture(100 + number))
    for number in range(2):
        cv2.imwrite(str(folder / f"j{number}.jpg"), picture(200 + number))
    return folder


def build(table: pd.DataFrame, folder: Path, size: int = SIZE) -> imagestack.PixelCache:
    return imagestack.build_cache(table, folder, size, folder.parent / "cache", workers=1)


def test_the_stack_holds_the_pictures_of_all_formats(mixed: Path) -> None:
    table = imagestack.read_table(mixed, workers=1)
    cache = build(table, mixed)
    assert cache.ids == sorted(table.index)
    files = table.loc[cache.ids, "file"]
    wanted = np.stack([imagestack.read_image(mixed / file, SIZE) for file in files])
    np.testing.assert_array_equal(cache.pixels, wanted)
    cache.verify()


def test_the_key_of_dicom_files_alone_is_what_it_always_was(mixed: Path) -> None:
    table = imagestack.read_table(mixed, workers=1)
    dicom = table[table["format"] == "dicom"]
    cache = build(dicom.iloc[::-1], mixed)
    parts = [list(dicom.index), list(dicom["digest"]), SIZE, dicomio.TRANSFORM_VERSION]
    assert cache.digest == jobs.digest(*parts)
    assert cache.folder.name == f"pixels-{SIZE}-v1-{cache.digest}"


def test_the_key_depends_on_the_readers_of_the_formats_that_are_there(
    mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = imagestack.read_table(mixed, workers=1)
    png = table[table["format"] == "png"]
    both = table[table["format"].isin(["png", "dicom"])]
    jpeg = table[table["format"] == "jpeg"]
    before = [build(part, mixed) for part in (png, both, jpeg)]
    names = [cache.folder.name.rsplit("-", 1)[0] for cache in before]
    assert names == ["pixels-16-png1", "pixels-16-dicom1+png1", "pixels-16-jpeg1"]
    monkeypatch.setattr(Png, "version", 2)
    after = [build(part, mixed) for part in (png, both, jpeg)]
    assert [a.digest == b.digest for a, b in zip(before, after, strict=True)] == [
        False,
        False,
        True,
    ]
    assert after[0].folder.name.startswith("pixels-16-png2-")


def test_pictures_made_by_another_version_are_not_copied(
    mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = imagestack.read_table(mixed, workers=1)
    png = table[table["format"] == "png"]
    old = build(png, mixed)
    real = Png.read
    monkeypatch.setattr(Png, "version", 2)
    monkeypatch.setattr(Png, "read", lambda *args: 255 - real(*args))
    np.testing.assert_array_equal(build(png, mixed).pixels, 255 - old.pixels)


def test_what_another_cache_of_the_same_readers_holds_is_copied(
    mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = imagestack.read_table(mixed, workers=1)
    png = table[table["format"] == "png"]
    build(png.iloc[:39], mixed)
    read: list[str] = []
    real = Png.read

    def noted(self: Png, data: bytes, path: str, size: int) -> np.ndarray:
        read.append(Path(path).name)
        return real(self, data, path, size)

    monkeypatch.setattr(Png, "read", noted)
    build(png, mixed)
    assert read == ["p39.png"]


def test_faults_of_all_formats_are_collected_and_the_others_stay(mixed: Path) -> None:
    data = bytearray((mixed / "j1.jpg").read_bytes())
    at = data.index(b"\xff\xda") + 30
    data[at : at + 60] = b"\xff" * 60
    (mixed / "j1.jpg").write_bytes(data)
    table = imagestack.read_table(mixed, workers=1)
    whole = (mixed / "p07.png").read_bytes()
    (mixed / "p07.png").write_bytes(whole[:-30])
    (mixed / "d1.dcm").write_bytes((mixed / "d1.dcm").read_bytes()[:-30])
    with pytest.raises(imagestack.CacheError, match="changed since the table was made"):
        build(table, mixed)
    spoilt, skipped = imagestack.scan(mixed, workers=1)
    assert sorted(fault.path for fault in skipped) == ["d1.dcm", "p07.png"]
    with pytest.raises(imagestack.CacheError, match="1 of 43 images cannot be decoded") as caught:
        build(spoilt, mixed)
    assert [(fault.path, fault.kind) for fault in caught.value.faults] == [("j1", "Damaged")]
    assert len(build(spoilt.drop("j1"), mixed)) == 42


@pytest.mark.parametrize("size", [16, 24, 64, 100])
def test_a_lossless_copy_gives_the_same_bytes(
    tmp_path: Path, write_native: Writer, picture: Callable[..., np.ndarray], size: int
) -> None:
    for number in range(3):
        samples = np.ascontiguousarray(picture(number)[:, :48])
        write_native(samples, f"dicom/{number}.dcm")
        (tmp_path / "png").mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / "png" / f"{number}.png"), samples)
    stacks = [
        build(imagestack.read_table(tmp_path / kind, workers=1), tmp_path / kind, size)
        for kind in ("dicom", "png")
    ]
    np.testing.assert_array_equal(stacks[0].pixels, stacks[1].pixels)


@pytest.mark.parametrize("size", [1024, 384])
def test_a_png_copy_of_real_radiographs_gives_the_same_bytes(
    siim: Path, tmp_path: Path, size: int
) -> None:
    """At 512, 256 and 128 the JPEG within DICOM is decoded small, and differs by rounding."""
    files = sorted(siim.rglob("*.dcm"))[::25][:40]
    for kind in ("dicom", "png"):
        (tmp_path / kind).mkdir()
    for file in files:
        (tmp_path / "dicom" / file.name).write_bytes(file.read_bytes())
        copy = tmp_path / "png" / f"{file.stem}.png"
        cv2.imwrite(str(copy), dicomio.read_image(file), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    stacks = [
        build(imagestack.read_table(tmp_path / kind), tmp_path / kind, size)
        for kind in ("dicom", "png")
    ]
    assert len(files) == 40
    assert stacks[0].ids == stacks[1].ids
    np.testing.assert_array_equal(stacks[0].pixels, stacks[1].pixels)
