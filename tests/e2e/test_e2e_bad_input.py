"""Bad input: one clear line that says what is wrong, where, and what to do; nothing is lost."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import jobs
from tests.e2e.conftest import CHESTS, QUICK_TREES, Call, process, tools

Refused = Callable[..., str]


def rows(path: Path) -> list[str]:
    return path.read_text().splitlines()


def rewrite(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n")


def image(folder: Path, part: str = "train", number: int = 0) -> Path:
    return sorted((folder / f"dicom-images-{part}").rglob("*.dcm"))[number]


def test_no_data_a_missing_folder_and_an_empty_one(refused: Refused, tmp_path: Path) -> None:
    assert "no data folder is given: give one with --data" in refused(
        "data", "frame", "--competition", CHESTS
    )
    assert "nowhere does not exist" in refused("data", "frame", "--data", "nowhere")
    (tmp_path / "empty").mkdir()
    assert "empty is empty" in refused("folds", "--data", "empty")


def test_a_folder_of_something_else_names_all_that_is_missing(
    refused: Refused, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("x")
    line = refused("data", "audit", "--data", "other", "--competition", CHESTS)
    for part in ("train images", "test images", "annotations"):
        assert part in line


def test_an_absent_annotation_column(refused: Refused, few: Path) -> None:
    path = few / "train-rle.csv"
    rewrite(path, ["ImageId,Mask", *rows(path)[1:]])
    line = refused("cv", "lightgbm", "--data", few)
    assert "train-rle.csv" in line
    assert "no column EncodedPixels (found: ImageId, Mask)" in line


def test_annotated_without_image(refused: Refused, call: Call, few: Path) -> None:
    path = few / "train-rle.csv"
    rewrite(path, [*rows(path), "ghost.1,-1", "ghost.2,-1"])
    line = refused("folds", "--data", few)
    assert "2 annotated images have no readable file, first ghost.1, ghost.2" in line
    found = call("data", "audit", "--data", few, "--json")
    assert found.code == 1
    assert [error["id"] for error in found.json["errors"]] == ["ghost.1", "ghost.2"]
    accepted = call("data", "audit", "--accept", "--data", few, "--json")
    assert accepted.code == 0
    assert accepted.json["accepted"] == ["ghost.1", "ghost.2"]
    assert call("data", "frame", "--data", few, "--json").json["train"] == 8


def test_images_without_annotation_are_left_out_and_told(call: Call, few: Path) -> None:
    path = few / "train-rle.csv"
    lonely = image(few).stem
    rewrite(path, [row for row in rows(path) if not row.startswith(f"{lonely},")])
    result = call("data", "frame", "--data", few, "--json").json
    assert result["train"] == 7
    assert result["rows"] == 11, "a file is a row, annotated or not"
    table = pd.read_parquet(result["path"])
    assert table.index[(table["part"] == "train") & ~table["annotated"]].tolist() == [lonely]
    assert result["notes"] == [
        f"1 training images have no annotation row and are left out, first {lonely}"
    ]
    warnings = call("data", "audit", "--data", few, "--json").json["warnings"]
    assert [w["id"] for w in warnings if w["kind"] == "unannotated"] == [lonely]


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20_000])


def no_dicom(path: Path) -> None:
    path.write_text("this is a text")


def no_pixels(path: Path) -> None:
    import pydicom

    dataset = pydicom.dcmread(path)
    del dataset.PixelData
    dataset.save_as(path)


def damaged_pixels(path: Path) -> None:
    content = bytearray(path.read_bytes())
    start = content.index(b"\xff\xda") + 60
    content[start : start + 40_000] = b"\xff\xd9" * 20_000
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("spoil", [truncate, no_dicom, no_pixels])
@pytest.mark.parametrize("part", ["train", "test"])
def test_a_bad_file_among_good_ones(
    spoil: Callable[[Path], None], part: str, call: Call, refused: Refused, few: Path
) -> None:
    bad = image(few, part, 1)
    spoil(bad)
    line = refused("data", "frame", "--data", few)
    assert line.count(bad.name) == 1
    assert "1 file(s) under" in line
    found = call("data", "audit", "--data", few, "--json")
    assert found.code == 1
    assert {error["id"] for error in found.json["errors"]} == {bad.stem}
    call("data", "audit", "--accept", "--data", few)
    again = call("data", "frame", "--data", few, "--json")
    assert again.code == 0
    assert again.json["rows"] == 10
    sound = call("data", "audit", "--data", few, "--json")
    assert (sound.code, sound.json["errors"]) == (0, [])


def test_a_picture_that_cannot_be_decoded_is_found_by_the_audit(
    call: Call, refused: Refused, few: Path
) -> None:
    """Its header is sound, so that only decoding tells."""
    bad = image(few)
    damaged_pixels(bad)
    found = call("data", "audit", "--data", few, "--json")
    assert [error["id"] for error in found.json["errors"]] == [bad.stem]
    assert bad.name in refused("features", "--data", few)
    call("data", "audit", "--accept", "--data", few)
    again = call("data", "audit", "--accept", "--data", few, "--json").json
    assert again["accepted"] == [bad.stem], "accepting twice forgets nothing"
    assert call("data", "frame", "--data", few, "--json").json["train"] == 7
    assert call("features", "--data", few, "--json").json["rows"] == 10


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 2 3", "token 3"),
        ("5 9999999", "past the last"),
        ("a b", "token 1"),
        ("10 -4", "token 2"),
    ],
)
def test_faulty_run_lengths_are_named_with_their_place(
    text: str, said: str, refused: Refused, call: Call, few: Path
) -> None:
    path = few / "train-rle.csv"
    lines = rows(path)
    bad = image(few).stem
    rewrite(path, [*lines, f"{bad},{text}", f"{bad},0 x"])
    line = refused("folds", "--data", few)
    assert " faults: " in line
    assert f"line {len(lines) + 1}, image {bad}, " in line
    assert said in line
    found = call("data", "audit", "--data", few, "--json")
    assert found.code == 1
    assert {error["kind"] for error in found.json["errors"]} == {"annotation"}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda table: table.iloc[1:], "is missing"),
        (lambda table: pd.concat([table, table.iloc[:1]]), "is listed more than once"),
        (lambda table: table.assign(ImageId=["who", *table["ImageId"][1:]]), "image who is not in"),
        (lambda table: table.assign(EncodedPixels="7"), "token 1"),
        (lambda table: table.rename(columns={"EncodedPixels": "p"}), "no column EncodedPixels"),
    ],
)
def test_a_faulty_submission(
    spoil: Callable[[pd.DataFrame], pd.DataFrame],
    said: str,
    refused: Refused,
    synthetic: Path,
) -> None:
    sample = pd.read_csv(synthetic / "sample_submission.csv", dtype=str)
    spoil(sample).to_csv("s.csv", index=False)
    line = refused("score", "s.csv", "--truth", synthetic / "test-truth.csv")
    assert "s.csv" in line
    assert said in line


def test_runs_with_different_folds_do_not_blend(
    refused: Refused, call: Call, home: Path, synthetic: Path
) -> None:
    where = ("--data", synthetic, "--home", home)
    other = call("cv", "lightgbm", *QUICK_TREES, "--fold-seed", 5, *where, "--json").json["run"]
    line = refused("blend", other, "unet_tiny", "--name", "mixed", *where)
    assert "the runs have different folds" in line
    assert "repeat their `tools cv` on one set" in line
    assert not (home / "blends" / CHESTS / "mixed.json").exists()


def test_runs_of_other_data_do_not_blend(
    refused: Refused, home: Path, synthetic: Path, tmp_path: Path
) -> None:
    shutil.copytree(synthetic, tmp_path / "changed")
    path = tmp_path / "changed" / "train-rle.csv"
    lines = rows(path)
    positive = next(number for number, line in enumerate(lines) if number and "-1" not in line)
    rewrite(
        path, [*lines[:positive], lines[positive].split(",")[0] + ",-1", *lines[positive + 1 :]]
    )
    line = refused("blend", "--data", tmp_path / "changed", "--home", home)
    assert "made with other images or annotations" in line


def test_names_that_are_not_there_list_the_right_ones(
    refused: Refused, home: Path, synthetic: Path
) -> None:
    where = ("--data", synthetic, "--home", home)
    line = refused("cv", "unet_tinny", *where)
    assert "did you mean unet_tiny?" in line
    assert "there are lightgbm, lightgbm_radiomics, segformer_pvt_512" in line
    assert "'nothing' is not a run" in refused("predict", "nothing", *where)
    assert "lightgbm-" in refused("predict", "lightgbn", *where)
    assert "did you mean both? there are best, both" in refused(
        "submit", "--yes", "--blend", "bth", *where
    )
    assert "choose another --name" in refused("blend", "--name", "best", *where)
    assert "there are siim_acr" in refused("folds", "--competition", "siim", *where)
    assert "'nonsense=1' sets no known field" in refused(
        "cv", "lightgbm", "--set", "nonsense=1", *where
    )
    assert "there is no blend" in refused(
        "submit", "--dry-run", "--data", synthetic, "--home", "fresh"
    )
    assert "make one with `tools cv`" in refused("blend", "--data", synthetic, "--home", "fresh")


def test_wrong_usage_is_exit_code_two(refused: Refused) -> None:
    assert "see `tools cv --help`" in refused("cv", code=2)
    assert "No such option" in refused("folds", "--fold", "3", code=2)
    assert "greater than or equal to 2" in refused("folds", "--folds", "1", code=2)
    assert "No such command" in refused("train", code=2)
    assert "no runs" in refused("blend", "lightgbm", "--compare", "a", "b", code=2)
    assert "add --yes to submit it" in refused("submit", code=2)
    assert "need --server" in refused("kernel", "build", "a", "--output", "b.csv", code=2)


def test_no_kaggle_account(
    refused: Refused, home: Path, synthetic: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLS_SUBMISSIONS", "subs")
    line = refused("submit", "--yes", "--data", synthetic, "--home", home)
    assert "no Kaggle credentials were found" in line
    assert "KAGGLE_API_TOKEN" in line
    assert not Path("subs/ledger.jsonl").exists(), "nothing was submitted, so nothing is recorded"
    assert len(list(Path("subs").glob("*/submission.csv"))) == 1
    line = refused("data", "download", "--home", "h", "--competition", CHESTS)
    assert "no Kaggle credentials were found" in line


@pytest.mark.parametrize(
    ("arguments", "file"),
    [
        (("submit", "--dry-run"), "submission.csv"),
        (("blend", "--name", "again"), "again.json"),
        (("data", "frame"), "frame.parquet"),
    ],
)
def test_a_full_disk(
    arguments: tuple[str, ...],
    file: str,
    refused: Refused,
    call: Call,
    home: Path,
    synthetic: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOOLS_SUBMISSIONS", "subs")
    where = ("--data", synthetic, "--home", home)
    full = pytest.MonkeyPatch()
    real = jobs._files._flush

    def flush(path: Path) -> None:
        if file in path.name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        real(path)

    full.setattr(jobs._files, "_flush", flush)
    try:
        line = refused(*arguments, *where)
    finally:
        full.undo()
    assert "no space left on the disk while writing" in line
    assert file in line
    assert not list(Path().rglob("*.tmp"))
    assert call(*arguments, *where).code == 0


def test_a_full_disk_in_the_middle_of_a_cv(
    refused: Refused, call: Call, home: Path, synthetic: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ("cv", "lightgbm", *QUICK_TREES, "--set", "seed=1")
    arguments = (*other, "--data", synthetic, "--home", home, "--json")
    real = jobs._files._flush

    def flush(path: Path) -> None:
        if "model_seed0.txt" in path.name and "fold1" in str(path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        real(path)

    with monkeypatch.context() as full:
        full.setattr(jobs._files, "_flush", flush)
        line = refused(*arguments)
    assert "free some space and run the same command again" in line
    assert call(*arguments).json["auc"] > 0


def test_debug_shows_the_traceback_and_nothing_else_does(few: Path) -> None:
    (few / "train-rle.csv").write_text("")
    plain = tools("folds", "--data", few)
    assert (plain.code, plain.err.count("\n")) == (1, 1)
    debug = process("folds", "--data", few, "--debug")
    assert debug.code == 1
    assert "Traceback" in debug.err


def test_a_run_that_another_process_works_on_is_left_alone(
    home: Path, synthetic: Path, refused: Refused
) -> None:
    run = next((home / "runs").glob("lightgbm-*/"))
    with jobs.lock(run):
        line = refused("cv", "lightgbm", *QUICK_TREES, "--data", synthetic, "--home", home)
    assert "another process is working on" in line
