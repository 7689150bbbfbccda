"""Ids and file names that would like to be paths, commands or a flood."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.e2e.conftest import Call
from tests.e2e.test_e2e_bad_input import image, rewrite, rows

HOSTILE = [
    "../../../outside/secret", "/etc/passwd", "..", "two\nlines", "nul\0byte", "\x1b[2Jgone",
    "turn\u202eed", "~/x", "x" * 100_000, "<script>", "a/b", "$(touch pwned)",
]  # fmt: skip


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@pytest.mark.parametrize("table", ["train-rle.csv", "sample_submission.csv"])
def test_a_hostile_id_is_an_id_without_a_file(
    table: str, call: Call, refused: Callable[..., str], few: Path, tmp_path: Path
) -> None:
    """Even where a file lies at the place that the id names as a path."""
    outside = few.parent / "outside"
    outside.mkdir()
    (outside / "secret.dcm").write_bytes(image(few).read_bytes())
    before = sorted(path for path in tmp_path.rglob("*") if not path.is_relative_to(few))
    path = few / table
    rewrite(path, [*rows(path), *(f"{quoted(one)},-1" for one in HOSTILE)])
    result = call("data", "audit", "--data", few, "--home", tmp_path / "home", "--json")
    assert result.code == 1
    assert [(one["kind"], one["id"]) for one in result.json["errors"]] == [
        ("no file", one) for one in HOSTILE
    ]
    for words in (("data", "audit"), ("data", "audit", "--accept")):
        shown = call(*words, "--data", few, "--home", tmp_path / "home").out
        assert all(line.isprintable() and len(line) < 400 for line in shown.splitlines())
    assert call("data", "frame", "--data", few, "--home", tmp_path / "home").code == 0
    line = refused("data", "frame", "--data", few, "--home", tmp_path / "other")
    assert line.rstrip("\n").isprintable()
    assert len(line) < 800
    after = {path for path in tmp_path.rglob("*") if not path.is_relative_to(few)}
    new = {path for path in after - set(before) if path.parts[len(tmp_path.parts)] != "home"}
    assert {path.parts[len(tmp_path.parts)] for path in new} <= {"other"}, "nothing lies elsewhere"


def test_files_of_odd_names_are_images_like_others(call: Call, few: Path) -> None:
    """Every command reads the id back from its tables as it was."""
    names = ['a, "b"\n\x1b[31mc', "NA", "-1", ".", "ünï=1 + 'x';"]
    for number, name in enumerate(names):
        file = image(few, number=number)
        for table in ("train-rle.csv", "patients.csv"):
            text = (few / table).read_text()
            (few / table).write_text(text.replace(f"{file.stem},", f"{quoted(name)},"))
        file.rename(file.with_name(f"{name}.dcm"))
    audit = call("data", "audit", "--data", few, "--json")
    assert (audit.code, audit.json["errors"]) == (0, [])
    assert {w["kind"] for w in audit.json["warnings"]} <= {"folds", "overlap"}
    frame = pd.read_parquet(call("data", "frame", "--data", few, "--json").json["path"])
    assert set(names) <= set(frame.index[frame["annotated"]])
    table = call("features", "--data", few, "--json").json
    assert table["rows"] == 11
    for path in Path(".artifacts/features").glob("lightgbm-train.parquet"):
        assert set(names) <= set(pd.read_parquet(path).index)


def test_links_lead_nowhere_and_a_file_that_is_all_suffix_is_noticed(call: Call, few: Path) -> None:
    where = ("data", "audit", "--data", few, "--json")
    assert call(*where).json["images"] == {"train": 8, "test": 3}
    folder, outside = few / "dicom-images-train", few.parent / "outside"
    outside.mkdir()
    (outside / "secret.dcm").write_bytes(image(few).read_bytes())
    (folder / "file.dcm").symlink_to(outside / "secret.dcm")
    (folder / "folder").symlink_to(outside)
    (folder / "loop").symlink_to(few)
    (folder / ".dcm").write_bytes(image(few).read_bytes())
    found = call(*where).json
    assert found["images"] == {"train": 9, "test": 3}
    told = {one["id"]: (one["kind"], one["message"]) for one in found["errors"]}
    assert told.keys() == {"file", "folder", "loop"}
    assert {kind for kind, _ in told.values()} == {"unreadable"}
    assert all("outside the folder; copy its target" in text for _, text in told.values())
