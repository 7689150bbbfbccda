"""Which files a folder's table holds: formats, names, links, litter, and double ids."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from PIL import Image

import dicomio
import imagestack
from imagestack._files import image_id

Writer = Callable[..., Path]
GREY = np.arange(64, dtype=np.uint8).reshape(8, 8)


def put(folder: Path, name: str, samples: np.ndarray = GREY, kind: str | None = None) -> Path:
    """Write a picture in the format of `kind`, an extension, or of its name."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(kind or path.suffix.lower(), samples)[1].tobytes())
    return path


def test_one_table_of_all_formats(tmp_path: Path, write_jpeg: Writer, picture: Callable) -> None:
    write_jpeg(picture(1), "images/a.dcm", PatientAge="058Y")
    folder = tmp_path / "images"
    for name in ("b.png", "c.jpg", "d.jpeg", "e.tif", "f.tiff", "g.bmp"):
        put(folder, f"deep/{name}", GREY[:5])
    table = imagestack.read_table(folder, workers=1)
    assert list(table.index) == list("abcdefg")
    assert table["format"].tolist() == ["dicom", "png", "jpeg", "jpeg", "tiff", "tiff", "bmp"]
    assert table["height"].tolist() == [64] + [5] * 6
    assert table["width"].tolist() == [64] + [8] * 6
    assert table["bits"].tolist() == [8] * 7
    for image, row in table.iterrows():
        data = (folder / row["file"]).read_bytes()
        assert (row["bytes"], row["digest"]) == (len(data), dicomio.source_digest(data)), image
    only_dicom = [
        name for name in dicomio.COLUMNS if name not in ("bytes", "bits", "digest", "remarks")
    ]
    assert table.loc[list("bcdefg"), only_dicom].isna().all().all()
    assert table.loc["a", ["patient_age", "rows", "photometric"]].tolist() == [
        58,
        64,
        "MONOCHROME2",
    ]


def test_types_do_not_depend_on_the_formats(
    tmp_path: Path, write_jpeg: Writer, picture: Callable
) -> None:
    write_jpeg(picture(1), "images/a.dcm")
    put(tmp_path, "pictures/a.png")
    dicom, pictures = (imagestack.read_table(tmp_path / n) for n in ("images", "pictures"))
    assert (dicom.dtypes == pictures.dtypes).all()
    pictures.to_parquet(tmp_path / "table.parquet")
    again = pd.read_parquet(tmp_path / "table.parquet")
    pd.testing.assert_frame_equal(pictures, again, check_flags=False)


@pytest.mark.parametrize("bits", [1, 8, 16])
def test_bits_are_those_of_a_sample(tmp_path: Path, bits: int) -> None:
    (tmp_path / "images").mkdir()
    samples = {1: GREY > 9, 8: GREY, 16: GREY.astype(np.uint16)}[bits]
    Image.fromarray(samples).save(tmp_path / "images" / "a.png")
    assert imagestack.read_table(tmp_path / "images").loc["a", "bits"] == bits


def test_extensions_in_any_case_names_with_spaces_and_letters_of_all_kinds(tmp_path: Path) -> None:
    names = ["A.PNG", "b c.Jpg", "Röntgen 胸部.TIFF", "punkt.v2.png", "d.JPEG", "ё.BMP"]
    for name in names:
        put(tmp_path, f"deep/er folder/{name}")
    table = imagestack.read_table(tmp_path, workers=1)
    assert sorted(table.index) == sorted(["A", "b c", "Röntgen 胸部", "punkt.v2", "d", "ё"])
    assert sorted(Path(file).name for file in table["file"]) == sorted(names)


def test_litter_is_passed_over_in_silence(tmp_path: Path) -> None:
    put(tmp_path, "a.png")
    put(tmp_path, "__MACOSX/b.png")
    put(tmp_path, "deep/__MACOSX/deeper/c.png")
    for name in (
        "._a.png",
        "._d.dcm",
        ".DS_Store",
        "Thumbs.db",
        "desktop.ini",
        "THUMBS.DB",
        "x.txt",
    ):
        (tmp_path / name).write_bytes(b"\0\5\x16\7litter")
    table, faults = imagestack.scan(tmp_path, workers=1)
    assert (list(table.index), faults) == (["a"], [])


def test_files_without_extension_are_images_if_they_are_dicom(
    tmp_path: Path, write_jpeg: Writer, picture: Callable
) -> None:
    whole = write_jpeg(picture(1), "images/IM0001").read_bytes()
    folder = tmp_path / "images"
    (folder / "1.2.840.10008.5").write_bytes(whole)
    (folder / "1.2.840.10008.6").write_bytes(whole)
    (folder / "README").write_text("not an image")
    (folder / "empty").write_bytes(b"")
    (folder / "data.bin").write_bytes(whole)
    (folder / "DICOMDIR").write_bytes(whole)
    (folder / "dangling").symlink_to(folder / "absent")
    os.mkfifo(folder / "pipe")
    shutil.copy(folder / "IM0001", folder / "x.dicom")
    table, faults = imagestack.scan(folder, workers=1)
    assert faults == []
    assert sorted(table.index) == ["1.2.840.10008.5", "1.2.840.10008.6", "IM0001", "x"]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("a/b.png", "b"),
        ("1.2.3.dcm", "1.2.3"),
        ("1.2.3", "1.2.3"),
        ("a/IM1", "IM1"),
        ("b.JPG", "b"),
    ],
)
def test_ids_are_names_without_known_extensions(name: str, wanted: str) -> None:
    assert image_id(name) == wanted


def test_one_that_may_not_be_opened_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may open everything, so the refusal is played."""
    put(tmp_path, "a.png")
    (tmp_path / "IM1").write_bytes(bytes(200))
    real = open

    def refusing(path: str, mode: str):
        if Path(path).name == "IM1":
            raise PermissionError(13, "Permission denied", path)
        return real(path, mode)

    monkeypatch.setattr("builtins.open", refusing)
    _, faults = imagestack.scan(tmp_path, workers=1)
    assert [(fault.path, fault.kind) for fault in faults] == [("IM1", "UnknownFormat")]


def test_links_inside_are_followed_and_others_are_faults(tmp_path: Path) -> None:
    inside = put(tmp_path, "images/a.png")
    outside = put(tmp_path, "elsewhere/b.png")
    (inside.parent / "c.png").symlink_to(inside)
    (inside.parent / "d.png").symlink_to(outside)
    (inside.parent / "folder").symlink_to(outside.parent)
    table, faults = imagestack.scan(inside.parent, workers=1)
    assert list(table.index) == ["a", "c"]
    assert [(fault.path, fault.kind) for fault in faults] == [
        ("d.png", "OutsideLink"),
        ("folder", "OutsideLink"),
    ]


def test_one_id_in_two_formats_is_a_fault_that_names_both(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg")
    put(tmp_path, "deep/a.png")
    table, faults = imagestack.scan(tmp_path, workers=1)
    assert table["file"].tolist() == ["a.jpg"]
    assert faults == [
        imagestack.Fault(
            "deep/a.png",
            "DuplicateId",
            f"{tmp_path / 'deep/a.png'}: same image id as a.jpg, other content; keep one of them",
        )
    ]


FAULTY = {
    "animated.png": "SeveralPages",
    "cmyk.jpg": "UnsupportedForm",
    "cut.jpg": "Truncated",
    "cut.png": "Truncated",
    "empty.png": "UnknownFormat",
    "folder.png": None,
    "gif.png": "UnknownFormat",
    "huge.bmp": "TooLarge",
    "pages.tif": "SeveralPages",
    "pipe.png": "Unreadable",
    "text.dcm": "NotDicom",
    "text.png": "UnknownFormat",
}


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """A folder with good files and one of each fault."""
    folder = tmp_path / "faulty"
    put(folder, "good.png")
    put(folder, "png.jpg", kind=".png")
    whole = {name: put(folder, name).read_bytes() for name in ("cut.jpg", "cut.png", "huge.bmp")}
    for name in ("cut.jpg", "cut.png"):
        (folder / name).write_bytes(whole[name][:-20])
    huge = bytearray(whole["huge.bmp"])
    huge[18:26] = b"\xff\xff\0\0" * 2
    (folder / "huge.bmp").write_bytes(huge)
    pages = [Image.fromarray(GREY), Image.fromarray(GREY.T.copy())]
    more = {"save_all": True, "append_images": pages[1:]}
    pages[0].save(folder / "animated.png", **more)
    pages[0].save(folder / "pages.tif", **more)
    pages[0].save(folder / "gif.png", "GIF", **more)
    Image.fromarray(np.dstack([GREY] * 4), "CMYK").save(folder / "cmyk.jpg")
    for name in ("text.png", "text.dcm"):
        (folder / name).write_text("hello")
    (folder / "empty.png").write_bytes(b"")
    (folder / "folder.png").mkdir()
    os.mkfifo(folder / "pipe.png")
    return folder


def test_the_batch_goes_on_and_names_all_faults(faulty: Path) -> None:
    table, faults = imagestack.scan(faulty, workers=1)
    assert list(table.index) == ["good", "png"]
    assert {fault.path: fault.kind for fault in faults} == {
        name: kind for name, kind in FAULTY.items() if kind
    }
    for fault in faults:
        assert fault.message.startswith(f"{faulty / fault.path}: ")
        assert "; " in fault.message
        assert "\n" not in fault.message
    with pytest.raises(imagestack.FolderError, match=r"11 of 13 files under .* cannot be used"):
        imagestack.read_table(faulty, workers=1)


@pytest.mark.parametrize("name", [name for name, kind in FAULTY.items() if kind])
def test_one_image_fails_by_the_same_name(faulty: Path, name: str) -> None:
    with pytest.raises((imagestack.ImageError, dicomio.DicomError)) as caught:
        imagestack.read_image(faulty / name)
    assert type(caught.value).__name__ == FAULTY[name]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(imagestack.Unreadable, match=r"a\.png: cannot be read .*; check"):
        imagestack.read_image(tmp_path / "a.png")
    with pytest.raises(ValueError, match="size must be"):
        imagestack.read_image(tmp_path / "a.png", 0)


def test_a_file_beyond_the_limit_is_refused_unread(tmp_path: Path) -> None:
    with open(tmp_path / "a.png", "wb") as file:
        file.truncate((1 << 30) + 1)
    with pytest.raises(imagestack.TooLarge, match=r"1073741825 bytes, more than 1073741824; make"):
        imagestack.read_image(tmp_path / "a.png")
