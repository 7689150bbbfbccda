"""The table of a folder: its columns, and every way a file can be at fault."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dicomio
import imagestack

Writer = Callable[..., Path]
TAGS = {
    "PatientName": "Müller^Anna",
    "SpecificCharacterSet": "ISO_IR 100",
    "PatientID": "p1",
    "PatientAge": "058Y",
    "PatientSex": "F",
    "StudyDate": "20240229",
    "Modality": "DX",
    "BodyPartExamined": "CHEST",
    "ViewPosition": "PA",
    "PixelSpacing": [0.2, 0.1],
}


@pytest.fixture
def folder(write_jpeg: Writer, picture: Callable[..., np.ndarray], tmp_path: Path) -> Path:
    """A folder of three good files at different depths."""
    write_jpeg(picture(1), "images/b.dcm", **TAGS)
    write_jpeg(picture(2), "images/study/series/a.dcm", SeriesDescription="view: AP")
    write_jpeg(picture(3), "images/study/c.DCM", PatientAge="006M")
    (tmp_path / "images" / "notes.txt").write_text("not an image")
    return tmp_path / "images"


COLUMNS = [
    "file",
    "digest",
    "bytes",
    "height",
    "width",
    "format",
    "bits",
    "storage_type",
    "patient_name",
    "patient_id",
    "patient_age",
    "patient_sex",
    "study_date",
    "modality",
    "body_part",
    "view",
    "rows",
    "columns",
    "pixel_spacing_x",
    "pixel_spacing_y",
    "photometric",
    "transfer_syntax",
    "remarks",
]


def test_one_row_per_file(folder: Path) -> None:
    table = imagestack.read_table(folder, workers=1)
    assert list(table.index) == ["b", "c", "a"]
    assert table.index.name == "image_id"
    assert list(table.columns) == COLUMNS
    row = table.loc["b"]
    data = (folder / "b.dcm").read_bytes()
    record = dicomio.record(data, "b.dcm")
    assert row["study_date"] == pd.Timestamp(2024, 2, 29)
    assert (record["remarks"], row.isna()["remarks"]) == (None, True)
    nullable = ["study_date", "remarks"]
    assert row.drop(nullable).to_dict() == {
        **{name: value for name, value in record.items() if name not in nullable},
        "file": "b.dcm",
        "bytes": len(data),
        "digest": dicomio.source_digest(data),
        "height": 64,
        "width": 64,
        "format": "dicom",
    }
    assert table.loc["a", "view"] == "AP"
    assert table.loc["c", "patient_age"] == 0
    missing = ["patient_age", "pixel_spacing_x", "patient_id", "study_date"]
    assert table.loc["a", missing].isna().all()


def test_types_do_not_depend_on_the_files(folder: Path) -> None:
    whole = imagestack.read_table(folder, workers=1)
    (folder / "b.dcm").unlink()
    assert (imagestack.read_table(folder, workers=1).dtypes == whole.dtypes).all()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_processes_change_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = imagestack.read_table(folder, workers=1)
    monkeypatch.setattr("imagestack._table.CHUNK", 2)
    counts = []
    two = imagestack.read_table(
        folder, workers=2, report=lambda label, done, total, _: counts.append((done, total))
    )
    pd.testing.assert_frame_equal(one, two)
    assert counts == [(0, 3), (2, 3), (3, 3)]


def test_parquet_keeps_the_frame(folder: Path, tmp_path: Path) -> None:
    frame = imagestack.read_table(folder, workers=1)
    frame.to_parquet(tmp_path / "frame.parquet")
    again = pd.read_parquet(tmp_path / "frame.parquet")
    pd.testing.assert_frame_equal(frame, again, check_flags=False)


def test_a_kept_scan_is_read_back_whole(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "bad.dcm").write_bytes(b"no")
    (folder / "study" / "b.dcm").write_bytes((folder / "b.dcm").read_bytes())
    fresh = imagestack.scan(folder, workers=1)
    assert [fault.kind for fault in fresh.faults] == ["NotDicom", "DuplicateId"]
    real, calls = imagestack.scan, []

    def counted(*given: object, **named: object) -> imagestack.Scan:
        calls.append(given)
        return real(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("imagestack._table.scan", counted)
    for _ in range(2):
        kept = imagestack.kept_scan(folder, tmp_path / "kept")
        pd.testing.assert_frame_equal(fresh.table, kept.table, check_flags=False)
        assert kept.faults == fresh.faults
        assert all(type(fault) is imagestack.Fault for fault in kept.faults)
    assert len(calls) == 1, "the second call reads what the first one kept"
    (folder / "bad.dcm").unlink()
    again = imagestack.kept_scan(folder, tmp_path / "kept")
    assert [fault.kind for fault in again.faults] == ["DuplicateId"]
    assert len(calls) == 2, "a changed folder is scanned again"


@pytest.fixture
def faulty(folder: Path, write_native: Writer) -> Path:
    """The folder with one file of each fault."""
    whole = (folder / "b.dcm").read_bytes()
    (folder / "cut.dcm").write_bytes(whole[:-500])
    (folder / "headless.dcm").write_bytes(whole[:400])
    (folder / "text.dcm").write_text("hello")
    (folder / "empty.dcm").write_bytes(b"")
    (folder / "study" / "b.dcm").write_bytes(whole)
    write_native(np.zeros((4, 4), np.uint8), "images/nopixels.dcm", Rows=0)
    outside = folder.parent / "outside.dcm"
    outside.write_bytes(whole)
    (folder / "link.dcm").symlink_to(outside)
    (folder / "elsewhere").symlink_to(folder.parent)
    (folder / "inside.dcm").symlink_to(folder / "b.dcm")
    (folder / "loop").symlink_to(folder)
    return folder


KINDS = {
    "cut.dcm": "Truncated",
    "elsewhere": "OutsideLink",
    "empty.dcm": "NotDicom",
    "headless.dcm": "NoPixels",
    "link.dcm": "OutsideLink",
    "nopixels.dcm": "NoPixels",
    "study/b.dcm": "DuplicateId",
    "text.dcm": "NotDicom",
}


def test_every_fault_is_collected(faulty: Path) -> None:
    with pytest.raises(imagestack.FolderError) as caught:
        imagestack.read_table(faulty, workers=1)
    kinds = {fault.path: fault.kind for fault in caught.value.faults}
    assert kinds.keys() == KINDS.keys()
    assert {k: v for k, v in kinds.items() if k != "headless.dcm"} == {
        k: v for k, v in KINDS.items() if k != "headless.dcm"
    }
    assert kinds["headless.dcm"] in ("NoPixels", "Truncated")
    message = str(caught.value)
    assert message.startswith(f"8 of 12 files under {faulty} cannot be used: {faulty / 'cut.dcm'}")
    assert message.endswith("; and 5 more; repair or exclude them")
    assert "\n" not in message


def test_skipping_leaves_the_good_ones(faulty: Path) -> None:
    frame, faults = imagestack.scan(faulty, workers=1)
    assert sorted(frame.index) == ["a", "b", "c", "inside"]
    assert len(faults) == 8
    assert frame.loc["b", "file"] == "b.dcm"


def test_a_duplicate_says_whether_the_content_differs(
    folder: Path, write_jpeg: Writer, picture: Callable
) -> None:
    write_jpeg(picture(9), "images/z/a.dcm")
    _, faults = imagestack.scan(folder, workers=1)
    assert [fault.kind for fault in faults] == ["DuplicateId"]
    assert "same image id as study/series/a.dcm, other content" in faults[0].message


def test_folders_without_images(tmp_path: Path) -> None:
    with pytest.raises(imagestack.FolderError, match="is not a folder"):
        imagestack.read_table(tmp_path / "absent")
    with pytest.raises(imagestack.FolderError, match=r"no image file .* under .*: name the"):
        imagestack.read_table(tmp_path)


def test_real_frames(siim: Path) -> None:
    frame = imagestack.read_table(siim, workers=1)
    assert len(frame) == 1000
    assert frame["digest"].is_unique
    assert set(frame["view"]) == {"PA", "AP"}
    assert frame["patient_age"].between(0, 120).all()
    assert set(frame["study_date"]) == {pd.Timestamp(1901, 1, 1)}
    assert frame.drop(columns="remarks").notna().all().all()
    assert frame["remarks"].isna().all()


def test_a_folder_that_may_not_be_read_is_a_fault(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may read everything, so the refusal is played."""
    real = os.scandir

    def scandir(where: os.PathLike[str] | str):
        if Path(where).name == "series":
            raise PermissionError(errno.EACCES, "Permission denied", os.fspath(where))
        return real(where)

    monkeypatch.setattr(os, "scandir", scandir)
    frame, faults = imagestack.scan(folder, workers=1)
    assert sorted(frame.index) == ["b", "c"]
    assert [(fault.path, fault.kind) for fault in faults] == [("study/series", "UnreadableFolder")]
    with pytest.raises(imagestack.FolderError, match="Permission denied; make the folder readable"):
        imagestack.read_table(folder, workers=1)


def test_a_name_that_is_not_utf8_is_a_fault(folder: Path) -> None:
    data = (folder / "b.dcm").read_bytes()
    (Path(os.fsdecode(os.fsencode(folder) + b"/r\xf6ntgen.dcm"))).write_bytes(data)
    frame, faults = imagestack.scan(folder, workers=1)
    assert len(frame) == 3
    assert [fault.kind for fault in faults] == ["BadName"]
    assert "rename it" in faults[0].message


def test_a_link_to_itself_is_a_fault(folder: Path) -> None:
    (folder / "loop.dcm").symlink_to(folder / "loop.dcm")
    frame, faults = imagestack.scan(folder, workers=1)
    assert len(frame) == 3
    assert len(faults) == 1


def test_dates_survive_parquet_even_at_the_ends_of_the_calendar(
    write_jpeg: Writer, picture: Callable[..., np.ndarray], tmp_path: Path
) -> None:
    for number, day in enumerate(["00010101", "99991231", "19010101", None]):
        write_jpeg(picture(number), f"dated/{number}.dcm", **({"StudyDate": day} if day else {}))
    frame = imagestack.read_table(tmp_path / "dated", workers=1)
    frame.to_parquet(tmp_path / "frame.parquet")
    again = pd.read_parquet(tmp_path / "frame.parquet")
    pd.testing.assert_frame_equal(frame, again, check_flags=False)
    assert again["study_date"].dt.year.tolist()[:3] == [1, 9999, 1901]
    assert pd.isna(again["study_date"].iloc[3])
