"""`tools data audit` finds every kind of fault, counts it, writes it down and says what to do."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pydicom
import pytest
import simplejpeg
from pydicom.encaps import encapsulate

import crossval
from tests.e2e.conftest import Call
from tests.e2e.test_e2e_bad_input import damaged_pixels, image, no_dicom, rewrite, rows, truncate

Found = set[tuple[str, str, int | None]]


def findings(result: dict[str, Any], severity: str) -> Found:
    """Return kind, id and row of the findings but those that any small synthetic set has."""
    return {
        (one["kind"], one["id"], one["row"])
        for one in result[severity]
        if one["kind"] not in ("folds", "overlap")
    }


def append(path: Path, *lines: str) -> int:
    """Add lines to a table; return the number of the first."""
    before = rows(path)
    rewrite(path, [*before, *lines])
    return len(before) + 1


@pytest.fixture
def audited(call: Call, few: Path) -> Callable[..., dict[str, Any]]:
    """Return a function that audits the small data set and checks exit code and table."""

    def run(*arguments: object) -> dict[str, Any]:
        result = call("data", "audit", "--data", few, "--json", *arguments)
        assert result.code == bool(result.json["errors"])
        found: dict[str, Any] = result.json
        with open(found["path"], encoding="utf-8", newline="") as file:
            table = list(csv.DictReader(file))
        severities = [row["severity"] for row in table]
        assert severities.count("error") == len(found["errors"])
        assert severities.count("warning") == len(found["warnings"])
        assert [row["kind"] for row in table] == [
            one["kind"] for one in (*found["errors"], *found["warnings"])
        ]
        return found

    return run


Audited = Callable[..., dict[str, Any]]


def test_a_sound_set_has_no_findings(audited: Audited, call: Call, few: Path) -> None:
    found = audited()
    assert found["errors"] == []
    assert findings(found, "warnings") == set()
    assert found["images"] == {"train": 8, "test": 3}
    out = call("data", "audit", "--data", few, "--csv", "elsewhere/found.csv").out
    assert "errors: none" in out
    assert Path("elsewhere/found.csv").read_text() == Path(found["path"]).read_text()


def test_unusable_files(audited: Audited, few: Path) -> None:
    cut, text, pixels, twice = (image(few, number=number) for number in range(4))
    truncate(cut)
    no_dicom(text)
    damaged_pixels(pixels)
    copy = pixels.with_name("copy.dcm")
    shutil.copy(pixels, copy)
    shutil.copy(twice, few / "dicom-images-train" / twice.name)
    found = audited()
    assert findings(found, "errors") == {
        *(("unreadable", file.stem, None) for file in (cut, text, pixels, copy)),
        ("double id", twice.stem, None),
    }
    assert audited("--accept")["accepted"] == sorted(
        file.stem for file in (cut, text, pixels, copy, twice)
    )


def test_ids_without_a_partner(audited: Audited, few: Path) -> None:
    lonely, unlisted, gone = image(few), image(few, "test"), image(few, number=1)
    annotations, sample = few / "train-rle.csv", few / "sample_submission.csv"
    for path, file in ((annotations, lonely), (sample, unlisted)):
        rewrite(path, [row for row in rows(path) if not row.startswith(file.stem)])
    gone.unlink()
    lines = [row.split(",")[0] for row in rows(annotations)]
    ghost = append(annotations, "ghost,-1", "ghost,-1", f"{unlisted.stem},-1")
    shadow = append(sample, "shadow,-1")
    found = audited()
    assert findings(found, "errors") == {
        ("no file", gone.stem, lines.index(gone.stem) + 1),
        ("no file", "ghost", ghost),
        ("no file", unlisted.stem, ghost + 2),
        ("no file", "shadow", shadow),
    }
    assert findings(found, "warnings") == {
        ("unannotated", lonely.stem, None),
        ("not in sample", unlisted.stem, None),
    }


def test_faulty_rows_do_not_hide_the_other_findings(audited: Audited, few: Path) -> None:
    first, second, third = (image(few, number=number).stem for number in range(3))
    annotations, sample, patients = (
        few / name for name in ("train-rle.csv", "sample_submission.csv", "patients.csv")
    )
    at = append(annotations, f"{first},1 2 3", ",1 2", f"{second},5 x", "ghost,-1")
    again = append(sample, rows(sample)[1])
    rewrite(patients, [row for row in rows(patients) if not row.startswith(third)])
    assert findings(audited(), "errors") == {
        ("annotation", first, at),
        ("annotation", "", at + 1),
        ("annotation", second, at + 2),
        ("no file", "ghost", at + 3),
        ("sample", rows(sample)[1].split(",")[0], again),
        ("groups", third, None),
    }
    odd = append(patients, f"{first},another")
    assert ("groups", first, odd) in findings(audited(), "errors")


@pytest.mark.parametrize(
    ("name", "kind"), [("train-rle.csv", "annotation"), ("sample_submission.csv", "sample")]
)
def test_a_table_of_another_kind_is_one_error(
    name: str, kind: str, audited: Audited, few: Path
) -> None:
    (few / name).write_text("a,b\n1,2\n")
    found = audited()
    assert findings(found, "errors") == {(kind, "", 1)}
    assert findings(found, "warnings") == set()


def test_rows_that_overlap_or_contradict_each_other(audited: Audited, few: Path) -> None:
    one, two = (image(few, number=number).stem for number in range(2))
    annotations = few / "train-rle.csv"
    rewrite(annotations, [row for row in rows(annotations) if not row.startswith((one, two))])
    at = append(annotations, f"{one},0 100", f"{two},0 9", f"{one},50 100", f"{two},-1")
    found = audited()
    assert {(w["kind"], w["id"], w["row"], w["message"]) for w in found["warnings"]} >= {
        ("overlap", one, at, f"lines {at} and {at + 2} overlap in 50 pixels"),
        (
            "contradiction",
            two,
            at + 1,
            f"of lines {at + 1} and {at + 3} some are empty, others give a mask",
        ),
    }


def recompressed(path: Path, to: Path) -> None:
    dataset = pydicom.dcmread(path)
    darker = (dataset.pixel_array * 0.9).astype(np.uint8)[..., None]
    packed = simplejpeg.encode_jpeg(np.ascontiguousarray(darker), quality=50, colorspace="GRAY")
    dataset.PixelData = encapsulate([packed])
    dataset.save_as(to)


def test_copies_and_look_alikes(audited: Audited, few: Path) -> None:
    original, other = image(few), image(few, number=1)
    inside = image(few, "test")
    shutil.copy(original, original.with_name("copy.dcm"))
    shutil.copy(original, inside.with_name("copy2.dcm"))
    shutil.copy(other, inside.with_name(other.name))
    recompressed(original, original.with_name("alike.dcm"))
    found = audited()
    told = {(w["kind"], w["id"]): w["message"] for w in found["warnings"]}
    first, *copies = sorted([original.stem, "copy", "copy2"])
    assert {key for key in told if key[0] == "duplicate"} == {("duplicate", one) for one in copies}
    assert told["duplicate", "copy2"] == f"the same file content as {first} in train"
    assert ("leak", other.stem) in told
    pairs = [key for key in told if key[0] == "near-duplicate"]
    assert len(pairs) == 1, "one of all copies is compared"
    assert "alike" in pairs[0][1] + told[pairs[0]]


def test_headers_out_of_line(audited: Audited, few: Path) -> None:
    odd = image(few)
    dataset = pydicom.dcmread(odd)
    dataset.PatientAge, dataset.StudyDate = "130Y", "29990101"
    dataset.save_as(odd)
    sex = pydicom.dcmread(image(few, number=1))
    other = pydicom.dcmread(image(few, number=2))
    other.PatientSex = "M" if sex.PatientSex == "F" else "F"
    other.save_as(image(few, number=2))
    same = [image(few, number=number).stem for number in (1, 2)]
    patients = few / "patients.csv"
    rewrite(patients, [f"{r.split(',')[0]},same" if r.startswith(tuple(same)) else r
                       for r in rows(patients)])  # fmt: skip
    told = {(w["id"], w["message"]) for w in audited()["warnings"] if w["kind"] == "header"}
    assert (odd.stem, "patient_age: an age of 130 years") in told
    assert (odd.stem, "study_date: 2999-01-01 is in the future") in told
    assert {image_id for image_id, text in told if "of patient same" in text} & set(same)


def test_folds_that_share_patients_are_named(call: Call, synthetic: Path, tmp_path: Path) -> None:
    table = pd.read_csv(synthetic / "train-rle.csv", skipinitialspace=True, dtype=str)
    labels = (table["EncodedPixels"] != "-1").groupby(table["ImageId"]).any().astype(int)
    home = tmp_path / "home"
    where = ("--data", synthetic, "--home", home)
    random = crossval.make_folds(labels, n_splits=3)
    leaking = crossval.write_folds(random, home / "folds").stem
    crossval.Run.start(home / "runs", "trees", {}, random).finish({})
    crossval.write_folds(pd.Series({"elsewhere": 0}, name="fold").rename_axis("image_id"),
                         home / "folds")  # fmt: skip
    (home / "folds" / "broken.csv").write_text("x\n")
    grouped = call("folds", *where, "--json").json["digest"]
    result = call("data", "audit", *where, "--json")
    assert result.code == 0
    leakage = result.json["leakage"]
    assert leakage["made"] == {"digest": grouped, "share": 0.0, "auc": 0.5}
    assert leakage["random"]["share"] > 0.2
    assert {one["digest"] for one in leakage["written"]} == {grouped, leaking}
    warned = {w["id"]: w["message"] for w in result.json["warnings"] if w["kind"] == "leakage"}
    assert warned.keys() == {leaking}
    patients = pd.read_csv(synthetic / "patients.csv", dtype=str).set_index("ImageId").iloc[:, 0]
    share, auc = crossval.group_leakage(random, labels, patients)
    assert warned[leaking].startswith(f"{share:.1%} of the images share a group")
    assert f"AUC of {auc:.3f}; repeat `tools cv` of trees-" in warned[leaking]
    broken = [w["id"] for w in result.json["warnings"] if w["kind"] == "folds"]
    assert broken == ["broken"]
    out = call("data", "audit", *where).out
    assert "current folds: each group is in one fold" in out


def test_without_a_table_of_groups_it_warns(audited: Audited, few: Path) -> None:
    (few / "patients.csv").unlink()
    found = audited()
    assert found["leakage"] is None
    told = [w for w in found["warnings"] if w["kind"] == "groups"]
    assert len(told) == 1
    assert "folds cannot keep related images together" in told[0]["message"]
    assert "no table of groups (patients.csv or siim/patients.csv)" in told[0]["message"]


def test_an_accepted_image_does_not_excuse_its_annotation(audited: Audited, few: Path) -> None:
    bad = image(few)
    truncate(bad)
    at = append(few / "train-rle.csv", f"{bad.stem},1 x")
    assert findings(audited("--accept"), "errors") == {("annotation", bad.stem, at)}
