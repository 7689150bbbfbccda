"""The folder as a whole: layout, tables, determinism, whole or nothing."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import cxr.phantom
import rlemask

Written = tuple[Path, cxr.phantom.Summary]


def lines(path: Path) -> list[str]:
    return path.read_bytes().decode("ascii").split("\n")[:-1]


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def annotations(path: Path) -> dict[str, list[str]]:
    rows = defaultdict(list)
    for line in lines(path)[1:]:
        image_id, text = line.split(",")
        rows[image_id].append(text.strip())
    return rows


def images(folder: Path) -> set[str]:
    return {path.stem for path in folder.rglob("*.dcm")}


def test_summary_counts_what_is_there(written: Written) -> None:
    folder, summary = written
    assert summary.path == folder
    assert (summary.images, summary.positives) == (24, 5)
    assert (summary.test_images, summary.test_positives) == (12, 3)
    train = annotations(folder / "train-rle.csv")
    truth = annotations(folder / "test-truth.csv")
    assert sum(texts != ["-1"] for texts in train.values()) == 5
    assert sum(texts != ["-1"] for texts in truth.values()) == 3
    rows = [text for texts in (*train.values(), *truth.values()) for text in texts]
    assert sum(text != "-1" for text in rows) == summary.annotation_rows
    groups = {line.split(",")[1] for line in lines(folder / "patients.csv")[1:]}
    assert len(groups) == summary.patients


def test_layout_and_headers(written: Written) -> None:
    folder, _ = written
    assert sorted(path.name for path in folder.iterdir()) == [
        "dicom-images-test",
        "dicom-images-train",
        "patients.csv",
        "sample_submission.csv",
        "test-truth.csv",
        "train-rle.csv",
    ]
    assert lines(folder / "train-rle.csv")[0] == "ImageId, EncodedPixels"
    assert lines(folder / "test-truth.csv")[0] == "ImageId, EncodedPixels"
    assert lines(folder / "sample_submission.csv")[0] == "ImageId,EncodedPixels"
    assert lines(folder / "patients.csv")[0] == "ImageId,PatientGroup"
    for path in folder.rglob("*.dcm"):
        assert len(path.relative_to(folder).parts) == 4


def test_tables_and_pictures_name_the_same_images(written: Written) -> None:
    folder, _ = written
    train, test = images(folder / "dicom-images-train"), images(folder / "dicom-images-test")
    assert set(annotations(folder / "train-rle.csv")) == train
    assert set(annotations(folder / "test-truth.csv")) == test
    sample = annotations(folder / "sample_submission.csv")
    assert set(sample) == test
    assert all(texts == ["-1"] for texts in sample.values())
    assert list(sample) == list(annotations(folder / "test-truth.csv"))
    assert set(annotations(folder / "patients.csv")) == train | test


def test_some_values_carry_a_leading_space(written: Written) -> None:
    rows = lines(written[0] / "train-rle.csv")[1:]
    spaced = [", " in row for row in rows]
    assert any(spaced)
    assert not all(spaced)


def test_run_lengths_are_the_rows_of_the_phantom(tmp_path: Path) -> None:
    from cxr.phantom.plan import make_plans

    summary = cxr.phantom.write_dataset(
        tmp_path / "set", images=6, test=0, size=256, seed=3, positive_share=1, workers=1
    )
    found = annotations(summary.path / "train-rle.csv")
    for plan in make_plans(images=6, test=0, positive_share=1, seed=3):
        rng = np.random.default_rng(np.random.SeedSequence(3, spawn_key=(1, plan.number)))
        phantom = cxr.phantom.radiograph(rng, patient=plan.patient, positive=True, size=256)
        texts = found[plan.image_id]
        assert len(texts) == len(phantom.rows)
        united = rlemask.decode(texts, shape=(256, 256), dialect="siim")
        np.testing.assert_array_equal(united, phantom.mask)


def test_bytes_depend_on_the_seed_and_not_on_the_workers(tmp_path: Path) -> None:
    options = {"images": 5, "test": 3, "size": 128}
    cxr.phantom.write_dataset(tmp_path / "a", **options, seed=1, workers=1)
    cxr.phantom.write_dataset(tmp_path / "b", **options, seed=1, workers=2)
    cxr.phantom.write_dataset(tmp_path / "c", **options, seed=2, workers=1)
    first = digests(tmp_path / "a")
    assert first == digests(tmp_path / "b")
    assert not set(first.values()) & set(digests(tmp_path / "c").values())


def test_progress_is_reported(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []

    def report(label: str, done: int, total: int, figures: Mapping[str, float]) -> None:
        seen.append((done, total))

    cxr.phantom.write_dataset(tmp_path / "a", images=2, test=1, size=128, workers=1, report=report)
    assert seen[-1] == (3, 3)


def test_interruption_leaves_nothing(tmp_path: Path) -> None:
    def stop(label: str, done: int, total: int, figures: Mapping[str, float]) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cxr.phantom.write_dataset(
            tmp_path / "set", images=4, test=0, size=128, workers=1, report=stop
        )
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    precious = tmp_path / "thesis.txt"
    precious.write_text("keep me")
    with pytest.raises(cxr.phantom.FolderNotEmpty, match="not empty: name a new or empty folder"):
        cxr.phantom.write_dataset(tmp_path, images=1, test=0, size=128, workers=1)
    with pytest.raises(cxr.phantom.FolderNotEmpty, match="is a file"):
        cxr.phantom.write_dataset(precious, images=1, test=0, size=128, workers=1)
    assert precious.read_text() == "keep me"
    assert list(tmp_path.iterdir()) == [precious]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    cxr.phantom.write_dataset(tmp_path / "empty", images=1, test=0, size=128, workers=1)
    assert len(images(tmp_path / "empty")) == 1


@pytest.mark.parametrize(
    "options",
    [{"images": 0}, {"test": -1}, {"positive_share": 1.2}, {"workers": 0}, {"size": 1000}],
)
def test_bad_arguments_are_refused_before_anything_is_written(
    tmp_path: Path, options: dict[str, float]
) -> None:
    with pytest.raises(ValueError, match="must"):
        cxr.phantom.write_dataset(tmp_path / "set", **{"images": 1, "test": 0, **options})
    assert list(tmp_path.iterdir()) == []
